//! What came of the tests: for people, as JSON, and as `JUnit` XML for whatever shows test results.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::case::CaseReport;

/// What came of a file of tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReport {
    /// The file.
    pub file: PathBuf,
    /// Its tests, in order.
    pub cases: Vec<CaseReport>,
}

impl FileReport {
    /// The tests that failed.
    pub fn failed(&self) -> impl Iterator<Item = &CaseReport> {
        self.cases.iter().filter(|case| !case.differences.is_empty())
    }

    fn count(&self) -> (usize, usize) {
        let failed = self.failed().count();
        (self.cases.len().saturating_sub(failed), failed)
    }
}

/// For people.
pub fn text(files: &[FileReport]) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    for file in files {
        let (passed, failed) = file.count();
        let _ = write!(text, "{}: {passed} passed", file.file.display());
        let _ = if failed > 0 { writeln!(text, ", {failed} failed") } else { writeln!(text) };
        for case in file.failed() {
            let _ = writeln!(text, "  {}", printable(&case.name));
            for line in lines(case) {
                let _ = writeln!(text, "    {}", printable(&line));
            }
        }
    }
    text
}

/// A text as a terminal may get it: a sequence that moves its cursor is shown, not carried out.
fn printable(text: &str) -> String {
    let shown = |character: char| match character {
        control if control.is_control() => control.escape_default().to_string(),
        other => other.to_string(),
    };
    text.chars().map(shown).collect()
}

/// For programs.
pub fn json(files: &[FileReport]) -> Value {
    let case = |case: &CaseReport| {
        let difference = |one: &super::Difference| json!({"field": one.field, "expected": one.expected, "found": one.found});
        json!({
            "name": case.name,
            "passed": case.differences.is_empty(),
            "differences": case.differences.iter().map(difference).collect::<Vec<_>>(),
            "why": case.why,
        })
    };
    let file = |file: &FileReport| {
        let (passed, failed) = file.count();
        json!({
            "file": file.file.display().to_string(),
            "passed": passed,
            "failed": failed,
            "tests": file.cases.iter().map(case).collect::<Vec<_>>(),
        })
    };
    files.iter().map(file).collect()
}

/// As `JUnit` XML.
pub fn junit(files: &[FileReport]) -> String {
    let counts: Vec<(usize, usize)> = files.iter().map(FileReport::count).collect();
    let failed: usize = counts.iter().map(|(_, failed)| failed).sum();
    let all: usize = counts.iter().map(|(passed, failed)| passed + failed).sum();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "<testsuites name=\"validate-jwt\" tests=\"{all}\" failures=\"{failed}\" errors=\"0\">"
    );
    for (file, (passed, failed)) in files.iter().zip(&counts) {
        let name = escaped(&file.file.display().to_string());
        let all = passed + failed;
        let _ = writeln!(
            text,
            "  <testsuite name=\"{name}\" tests=\"{all}\" failures=\"{failed}\" errors=\"0\">"
        );
        for case in &file.cases {
            let title = escaped(&case.name);
            let _ = write!(text, "    <testcase classname=\"{name}\" name=\"{title}\"");
            let Some(first) = case.differences.first() else {
                text.push_str("/>\n");
                continue;
            };
            let message = escaped(&first.to_string());
            let _ = writeln!(
                text,
                ">\n      <failure message=\"{message}\">{}</failure>",
                escaped(&lines(case).join("\n"))
            );
            text.push_str("    </testcase>\n");
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

/// What is told of a test that failed.
fn lines(case: &CaseReport) -> Vec<String> {
    case.differences.iter().map(ToString::to_string).chain(case.why.iter().cloned()).collect()
}

/// Text for an attribute or an element. What XML 1.0 cannot hold becomes a question mark.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(character),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('?'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy_test::Difference;

    #[test]
    fn a_terminal_gets_no_sequence_of_a_tests_author() {
        let difference = Difference {
            field: "upstream x".to_owned(),
            expected: "\"a\"".to_owned(),
            found: "\"\u{9b}2J\"".to_owned(),
        };
        let case =
            CaseReport { name: "é\u{1b}[2J".to_owned(), differences: vec![difference], why: Vec::new() };
        let report = FileReport { file: PathBuf::from("a.yaml"), cases: vec![case] };
        assert_eq!(
            text(&[report]),
            "a.yaml: 0 passed, 1 failed\n  é\\u{1b}[2J\n    upstream x: expected \"a\", found \"\\u{9b}2J\"\n"
        );
    }

    #[test]
    fn what_xml_cannot_hold_is_escaped() {
        let difference = Difference {
            field: "upstream x".to_owned(),
            expected: "\"<a>\"".to_owned(),
            found: "none & \u{7}".to_owned(),
        };
        let case =
            |name: &str, differences| CaseReport { name: name.to_owned(), differences, why: Vec::new() };
        let cases = vec![case("it \"passes\"", Vec::new()), case("b", vec![difference])];
        let report = FileReport { file: PathBuf::from("a&b.yaml"), cases };
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
            <testsuites name=\"validate-jwt\" tests=\"2\" failures=\"1\" errors=\"0\">\n  \
            <testsuite name=\"a&amp;b.yaml\" tests=\"2\" failures=\"1\" errors=\"0\">\n    \
            <testcase classname=\"a&amp;b.yaml\" name=\"it &quot;passes&quot;\"/>\n    \
            <testcase classname=\"a&amp;b.yaml\" name=\"b\">\n      \
            <failure message=\"upstream x: expected &quot;&lt;a&gt;&quot;, found none &amp; ?\">\
            upstream x: expected &quot;&lt;a&gt;&quot;, found none &amp; ?</failure>\n    \
            </testcase>\n  </testsuite>\n</testsuites>\n";
        assert_eq!(junit(&[report]), expected);
    }
}
