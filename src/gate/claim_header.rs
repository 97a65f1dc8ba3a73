//! How a claim becomes a header value (`configuration.md`, 3.2).

use std::fmt::Write as _;

use serde_json::Value;

use crate::token::base64url;
use crate::token::json::Json;

/// The header value of a claim; `None` where the claim has no safe form, so that the header is left out.
///
/// A string goes as it is, but for blanks at its ends, which a receiver would trim: they are percent-encoded. One with
/// a control character inside, which no header may carry, has no form. An array of scalars is joined with commas, each
/// value percent-encoded where it needs to be.
pub(super) fn value(claim: &Json<'_>) -> Option<Vec<u8>> {
    let text = match claim {
        Json::Null => return None,
        Json::String(text) if text.trim_matches(is_blank).chars().any(char::is_control) => return None,
        Json::String(text) => encoded(text, |_| false),
        Json::Bool(_) | Json::Number(_) => written(claim),
        Json::Array(items) => joined(items)?,
        Json::Object(_) => base64url::encode(written(claim)),
    };
    (text.len() <= LONGEST).then(|| text.into_bytes())
}

fn joined(items: &[Json<'_>]) -> Option<String> {
    let mut text = String::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        match item {
            Json::String(part) => text.push_str(&encoded(part, is_special)),
            Json::Bool(_) | Json::Number(_) => text.push_str(&written(item)),
            Json::Null | Json::Array(_) | Json::Object(_) => return None,
        }
    }
    Some(text)
}

/// A claim as JSON text.
fn written(claim: &Json<'_>) -> String {
    Value::from(claim.clone()).to_string()
}

/// Percent-encodes what is special in a value, and blanks at its ends. `%` goes along, and a value that holds an escape
/// already is encoded too, so that no two values look alike and decoding gives the claim.
fn encoded(value: &str, is_special: impl Fn(char) -> bool) -> String {
    let start = value.len().saturating_sub(value.trim_start_matches(is_blank).len());
    let end = value.trim_end_matches(is_blank).len();
    let wanted = |at: usize, c: char| at < start || at >= end || is_special(c);
    if !value.char_indices().any(|(at, c)| wanted(at, c)) && !holds_escape(value) {
        return value.to_owned();
    }
    let mut text = String::with_capacity(value.len());
    for (at, c) in value.char_indices() {
        if c == '%' || wanted(at, c) {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                // Writing to a string cannot fail.
                let _ = write!(text, "%{byte:02X}");
            }
        } else {
            text.push(c);
        }
    }
    text
}

/// What splits a list, and what no header carries well.
fn is_special(c: char) -> bool {
    c == ',' || c.is_control() || !c.is_ascii()
}

/// What receivers trim off a value, in any of their languages. Other controls are not trimmed: they are in no value.
fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\u{180e}' | '\u{200b}' | '\u{feff}') || (c.is_whitespace() && !c.is_control())
}

/// Whether a value reads as if something in it had been percent-encoded.
fn holds_escape(value: &str) -> bool {
    value.as_bytes().windows(3).any(|bytes| match bytes {
        [b'%', high, low] => high.is_ascii_hexdigit() && low.is_ascii_hexdigit(),
        _ => false,
    })
}

