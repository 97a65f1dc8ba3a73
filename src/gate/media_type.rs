//! Media types as a JOSE header names them (RFC 7515, section 4.1.9).

/// A value of `typ`. One without a slash stands for the same below `application/`, and no other does: `text/plain` and
/// `application/text/plain` are two types, of which the second is nobody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType(Box<str>);

impl MediaType {
    /// The type of that name, short or whole.
    pub fn new(name: &str) -> Self {
        Self(short(name).into())
    }

    /// The name, short where it can be.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a token's `typ` names this type: ignoring case, but for parameters, whose values may heed it (RFC 2045,
    /// section 5.1).
    pub(super) fn is_named_by(&self, name: &str) -> bool {
        let (own, other) = (split(&self.0), split(short(name)));
        own.0.eq_ignore_ascii_case(other.0) && own.1 == other.1
    }
}

/// The name without `application/` where that goes without saying.
fn short(name: &str) -> &str {
    match name.split_at_checked(PREFIX.len()) {
        Some((prefix, rest))
            if prefix.eq_ignore_ascii_case(PREFIX) && !rest.is_empty() && !rest.contains('/') =>
        {
            rest
        }
        _ => name,
    }
}

/// Type and parameters.
fn split(name: &str) -> (&str, &str) {
    name.split_at(name.find(';').unwrap_or(name.len()))
}

const PREFIX: &str = "application/";
