//! How one rule looks at a path.

use super::path::RequestPath;
use super::path_pattern::PathPattern;
use super::path_traits::Traits;
use super::reading::{Case, Words};

/// How a rule looks at the normalised path.
#[derive(Debug, Clone)]
pub enum PathMatch {
    /// The whole path.
    Exact(String),
    /// Whole segments: `/a` matches `/a` and `/a/b`, not `/ab`. Without its trailing slash; `""` matches all.
    Prefix(String),
    /// Anchored at both ends.
    Pattern(PathPattern),
}

impl PathMatch {
    pub(super) fn matches(&self, path: &str, case: Case) -> bool {
        match self {
            Self::Exact(exact) => exact == path,
            Self::Prefix(prefix) => path
                .strip_prefix(prefix.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            Self::Pattern(pattern) => pattern.matches(path, case),
        }
    }

    /// What in it is read in two ways.
    pub(super) fn traits(&self) -> Traits {
        match self {
            Self::Exact(path) | Self::Prefix(path) => {
                RequestPath::of(path.as_bytes()).map_or_else(|_| Traits::default(), |path| path.traits())
            }
            Self::Pattern(pattern) if pattern.heeds_case() => Traits::CASE,
            Self::Pattern(_) => Traits::default(),
        }
    }

    /// The part as a reading has it: a pattern cannot be rewritten, but does not heed case then.
    pub(super) fn read_as(&self, words: Words) -> Self {
        match self {
            Self::Exact(path) => Self::Exact(words.of_rule(path)),
            Self::Prefix(path) => Self::Prefix(words.of_rule(path)),
            Self::Pattern(pattern) => Self::Pattern(pattern.clone()),
        }
    }
}
