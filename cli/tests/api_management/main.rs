//! `validate-jwt convert` of whole documents of API Management.

mod never_weaker;
mod table;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use validate_jwt::config::Config;
use validate_jwt::config::apim::{self, Element};

/// A document and what becomes of it.
struct Document {
    /// Its file.
    name: &'static str,
    /// Files of its fragments.
    fragments: &'static [&'static str],
    /// `NAME=VALUE` each.
    named_values: &'static [&'static str],
    /// How many statements validate tokens, a fragment's as often as it is included.
    statements: usize,
    result: Result,
    /// What is listed: the line, behind the file's name where it is not the document's, and how the entry begins.
    left: &'static [&'static str],
}

/// Whether the filter takes what comes out.
#[derive(Debug, PartialEq, Eq)]
enum Result {
    Loads,
    HasStandIns,
}

const PLAIN: Document =
    Document { name: "", fragments: &[], named_values: &[], statements: 0, result: Result::Loads, left: &[] };

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api_management/documents")
}

/// Runs `convert` among the documents: exit status, standard output, lines of standard error.
fn convert(arguments: &[&str]) -> (i32, String, Vec<String>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_validate-jwt"));
    let Output { status, stdout, stderr } =
        command.current_dir(folder()).arg("convert").args(arguments).output().unwrap();
    let lines = String::from_utf8(stderr).unwrap().lines().map(|line| line.trim().to_owned()).collect();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), lines)
}

impl Document {
    /// The configuration and the list.
    #[track_caller]
    fn converted(&self) -> (Value, Vec<String>) {
        let mut arguments = vec![self.name];
        arguments.extend(self.fragments);
        arguments.extend(self.named_values.iter().flat_map(|value| ["--named-value", value]));
        let (code, out, err) = convert(&arguments);
        let expected = if err.is_empty() { 0 } else { 3 };
        assert_eq!(code, expected, "{}: {err:#?}", self.name);
        assert_eq!(err.first().map(String::as_str), (code == 3).then_some("left to do:"), "{}", self.name);
        (serde_json::from_str(&out).unwrap(), err.into_iter().skip(1).collect())
    }

    /// How an entry of the list begins.
    fn entry(&self, expected: &str) -> String {
        let (place, what) = expected.split_once(' ').unwrap();
        if place.contains(':') {
            format!("{place}: {what}")
        } else {
            format!("{}:{place}: {what}", self.name)
        }
    }
}

fn read(file: &str) -> apim::Document {
    apim::Document::read(&std::fs::read(folder().join(file)).unwrap()).unwrap()
}

fn statements_of(configuration: &Value) -> usize {
    if let Some(policies) = configuration["policies"].as_object() {
        return policies.len();
    }
    match configuration["policy_xml"].as_str() {
        Some(xml) => xml.matches("<validate-jwt").count() + xml.matches("<validate-azure-ad-token").count(),
        None => 1,
    }
}

#[test]
fn every_statement_of_a_document_comes_out_and_everything_else_is_listed() {
    assert_eq!(table::DOCUMENTS.len(), 30);
    for document in table::DOCUMENTS {
        let (configuration, left) = document.converted();
        assert_eq!(statements_of(&configuration), document.statements, "{}", document.name);
        assert_eq!(left.len(), document.left.len(), "{}: {left:#?}", document.name);
        for (line, expected) in left.iter().zip(document.left) {
            assert!(line.starts_with(&document.entry(expected)), "{line}\nexpected: {expected}");
        }
    }
}

/// The places of elements that have to be listed: all but statements, what holds others, and what every document has.
fn to_be_listed(file: &str, element: Element<'_>, fragments: &[&str], into: &mut Vec<String>) {
    let place = format!("{file}:{}: ", element.line());
    let nothing_to_say = !element.has_attributes() && element.children().count() == 0;
    match element.name() {
        "validate-jwt" | "validate-azure-ad-token" | "base" => return,
        "forward-request" if nothing_to_say => return,
        "include-fragment" => {
            let id = element.attribute("fragment-id").unwrap();
            if !fragments.iter().any(|fragment| Path::new(fragment).file_stem().unwrap() == id) {
                into.push(format!("{place}<include-fragment>"));
            }
            return;
        }
        "policies" | "inbound" | "backend" | "outbound" | "on-error" | "fragment" | "choose" => {}
        "when" | "otherwise" | "retry" | "wait" | "limit-concurrency" => {
            into.push(format!("{place}<{}>", element.name()));
        }
        name => {
            into.push(format!("{place}<{name}>"));
            return;
        }
    }
    element.children().for_each(|child| to_be_listed(file, child, fragments, into));
}

#[test]
fn no_element_that_is_not_taken_over_is_left_unlisted() {
    let mut count = 0;
    for document in table::DOCUMENTS {
        let mut expected = Vec::new();
        let used: Vec<_> = document.fragments.iter().filter(|file| !file.contains("unused")).collect();
        for file in [&document.name].into_iter().chain(used) {
            let content = read(file);
            to_be_listed(file, content.root(), document.fragments, &mut expected);
        }
        let (_, left) = document.converted();
        for place in &expected {
            assert!(left.iter().any(|line| line.starts_with(place)), "{place} is not in {left:#?}");
        }
        count += expected.len();
    }
    assert!(count > 60, "{count} elements were looked for");
}