/// Longest header value that the filter makes, bytes: proxies and servers refuse requests beyond such sizes.
const LONGEST: usize = 8192;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::token::json::parse_value;

    #[test]
    fn claims_become_header_values() {
        for (claim, expected) in [
            (json!("alice"), Some("alice")),
            (json!("Zoë"), Some("Zoë")),
            (json!("a,b"), Some("a,b")),
            (json!("a\r\nx-admin: 1"), None),
            (json!("a\u{0}"), None),
            (json!(17), Some("17")),
            (json!(1.5), Some("1.5")),
            (json!(true), Some("true")),
            (json!(null), None),
            (json!(["a", 1, false]), Some("a,1,false")),
            (json!(["a,b", "50%", "ü%"]), Some("a%2Cb,50%,%C3%BC%25")),
            (json!(["a\nb"]), Some("a%0Ab")),
            (json!([["a"]]), None),
            (json!([]), Some("")),
            (json!({"a": 1}), Some("eyJhIjoxfQ")),
            (json!("x".repeat(9000)), None),
        ] {
            let expected = expected.map(|text| text.as_bytes().to_vec());
            let text = claim.to_string();
            assert_eq!(value(&parse_value(text.as_bytes()).unwrap()), expected, "{claim}");
        }
    }

    /// Value, and what the API gets; the receiver that trims or decodes it is given no other name.
    #[test]
    fn no_receiver_trims_one_name_into_another() {
        for (claim, expected) in [
            (json!(" alice"), Some("%20alice")),
            (json!("alice "), Some("alice%20")),
            (json!("  alice  smith "), Some("%20%20alice  smith%20")),
            (json!("\talice"), Some("%09alice")),
            (json!("alice\t \t"), Some("alice%09%20%09")),
            (json!("\u{a0}alice"), Some("%C2%A0alice")),
            (json!("alice\u{a0}"), Some("alice%C2%A0")),
            (json!("alice\u{3000}"), Some("alice%E3%80%80")),
            (json!("\u{2003}alice"), Some("%E2%80%83alice")),
            (json!("\u{feff}alice"), Some("%EF%BB%BFalice")),
            (json!("alice\u{200b}"), Some("alice%E2%80%8B")),
            (json!("alice\u{2028}"), Some("alice%E2%80%A8")),
            (json!(" "), Some("%20")),
            (json!(" \t "), Some("%20%09%20")),
            (json!(""), Some("")),
            (json!("a\tb"), None),
            (json!("alice\n"), None),
            (json!("\ralice"), None),
            (json!(" \u{0}"), None),
            (json!("\u{85}alice"), None),
            (json!("alice\u{1f}"), None),
            (json!("Zo\u{a0}ë"), Some("Zo\u{a0}ë")),
            (json!("50%"), Some("50%")),
            (json!("100% sure"), Some("100% sure")),
            (json!(" 50%"), Some("%2050%25")),
            (json!("%20alice"), Some("%2520alice")),
            (json!("a%2cb"), Some("a%252cb")),
            (json!("%2520alice"), Some("%252520alice")),
            (json!("%zz"), Some("%zz")),
            (json!(["alice", " bob"]), Some("alice,%20bob")),
            (json!(["alice ", "bob"]), Some("alice%20,bob")),
            (json!([" "]), Some("%20")),
            (json!(["a b", ""]), Some("a b,")),
            (json!(["\ta\tb"]), Some("%09a%09b")),
            (json!(["a\u{a0}", "b\u{0}"]), Some("a%C2%A0,b%00")),
            (json!(["%2C", ","]), Some("%252C,%2C")),
        ] {
            let expected = expected.map(|text| text.as_bytes().to_vec());
            let text = claim.to_string();
            assert_eq!(value(&parse_value(text.as_bytes()).unwrap()), expected, "{claim}");
        }
    }

    #[test]
    fn what_was_encoded_decodes_to_the_claim_and_nothing_else_looks_like_it() {
        let parts = ["", " ", "%", "2", "0", "25", "20", "\t", ",", "a", "\u{a0}"];
        let mut seen = std::collections::BTreeMap::new();
        for (a, b) in parts.iter().flat_map(|a| parts.iter().map(move |b| (a, b))) {
            for (c, d) in parts.iter().flat_map(|c| parts.iter().map(move |d| (c, d))) {
                let claim = [*a, *b, *c, *d].concat();
                for form in [encoded(&claim, |_| false), encoded(&claim, is_special)] {
                    assert_eq!(form.trim(), form, "{claim:?}");
                    let decoded = crate::gate::query::percent_decoded(form.as_bytes());
                    assert!(
                        !holds_escape(&form) || decoded.as_deref() == Some(claim.as_bytes()),
                        "{claim:?}"
                    );
                    assert_eq!(seen.entry(form.clone()).or_insert_with(|| claim.clone()), &claim, "{form:?}");
                }
            }
        }
    }
}
