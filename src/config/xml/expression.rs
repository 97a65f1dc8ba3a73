//! Where a policy expression ends: C# between `@(` and `)`, or between `@{` and `}`.
//!
//! Not a parser of C#: it only tells brackets that count from those in literals and comments. A mark may be
//! written as an entity (`&quot;`), as a policy that was exported as XML has it.

/// The length of the expression that the text begins with; `None` if it begins with none, or with one that never
/// ends. Linear in the text's length.
pub(super) fn length(text: &[u8]) -> Option<usize> {
    let close = match text {
        [b'@', b'(', ..] => b')',
        [b'@', b'{', ..] => b'}',
        _ => return None,
    };
    let mut open = vec![Within::Code { close, depth: 1 }];
    let mut at = 2;
    loop {
        let rest = text.get(at..)?;
        let within = open.last_mut()?;
        let (length, step) = match within {
            Within::Code { close, depth } => code(rest, *close, depth)?,
            Within::Literal(literal) => literal.step(rest)?,
        };
        at += length;
        match step {
            Step::On => {}
            Step::Enter(_) if open.len() >= MAXIMUM_DEPTH => return None,
            Step::Enter(inner) => open.push(inner),
            Step::Leave => {
                open.pop();
                if open.is_empty() {
                    return Some(at);
                }
            }
        }
    }
}

/// What the reader is in; brackets and literals are within each other in interpolated strings alone.
enum Within {
    /// Code up to a bracket, and how many such brackets are open.
    Code {
        close: u8,
        depth: usize,
    },
    Literal(Literal),
}

/// A string.
#[derive(Clone, Copy)]
struct Literal {
    /// How its quotation marks are written.
    mark: &'static [u8],
    escapes: Escapes,
    holes: Holes,
}

/// How a quotation mark stands in a string.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    /// `"\""`
    Backslash,
    /// `@""""`
    Doubled,
}

/// Whether code stands in a string.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holes {
    None,
    /// `$"{code}"`
    Braces,
}

/// What comes after a piece of text.
enum Step {
    On,
    Enter(Within),
    Leave,
}

/// The next piece of code; `None` at the end of the text.
fn code(rest: &[u8], close: u8, depth: &mut usize) -> Option<(usize, Step)> {
    let first = *rest.first()?;
    let length = match first {
        b'/' if rest.starts_with(b"//") => up_to(rest, &LINE_ENDS),
        b'/' if rest.starts_with(b"/*") => past(rest, 2, b"*/")?,
        b'<' if rest.starts_with(b"<!--") => past(rest, 4, b"-->")?,
        b'"' | b'&' | b'$' | b'@' => match literal(rest) {
            Some((length, literal)) => return Some((length, Step::Enter(Within::Literal(literal)))),
            None => character(rest).unwrap_or(1),
        },
        b'\'' => character(rest).unwrap_or(1),
        _ => 1,
    };
    if first == close {
        *depth -= 1;
        if *depth == 0 {
            return Some((1, Step::Leave));
        }
    } else if (first, close) == (b'(', b')') || (first, close) == (b'{', b'}') {
        *depth += 1;
    }
    Some((length, Step::On))
}

/// A string's start: `"`, `@"`, `$"`, `$@"` or `@$"`.
fn literal(rest: &[u8]) -> Option<(usize, Literal)> {
    let prefix = rest.iter().take(2).take_while(|byte| matches!(byte, b'$' | b'@')).count();
    let (prefix, rest) = rest.split_at_checked(prefix)?;
    let mark = mark(rest, &QUOTATION_MARKS)?;
    let escapes = if prefix.contains(&b'@') { Escapes::Doubled } else { Escapes::Backslash };
    let holes = if prefix.contains(&b'$') { Holes::Braces } else { Holes::None };
    Some((prefix.len() + mark.len(), Literal { mark, escapes, holes }))
}

impl Literal {
    /// The next piece of the string; `None` at the end of the text.
    fn step(self, rest: &[u8]) -> Option<(usize, Step)> {
        let first = *rest.first()?;
        if let Some(behind) = rest.strip_prefix(self.mark) {
            if self.escapes == Escapes::Doubled && behind.starts_with(self.mark) {
                return Some((2 * self.mark.len(), Step::On));
            }
            return Some((self.mark.len(), Step::Leave));
        }
        if first == b'\\' && self.escapes == Escapes::Backslash {
            let escaped = rest.get(1..)?;
            let length = if escaped.starts_with(self.mark) { self.mark.len() } else { 1 };
            return Some((1 + length, Step::On));
        }
        if first == b'{' && self.holes == Holes::Braces {
            if rest.starts_with(b"{{") {
                return Some((2, Step::On));
            }
            return Some((1, Step::Enter(Within::Code { close: b'}', depth: 1 })));
        }
        Some((1, Step::On))
    }
}

