//! The encoding of a configuration: UTF-8, with or without a byte order mark.

use super::problem::Problem;

/// The text without its byte order mark.
///
/// # Errors
///
/// UTF-16, called by its name. Other bytes are told by the parsers.
pub(super) fn text(bytes: &[u8]) -> Result<&[u8], Vec<Problem>> {
    if is_utf_16(bytes) {
        return Err(vec![Problem {
            path: String::new(),
            found: "UTF-16".to_owned(),
            allowed: "the same text in UTF-8".to_owned(),
            suggestion: None,
        }]);
    }
    Ok(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
}

/// A byte order mark of UTF-16, or half of a first character with which one of the languages may begin.
pub fn is_utf_16(bytes: &[u8]) -> bool {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [byte, 0, ..] | [0, byte, ..] => byte.is_ascii_whitespace() || matches!(byte, b'<' | b'{'),
        _ => false,
    }
}
