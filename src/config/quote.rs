//! What a user wrote, as a message shows it.

/// A text in quotation marks, escaped and cut to a length that fits a log line. A URL that holds a password is not told.
pub(super) fn quoted(text: &str) -> String {
    if has_password(text) {
        return "a URL with user information".to_owned();
    }
    if text.chars().count() <= LONGEST_QUOTE {
        return format!("{text:?}");
    }
    let start: String = text.chars().take(LONGEST_QUOTE).collect();
    format!("{start:?}…")
}

/// Whether `user:password@` stands where a URL has its authority, with a scheme before it or without.
fn has_password(text: &str) -> bool {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
}

/// A member's name as part of a path.
pub fn member_name(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if !name.is_empty() && name.len() <= LONGEST_QUOTE && name.bytes().all(plain) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

const LONGEST_QUOTE: usize = 60;
