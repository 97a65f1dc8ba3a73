//! From bytes to text.

use validate_jwt::config::{Problem, is_utf_16};

use super::located::Located;

/// The text without its byte order mark.
///
/// # Errors
///
/// What is no text in UTF-8, or nothing at all.
pub(super) fn of(content: &[u8]) -> Result<&str, Located<Problem>> {
    let refused = |line, found: &str, allowed: &str| Err(Located::at(line, "", found, allowed));
    let line_at = |offset: usize| 1 + content.iter().take(offset).filter(|byte| **byte == b'\n').count();
    if is_utf_16(content) {
        return refused(1, "UTF-16", "the same text in UTF-8");
    }
    if let Some(offset) = content.iter().position(|byte| *byte == 0) {
        return refused(line_at(offset), "binary data", ALLOWED);
    }
    let text = match std::str::from_utf8(content) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => return refused(line_at(error.valid_up_to()), "bytes that are not UTF-8", ALLOWED),
    };
    if text.trim().is_empty() { refused(1, "nothing", ALLOWED) } else { Ok(text) }
}

const ALLOWED: &str = "YAML, JSON, or a policy of API Management in XML";
