//! Why there is no release, in sentences for the person who reads the terminal.

mod fault;

use std::fmt;
use std::io;
use std::path::PathBuf;

pub use fault::{ArchiveFault, ChapterFault, FileFault};

use crate::version::VersionError;

/// What stands in the way of a release.
#[derive(Debug)]
pub enum Error {
    /// The operating system refused something.
    Io {
        /// What was being done, as in "writing notes.md".
        doing: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// No version of a release.
    Version(VersionError),
    /// The changelog says nothing of a version.
    Chapter {
        /// The chapter.
        heading: String,
        /// What is wrong with it.
        fault: ChapterFault,
    },
    /// A document is no JSON, or not of the form that it should have.
    Document {
        /// Which one.
        name: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A file of images does not hold what it should.
    Archive {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        fault: ArchiveFault,
    },
    /// A file of the release is not what it should be.
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        fault: FileFault,
    },
    /// Envoy, or what stands around it.
    Testbed(validate_jwt_testbed::Error),
}

impl Error {
    /// Wraps what the operating system said, for use with `map_err`.
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }

    /// Wraps what is wrong with a document, for use with `map_err`.
    pub(crate) fn document(name: impl Into<String>) -> impl FnOnce(serde_json::Error) -> Self {
        let name = name.into();
        move |source| Self::Document { name, source }
    }
}

impl From<VersionError> for Error {
    fn from(error: VersionError) -> Self {
        Self::Version(error)
    }
}

impl From<validate_jwt_testbed::Error> for Error {
    fn from(error: validate_jwt_testbed::Error) -> Self {
        Self::Testbed(error)
    }
}

/// The programs are the test bed's kind, which tell an error in one line.
impl From<Error> for validate_jwt_testbed::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Testbed(error) => error,
            other => Self::configuration(other.to_string()),
        }
    }
}

impl From<VersionError> for validate_jwt_testbed::Error {
    fn from(error: VersionError) -> Self {
        Error::from(error).into()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, source } => write!(formatter, "{doing} failed: {source}"),
            Self::Version(error) => error.fmt(formatter),
            Self::Chapter { heading, fault } => match fault {
                ChapterFault::Missing => write!(formatter, "CHANGELOG.md has no chapter \"## {heading}\""),
                ChapterFault::Undated => write!(
                    formatter,
                    "CHANGELOG.md, chapter \"## {heading}\": the heading of a release has its date, as in \"## {heading} - 2027-01-31\""
                ),
                ChapterFault::Empty => {
                    write!(formatter, "CHANGELOG.md, chapter \"## {heading}\": it lists nothing")
                }
            },
            Self::Document { name, source } => write!(formatter, "{name}: {source}"),
            Self::Archive { file, fault } => write!(formatter, "{}: {fault}", file.display()),
            Self::File { file, fault } => write!(formatter, "{}: {fault}", file.display()),
            Self::Testbed(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for Error {}
