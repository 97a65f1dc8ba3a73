//! What is no YAML, no JSON, or more than anybody writes.

use std::fmt;

/// Why a text cannot be read.
#[derive(Debug)]
pub(crate) struct Broken {
    /// Where in the file, counted from 1.
    pub(crate) line: usize,
    pub(crate) why: Why,
}

/// What is wrong.
#[derive(Debug)]
pub(crate) enum Why {
    /// Another encoding.
    Utf16,
    /// Bytes that no text has.
    Binary,
    /// Bytes that are no characters.
    Utf8,
    /// Nothing but blanks.
    Nothing,
    /// The grammar, in the parser's words.
    Yaml(String),
    /// Likewise.
    Json(String),
    /// Values within each other.
    Deep,
    /// Values, those behind aliases counted each time.
    Many,
    /// A member's name that is a list or an object.
    Name,
    /// An alias for what is not there, or stands around it.
    Alias,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utf16 => f.write_str("UTF-16"),
            Self::Binary => f.write_str("binary data"),
            Self::Utf8 => f.write_str("bytes that are not UTF-8"),
            Self::Nothing => f.write_str("nothing"),
            Self::Yaml(told) => write!(f, "invalid YAML ({told})"),
            Self::Json(told) => write!(f, "invalid JSON ({told})"),
            Self::Deep => write!(f, "values within each other more than {MOST_DEEP} deep"),
            Self::Many => {
                write!(f, "more than {MOST_VALUES} values, each alias counted as what it stands for")
            }
            Self::Name => f.write_str("a name that is no text"),
            Self::Alias => f.write_str("an alias without its anchor"),
        }
    }
}

/// Counts what is read.
#[derive(Debug, Default)]
pub(crate) struct Count(usize);

impl Count {
    /// Counts values; a long text weighs as much as several.
    pub(crate) fn add(&mut self, weight: usize, line: usize) -> Result<(), Broken> {
        self.0 = self.0.saturating_add(weight);
        if self.0 > MOST_VALUES { Err(Broken { line, why: Why::Many }) } else { Ok(()) }
    }

    /// What was counted.
    pub(crate) fn so_far(&self) -> usize {
        self.0
    }
}

/// What a text weighs.
pub(crate) fn weight(text: &str) -> usize {
    1 + text.len() / 64
}

/// Refuses what is too deep.
pub(crate) fn check_depth(depth: usize, line: usize) -> Result<(), Broken> {
    if depth > MOST_DEEP { Err(Broken { line, why: Why::Deep }) } else { Ok(()) }
}

const MOST_DEEP: usize = 100;
const MOST_VALUES: usize = 1_000_000;
