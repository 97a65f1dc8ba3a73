//! Istio's values: `abc`, `abc*`, `*abc`, and `*` for anything.

use super::super::pattern;

/// What a value stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wildcard<'a> {
    Exact(&'a str),
    Prefix(&'a str),
    Suffix(&'a str),
    Present,
}

impl<'a> Wildcard<'a> {
    pub(super) fn of(value: &'a str) -> Self {
        match (value.strip_prefix('*'), value.strip_suffix('*')) {
            (Some(""), _) => Self::Present,
            (Some(suffix), _) => Self::Suffix(suffix),
            (None, Some(prefix)) => Self::Prefix(prefix),
            (None, None) => Self::Exact(value),
        }
    }

    pub(super) fn matches(self, text: &str) -> bool {
        match self {
            Self::Exact(exact) => text == exact,
            Self::Prefix(prefix) => text.starts_with(prefix),
            Self::Suffix(suffix) => text.ends_with(suffix),
            Self::Present => !text.is_empty(),
        }
    }

    /// A regular expression for all of the text.
    pub(super) fn pattern(self) -> String {
        match self {
            Self::Exact(exact) => pattern::literal(exact),
            Self::Prefix(prefix) => pattern::literal(prefix) + ".*",
            Self::Suffix(suffix) => format!(".*{}", pattern::literal(suffix)),
            Self::Present => ".+".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_at_either_end_stands_for_anything() {
        for (value, expected, pattern) in [
            ("a.b", Wildcard::Exact("a.b"), r"a\.b"),
            ("a*", Wildcard::Prefix("a"), "a.*"),
            ("*a", Wildcard::Suffix("a"), ".*a"),
            ("*", Wildcard::Present, ".+"),
        ] {
            assert_eq!(Wildcard::of(value), expected);
            assert_eq!(expected.pattern(), pattern);
        }
        assert!(Wildcard::of("a*").matches("ab") && !Wildcard::of("*").matches(""));
    }
}
