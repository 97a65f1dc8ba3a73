//! Why what a command was given to read is of no use to it.

use std::fmt;

use super::located::Refused;
use super::source::Unreadable;

/// Why no configuration, or not the only one, was read from a file.
#[derive(Debug)]
pub(crate) enum Unusable {
    /// It cannot be read.
    Unreadable(Unreadable),
    /// It is not what it should be.
    Refused(Refused),
    /// It has several configurations, in these lines, where one is wanted.
    Several {
        /// The file.
        file: String,
        /// Where they are.
        lines: Vec<usize>,
    },
}

impl From<Unreadable> for Unusable {
    fn from(unreadable: Unreadable) -> Self {
        Self::Unreadable(unreadable)
    }
}

impl From<Refused> for Unusable {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(unreadable) => unreadable.fmt(f),
            Self::Refused(refused) => refused.fmt(f),
            Self::Several { file, lines } => {
                let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
                write!(
                    f,
                    "{file}: expected one configuration, found one in each of the lines {}",
                    lines.join(", ")
                )
            }
        }
    }
}