/// The length of a character such as `')'`, `'\''` or `'&quot;'`; an apostrophe that begins none is none.
fn character(rest: &[u8]) -> Option<usize> {
    let mark = mark(rest, &APOSTROPHES)?;
    let within = rest.get(mark.len()..)?;
    let short = within.get(..LONGEST_CHARACTER.min(within.len()))?;
    let length = match *short.first()? {
        // What is escaped may be an apostrophe itself.
        b'\\' => 2 + find(short.get(2..)?, mark)?,
        b'&' if !within.get(1..)?.starts_with(mark) => 1 + find(short, b";")?,
        first => 1 + usize::try_from(first.leading_ones()).ok()?.saturating_sub(1),
    };
    within.get(length..)?.starts_with(mark).then_some(2 * mark.len() + length)
}

fn mark(rest: &[u8], marks: &[&'static [u8]]) -> Option<&'static [u8]> {
    marks.iter().find(|mark| rest.starts_with(mark)).copied()
}

/// Up to the first of these, or the whole.
fn up_to(rest: &[u8], ends: &[&[u8]]) -> usize {
    let end = (0..rest.len())
        .find(|at| rest.get(*at..).is_some_and(|rest| ends.iter().any(|end| rest.starts_with(end))));
    end.unwrap_or(rest.len())
}

/// Past the first `end` behind a start of this length.
fn past(rest: &[u8], start: usize, end: &[u8]) -> Option<usize> {
    find(rest.get(start..)?, end).map(|at| start + at + end.len())
}

/// Where the bytes stand first.
pub(super) fn find(text: &[u8], bytes: &[u8]) -> Option<usize> {
    text.windows(bytes.len()).position(|window| window == bytes)
}

const QUOTATION_MARKS: [&[u8]; 4] = [b"\"", b"&quot;", b"&#34;", b"&#x22;"];
const APOSTROPHES: [&[u8]; 4] = [b"'", b"&apos;", b"&#39;", b"&#x27;"];
/// A line of an exported attribute ends as an entity.
const LINE_ENDS: [&[u8]; 4] = [b"\n", b"&#10;", b"&#xA;", b"&#xa;"];
/// `\U0001F600` within an exported attribute, generously.
const LONGEST_CHARACTER: usize = 16;
/// Of strings in code in strings.
const MAXIMUM_DEPTH: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_ends_where_its_brackets_do() {
        for expression in [
            r"@()",
            r"@{}",
            r"@(a(b)(c))",
            r"@{ if (a < b && c > d) { return e; } }",
            r#"@(context.Request.Headers.GetValueOrDefault("x","y"))"#,
            r#"@(")")"#,
            r#"@("\")")"#,
            r#"@("\\")"#,
            r#"@(@"\")"#,
            r#"@(@"a "" ) b")"#,
            r#"@($"a {b("c)")} ) d")"#,
            r#"@($"{{ ) {a}")"#,
            r#"@($@"\{a["b"]}"" )")"#,
            r#"@(@$"\{a}"" )")"#,
            r#"@($"{(a ? "}" : $"{b["c"]})")}")"#,
            r#"@{ return $"{d:yyyy'T'HH}"; }"#,
            r"@(a.Split(')'))",
            r"@(a.Split('\''))",
            r"@(a.Split('\\')[0])",
            r"@(a.Split('\u0029'))",
            r#"@(a.Trim('"'))"#,
            r"@(a.Trim('ä', '€', '('))",
            r"@(a.Trim('&'))",
            "@(a // )\n)",
            "@{ // don't }\n}",
            "@(a /* ) \" ' */)",
            "@{ <!-- don't } \" --> }",
            "@{ #region don't worry\n return 1; }",
            r#"@("https://a/b")"#,
            r"@(a / b)",
            r"@(a(&quot;)&quot;))",
            r"@(&quot;\&quot;)&quot;)",
            r"@(@&quot;a &quot;&quot; ) b&quot;)",
            r"@(a.Trim('&quot;'))",
            r"@(a.Trim(&apos;)&apos;))",
            r"@(a.Trim(&#39;)&#39;) + &#34;)&#34; + &#x22;)&#x22;)",
            "@(a // )&#xA;)",
            r"@(a &amp;&amp; b &lt; c)",
            r#"@("&quot;)")"#,
            "@(@a)",
            "@{ @class(1); }",
        ] {
            for behind in ["", "\" a=\")", " )}'\"", "</value>", "@(b)"] {
                let text = format!("{expression}{behind}");
                assert_eq!(length(text.as_bytes()), Some(expression.len()), "{text}");
            }
            // Nothing shorter is one.
            for end in 0..expression.len() {
                assert_eq!(length(&expression.as_bytes()[..end]), None, "{expression} cut at {end}");
            }
        }
    }

    #[test]
    fn what_never_ends_is_none() {
        for text in [
            "",
            "@",
            "a",
            "@a()",
            "@@(a)",
            "@(",
            "@{)",
            "@(\")",
            "@(\"')",
            "@(/*)",
            "@(<!--)",
            "@(//)",
            "@($\"{\")",
            "@(@\"\"\")",
        ] {
            assert_eq!(length(text.as_bytes()), None, "{text}");
        }
        let deep = "$\"{".repeat(MAXIMUM_DEPTH) + &"}\"".repeat(MAXIMUM_DEPTH);
        assert_eq!(length(format!("@({deep})").as_bytes()), None);
    }
}
