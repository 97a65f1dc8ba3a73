//! What can go wrong while a test bed is set up, in sentences for the person who reads the terminal.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::envoy::find::no_envoy::NoEnvoy;
use crate::python::error::PythonError;

/// A failure of the test bed itself, never of the filter under test.
#[derive(Debug)]
pub enum Error {
    /// The operating system refused something.
    Io {
        /// What was being done, as in "writing the bootstrap".
        doing: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A program that the test bed needs is not there, or failed; or the filter was not built.
    Tool(validate_jwt_module::Error),
    /// A package of Python's did not come.
    Python {
        /// What was being done, as in "installing requirements.txt".
        doing: String,
        /// Why it failed.
        source: PythonError,
    },
    /// There is no Envoy to run.
    NoEnvoy(NoEnvoy),
    /// Envoy ended instead of becoming ready: it refused its configuration.
    EnvoyExited {
        /// How it ended.
        status: String,
        /// All that it logged.
        log: String,
    },
    /// Something that was awaited did not happen.
    TimedOut {
        /// What was awaited.
        waiting_for: String,
        /// How long.
        after: Duration,
    },
    /// A peer did not speak HTTP as expected.
    Http {
        /// What was being done.
        doing: String,
        /// What came instead.
        detail: String,
    },
    /// A file or an argument does not say what the test bed needs.
    Configuration {
        /// What is wrong, and what is expected.
        detail: String,
    },
}

impl Error {
    /// Wraps what the operating system said, for use with `map_err`.
    pub fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }

    /// Wraps what an HTTP library said, for use with `map_err`.
    pub fn http<E: fmt::Display>(doing: impl Into<String>) -> impl FnOnce(E) -> Self {
        let doing = doing.into();
        move |detail| Self::Http { doing, detail: detail.to_string() }
    }

    /// A configuration that cannot be used.
    pub fn configuration(detail: impl Into<String>) -> Self {
        Self::Configuration { detail: detail.into() }
    }
}

impl From<validate_jwt_module::Error> for Error {
    fn from(error: validate_jwt_module::Error) -> Self {
        Self::Tool(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, source } => write!(formatter, "{doing} failed: {source}"),
            Self::Tool(error) => error.fmt(formatter),
            Self::Python { doing, source } => write!(formatter, "{doing} failed: {source}"),
            Self::NoEnvoy(error) => error.fmt(formatter),
            Self::EnvoyExited { status, log } => {
                write!(formatter, "Envoy ended before it was ready ({status}); its log:\n{}", log.trim_end())
            }
            Self::TimedOut { waiting_for, after } => {
                write!(formatter, "timed out after {} s waiting for {waiting_for}", after.as_secs())
            }
            Self::Http { doing, detail } => write!(formatter, "{doing} failed: {detail}"),
            Self::Configuration { detail } => formatter.write_str(detail),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Tool(error) => error.source(),
            Self::Python { source, .. } => Some(source),
            Self::NoEnvoy(error) => error.source(),
            _ => None,
        }
    }
}
