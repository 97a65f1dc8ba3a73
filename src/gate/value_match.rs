//! A value that a claim or a header must hold: an exact text or a pattern.

use regex_lite::{Error, Regex};

use super::pattern::anchored;
use super::reading::Case;

/// What a value is compared with.
#[derive(Debug, PartialEq, Eq)]
pub enum ValueMatch {
    /// This text, code point by code point.
    Exact(String),
    /// Any text that the pattern matches as a whole.
    Pattern(ValuePattern),
}

/// A regular expression, anchored at both ends.
#[derive(Debug)]
pub struct ValuePattern(Regex);

impl ValueMatch {
    /// Whether a text is meant.
    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(wanted) => wanted == text,
            Self::Pattern(ValuePattern(pattern)) => pattern.is_match(text),
        }
    }
}

impl ValuePattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// What is wrong with it; also when it is too large or nested too deeply.
    pub fn new(pattern: &str) -> Result<Self, Error> {
        anchored(pattern, Case::Heeded).map(Self)
    }

    /// The pattern with its anchors.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl PartialEq for ValuePattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for ValuePattern {}