#[test]
fn what_comes_out_loads_wherever_nothing_stands_in_for_something() {
    for document in table::DOCUMENTS {
        let (configuration, _) = document.converted();
        let problems = Config::parse(configuration.to_string().as_bytes()).err();
        assert_eq!(problems.is_none(), document.result == Result::Loads, "{}: {problems:?}", document.name);
    }
}

#[test]
fn statements_in_a_row_stay_xml_with_the_named_values_that_they_name() {
    let (configuration, _) =
        table::DOCUMENTS.iter().find(|one| one.name.starts_with("08")).unwrap().converted();
    assert_eq!(
        configuration["named_values"],
        json!({"tenant": "t", "user-key": "bm90IGEgc2VjcmV0OiBldmVyeWJvZHkgY2FuIHJlYWQgdGhpcyE="})
    );
    let xml = configuration["policy_xml"].as_str().unwrap();
    assert!(
        xml.contains("https://login.contoso.example/{{tenant}}/.well-known") && !xml.contains("rate-limit"),
        "{xml}"
    );
    let config = Config::parse(configuration.to_string().as_bytes()).unwrap();
    let requirements: Vec<_> = config.policies[0].requirements().collect();
    assert_eq!(requirements.len(), 2);
    assert_eq!(requirements[1].answers.form().message.as_deref(), Some("a <b> & \"c\""));
    assert_eq!(requirements[1].keys.inline.keys().len(), 1);
}

#[test]
fn named_values_come_from_files_and_the_command_line_has_the_last_word() {
    let file = std::env::temp_dir().join(format!("validate-jwt-named-values-{}.json", std::process::id()));
    let values = json!({"b2c": "contoso", "app": "from the file", "not used": "x"});
    std::fs::write(&file, values.to_string()).unwrap();
    let path = file.to_str().unwrap();
    let (code, out, _) =
        convert(&["26-b2c-flows.xml", "--named-values", path, "--named-value", "app=from the command line"]);
    assert_eq!(code, 3);
    let policy = serde_json::from_str::<Value>(&out).unwrap()["validate_jwt"].clone();
    assert_eq!(policy["audiences"], json!(["from the command line", "from the command line/"]));
    assert!(policy["openid_config"][1]["url"].as_str().unwrap().starts_with("https://contoso.b2clogin.com/"));
    for (content, expected) in [
        ("[]", "expected a JSON object of names and strings, found another value"),
        ("{", "expected a JSON object of names and strings, found invalid JSON"),
        (r#"{"a": {"secret": "s3cr3t"}}"#, "\"a\": expected a string, found another value"),
    ] {
        std::fs::write(&file, content).unwrap();
        let (code, out, err) = convert(&["26-b2c-flows.xml", "--named-values", path]);
        assert_eq!((code, out.as_str()), (2, ""), "{content}");
        assert!(err[0].contains(expected) && !err[0].contains("s3cr3t"), "{err:?}");
    }
    std::fs::remove_file(file).unwrap();
}

#[test]
fn files_that_are_no_document_with_its_fragments_are_named() {
    for (files, code, expected) in [
        (
            &["01-how-to.xml", "05-two-branches.xml"][..],
            2,
            "validate-jwt: expected one document with its fragments, found 01-how-to.xml, 05-two-branches.xml",
        ),
        (
            &["fragments/throttle.xml", "fragments/plain.xml"],
            2,
            "validate-jwt: expected a document with its fragments, found 2 fragments alone",
        ),
        (
            &["14-fragment-twice.xml", "fragments/plain.xml", "./fragments/plain.xml"],
            2,
            "validate-jwt: fragments/plain.xml and ./fragments/plain.xml are the same fragment",
        ),
        (&["fragments/throttle.xml"], 1, "fragments/throttle.xml: refused, 1 problem"),
        (&["table.txt"], 2, "validate-jwt: cannot read table.txt"),
        (&["../main.rs"], 1, "../main.rs: refused, 1 problem"),
    ] {
        let (found, out, err) = convert(files);
        assert_eq!((found, out.as_str()), (code, ""), "{files:?}: {err:?}");
        assert!(err[0].starts_with(expected), "{err:?}");
    }
}

/// The fenced block that begins with this line, and where it ends.
#[track_caller]
fn block<'t>(text: &'t str, start: &str) -> (&'t str, &'t str) {
    let (_, rest) = text.split_once(&format!("\n{start}\n")).unwrap();
    rest.split_once("\n```\n").unwrap()
}

#[test]
fn the_document_of_the_page_leaves_what_the_page_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/from-apim.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (document, rest) = block(&page, "```xml document");
    let (list, _) = block(rest, "```text");
    let file = std::env::temp_dir().join(format!("validate-jwt-page-{}.xml", std::process::id()));
    std::fs::write(&file, document).unwrap();
    let (code, out, told) = convert(&[file.to_str().unwrap()]);
    let told: Vec<_> = told.iter().map(|line| line.replace(file.to_str().unwrap(), "policy.xml")).collect();
    assert_eq!((code, told[1..].join("\n")), (3, list.to_owned()));
    for stand_in in ["{{expression of line 9}}", "{{condition of the policy in line 7}}", "{{tenant}}"] {
        assert!(out.contains(stand_in), "{stand_in}\n{out}");
    }
    std::fs::remove_file(file).unwrap();
}
