//! How a claim becomes a header value (`configuration.md`, 3.2).

use std::fmt::Write as _;

use serde_json::Value;

use crate::token::base64url;
use crate::token::json::Json;

/// The header value of a claim; `None` where the claim has no safe form, so that the header is left out.
///
/// A string goes as it is, unless it holds a control character, which no header may carry. An array of
/// scalars is joined with commas, each value percent-encoded where it needs to be.
pub(super) fn value(claim: &Json<'_>) -> Option<Vec<u8>> {
    let text = match claim {
        Json::Null => return None,
        Json::String(text) if text.chars().any(char::is_control) => return None,
        Json::String(text) => text.as_ref().to_owned(),
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
            Json::String(part) => encode(part, &mut text),
            Json::Bool(_) | Json::Number(_) => encode(&written(item), &mut text),
            Json::Null | Json::Array(_) | Json::Object(_) => return None,
        }
    }
    Some(text)
}

/// A claim as JSON text.
fn written(claim: &Json<'_>) -> String {
    Value::from(claim.clone()).to_string()
}

/// Percent-encodes a value that holds a comma, a control or a non-ASCII byte; `%` goes along, so that
/// what was encoded can be told from what was not.
fn encode(part: &str, text: &mut String) {
    let special = |byte: u8| byte == b',' || !(0x20..0x7f).contains(&byte);
    if !part.bytes().any(special) {
        text.push_str(part);
        return;
    }
    for byte in part.bytes() {
        if special(byte) || byte == b'%' {
            // Writing to a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
        } else {
            text.push(char::from(byte));
        }
    }
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
}
