//! Why a command could not do its work at all.

use std::{fmt, io};

use ureq::ProxyProtocol;

use crate::evaluation::AssignmentError;
use crate::input::{Refused, Unreadable, Unusable};
use crate::misuse::Misuse;
use crate::policy_test::wrong::BadFile;

/// Why a command could not do its work: exit status 2, and 1 for what is wrong with what a file says.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line.
    Misuse(Misuse),
    /// There is no command of this name to describe.
    UnknownCommand {
        /// What was asked for.
        found: String,
        /// The commands that there are.
        known: Vec<String>,
    },
    /// What was to be read is of no use: exit status 1 where it is not what it should be.
    Input(Unusable),
    /// What was found out cannot be printed.
    Unwritable(io::Error),
    /// A file cannot be written.
    UnwritableFile(String, io::Error),
    /// A file of certificates holds none.
    NoCertificate(String),
    /// The environment names a proxy of a kind that is not spoken.
    ProxyProtocol(ProxyProtocol),
    /// A token is not UTF-8.
    Token,
    /// A token has this scheme before it.
    SchemeBeforeToken(&'static str),
    /// A document to explain a token with fits no provider.
    Document(AssignmentError),
    /// A file of policy tests cannot be run.
    PolicyTest(BadFile),
    /// A file of named values holds something else.
    NamedValues(String, NotNamedValues),
    /// Named values are given for what is not API Management's.
    NamedValuesInVain,
    /// Two files say that they are the same fragment.
    SameFragment(String, String),
    /// This many fragments, and no document that includes them.
    FragmentsAlone(usize),
    /// Several documents where one is wanted.
    SeveralDocuments(Vec<String>),
}

/// What a file of named values is not.
#[derive(Debug)]
pub(crate) enum NotNamedValues {
    /// JSON.
    Json(serde_json::Error),
    /// An object.
    Object,
    /// A text, under this name.
    Text(String),
}

impl From<Unusable> for Failure {
    fn from(unusable: Unusable) -> Self {
        Self::Input(unusable)
    }
}

impl From<Unreadable> for Failure {
    fn from(unreadable: Unreadable) -> Self {
        Self::Input(unreadable.into())
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::Input(refused.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Misuse(misuse) => misuse.fmt(f),
            Self::UnknownCommand { found, known } => {
                write!(f, "unknown command {found:?}: expected one of {}", known.join(", "))
            }
            Self::Input(unusable) => unusable.fmt(f),
            Self::UnwritableFile(file, error) => write!(f, "cannot write {file}: {error}"),
            Self::Unwritable(error) => write!(f, "cannot write: {error}"),
            Self::NoCertificate(file) => {
                write!(f, "{file}: expected certificates in PEM, -----BEGIN CERTIFICATE-----, found none")
            }
            Self::ProxyProtocol(found) => {
                write!(f, "the proxy of the environment: expected http:// or https://, found {found:?}")
            }
            Self::Token => f.write_str("the token is not UTF-8"),
            Self::SchemeBeforeToken(scheme) => {
                write!(f, "--token: expected the token alone, found {scheme} before it: that is a --header")
            }
            Self::Document(error) => error.fmt(f),
            Self::PolicyTest(bad) => bad.fmt(f),
            Self::NamedValues(file, found) => write!(f, "{file}: {found}"),
            Self::NamedValuesInVain => f.write_str(
                "--named-value and --named-values: expected documents of API Management, found another kind",
            ),
            Self::SameFragment(one, other) => write!(f, "{one} and {other} are the same fragment"),
            Self::FragmentsAlone(count) => {
                write!(f, "expected a document with its fragments, found {count} fragments alone")
            }
            Self::SeveralDocuments(names) => {
                write!(f, "expected one document with its fragments, found {}", names.join(", "))
            }
        }
    }
}

impl fmt::Display for NotNamedValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = "expected a JSON object of names and strings";
        match self {
            Self::Json(error) => write!(f, "{expected}, found invalid JSON ({error})"),
            Self::Object => write!(f, "{expected}, found another value"),
            Self::Text(name) => write!(f, "{name:?}: expected a string, found another value"),
        }
    }
}
