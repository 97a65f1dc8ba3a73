//! What can go wrong while the module is built, in sentences for the person who reads the terminal.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why there is no module.
#[derive(Debug)]
pub enum Error {
    /// The operating system refused something.
    Io {
        /// What was being done, as in "writing the module".
        doing: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A program that is needed is not there.
    MissingTool {
        /// The program.
        tool: &'static str,
        /// What the reader can do about it.
        advice: String,
    },
    /// A program ran and failed.
    CommandFailed {
        /// The command line.
        command: String,
        /// The last lines of what it printed.
        output: String,
    },
    /// What was built is not the filter's module.
    Module {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
}

impl Error {
    /// Wraps what the operating system said, for use with `map_err`.
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, source } => write!(formatter, "{doing} failed: {source}"),
            Self::MissingTool { tool, advice } => write!(formatter, "{tool} was not found; {advice}"),
            Self::CommandFailed { command, output } => {
                write!(formatter, "`{command}` failed:\n{}", output.trim_end())
            }
            Self::Module { file, detail } => {
                write!(formatter, "{} is not the filter: {detail}", file.display())
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
