//! From bytes to text.

use validate_jwt::config::is_utf_16;

use super::broken::{Broken, Why};

/// The text without its byte order mark.
///
/// # Errors
///
/// Not text in UTF-8, or nothing at all.
pub(super) fn of(content: &[u8]) -> Result<&str, Broken> {
    let broken = |offset: usize, why| {
        let line = 1 + content.iter().take(offset).filter(|byte| **byte == b'\n').count();
        Err(Broken { line, why })
    };
    if is_utf_16(content) {
        return broken(0, Why::Utf16);
    }
    if let Some(offset) = content.iter().position(|byte| *byte == 0) {
        return broken(offset, Why::Binary);
    }
    match std::str::from_utf8(content) {
        Err(error) => broken(error.valid_up_to(), Why::Utf8),
        Ok(text) if text.trim_start_matches('\u{feff}').trim().is_empty() => broken(0, Why::Nothing),
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
    }
}
