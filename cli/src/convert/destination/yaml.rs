//! Writes YAML.
//!
//! Kubernetes reads YAML 1.1, where `no` and `on` are truth values and `0777` is a number; Envoy reads 1.2. What is written here
//! says the same to both: a text that could be anything else is quoted.

use std::fmt::Write as _;

use serde_json::Value;

/// A value as a block, its lines ended and not indented.
pub(super) fn block(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    text
}

/// A text on one line.
pub(super) fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

fn write(value: &Value, indent: usize, text: &mut String) {
    let margin = " ".repeat(indent);
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                text.push_str(&margin);
                text.push_str(&scalar(name));
                text.push(':');
                write_behind(member, indent + 2, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                let mut written = String::new();
                write(item, indent + 2, &mut written);
                text.push_str(&margin);
                text.push_str("- ");
                text.push_str(written.trim_start());
            }
        }
        leaf => {
            text.push_str(&margin);
            text.push_str(&of_leaf(leaf));
            text.push('\n');
        }
    }
}

/// What stands behind a name and its colon.
fn write_behind(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            text.push('\n');
            write(value, indent, text);
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            write(value, indent, text);
        }
        Value::String(lines) if is_literal(lines) => {
            let margin = " ".repeat(indent);
            text.push_str(if lines.ends_with('\n') { " |\n" } else { " |-\n" });
            for line in lines.lines() {
                let line = if line.is_empty() { String::new() } else { format!("{margin}{line}") };
                text.push_str(&line);
                text.push('\n');
            }
        }
        leaf => {
            text.push(' ');
            text.push_str(&of_leaf(leaf));
            text.push('\n');
        }
    }
}

fn of_leaf(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        // Null, a truth value, a number, `{}` or `[]`.
        other => other.to_string(),
    }
}

/// Whether nobody takes the text for anything but itself when it stands without quotation marks.
fn is_plain(text: &str) -> bool {
    let is_word = WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    let is_ordinary = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:|".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(is_ordinary)
        && !text.ends_with(':')
        && !is_word
}

const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

/// Whether a text of several lines can stand as they are.
fn is_literal(text: &str) -> bool {
    let is_ordinary =
        |char: char| char == '\n' || char == ' ' || !(char.is_control() || char.is_whitespace());
    text.contains('\n')
        && text.chars().all(is_ordinary)
        && !text.starts_with([' ', '\n'])
        && !text.ends_with("\n\n")
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            ' '..='~' => quoted.push(char),
            letter if letter.is_alphabetic() => quoted.push(letter),
            '\n' => quoted.push_str("\\n"),
            // A character beyond these has its own kind of escape; writing to a string does not fail.
            other => {
                let code = u32::from(other);
                let _ = if code <= 0xFFFF {
                    write!(quoted, "\\u{code:04X}")
                } else {
                    write!(quoted, "\\U{code:08X}")
                };
            }
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for value in [
            json!({}),
            json!([]),
            json!({"a": {}, "b": [], "c": null, "d": true, "e": -1, "f": 1.5, "g": "text"}),
            json!({"a": [{"b": 1, "c": [1, [2, [3]], []]}, [{"d": {"e": "f"}}], "g", {}]}),
            json!({"two\nlines": "a\n  b\nc", "three": "a\n\nb\n", "blank first": " a\nb", "ends": "a\n\n", "crlf": "a\r\nb"}),
            json!({"a": "tab\tand \u{1}\u{7f}\u{85}\u{2028}\u{feff}\u{1F511}", "é": "Ünïcode \"quoted\" \\ 'x'"}),
            json!([
                "", " ", "a: b", "a #b", "#a", "- a", "-", "a:", "*a", "&a", "!a", "@a", "`a", "%a", "{a}",
                "[a", "? a", "~", "="
            ]),
        ] {
            let text = block(&value);
            assert_eq!(yaml_serde::from_str::<Value>(&text).unwrap(), value, "{text}");
        }
    }

    #[test]
    fn what_another_reader_takes_for_no_text_is_quoted() {
        for text in [
            "no",
            "Yes",
            "ON",
            "off",
            "y",
            "N",
            "true",
            "False",
            "null",
            "~",
            "0777",
            "0o7",
            "0x1F",
            "1_000",
            "1e3",
            "+1",
            ".inf",
            ".5",
            "12:30:45",
            "2026-11-27",
            "1",
            "<<",
            "",
        ] {
            assert_eq!(scalar(text), format!("\"{text}\""));
        }
        for text in
            ["https://login.acme.io/a-b_c.json", "outbound|80||login.acme.io", "Orders.Read", "nothing"]
        {
            assert_eq!(scalar(text), text);
        }
    }
}
