//! What is wrong with a file of tests beyond its form.

use std::fmt;
use std::path::PathBuf;

use validate_jwt::config::Problem;

use crate::clock::LATEST;
use crate::input::Unusable;

/// A file of tests that cannot be run.
#[derive(Debug)]
pub struct BadFile {
    /// Which one.
    pub file: PathBuf,
    /// The test that it is about, where it is about one.
    pub test: Option<String>,
    /// What is wrong with it.
    pub wrong: Wrong,
}

/// What is wrong with what was to be read.
#[derive(Debug)]
pub struct BadInput(pub(super) Box<Unusable>);

/// What is wrong.
#[derive(Debug)]
pub enum Wrong {
    /// It cannot be read.
    Unreadable(BadInput),
    /// It is not a file of tests; the place is in the text.
    Form(yaml_serde::Error),
    /// It has no test.
    NoTests,
    /// The configuration's file cannot be read, or holds none that loads.
    Configuration(BadInput),
    /// The configuration is refused.
    Refused(Vec<Problem>),
    /// There is no such provider.
    UnknownProvider {
        /// The member.
        place: &'static str,
        /// What it says.
        found: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// The token could be any of several providers'.
    SeveralProviders(Vec<String>),
    /// There is no provider whose token could be minted.
    NoProvider,
    /// Nobody knows which issuer a provider has.
    NoIssuer(String),
    /// `url`.
    Url(String),
    /// `url` beside `host` or `path`.
    UrlBesidePath,
    /// `now` and `after`.
    Time(i64),
    /// A header's name.
    HeaderName(String),
    /// `certificate`.
    Certificate(String),
    /// A proof without a token.
    ProofAlone,
    /// The operating system has no random numbers.
    NoRandomNumbers,
}

impl fmt::Display for BadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // That names the file itself.
        if let Wrong::Unreadable(_) = &self.wrong {
            return self.wrong.fmt(f);
        }
        write!(f, "{}: ", self.file.display())?;
        if let Some(test) = &self.test {
            write!(f, "test {test:?}: ")?;
        }
        self.wrong.fmt(f)
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(BadInput(failure)) => failure.fmt(f),
            Self::Form(error) => f.write_str(&shortened(&error.to_string())),
            Self::NoTests => f.write_str("tests: expected at least one, found none"),
            Self::Configuration(BadInput(failure)) => write!(f, "configuration: {failure}"),
            Self::Refused(problems) => {
                f.write_str("the configuration is refused")?;
                problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
            }
            Self::UnknownProvider { place, found, known } => {
                write!(f, "{place}: expected one of the providers {}, found {found:?}", known.join(", "))
            }
            Self::SeveralProviders(known) => {
                write!(f, "token.provider: expected one of the providers {}, found none", known.join(", "))
            }
            Self::NoProvider => f.write_str(
                "token: expected a token as text, since the configuration has no provider whose key could sign one",
            ),
            Self::NoIssuer(provider) => write!(
                f,
                "providers.{provider}.issuer: expected the issuer that its discovery document names, found none"
            ),
            Self::Url(found) => write!(f, "request.url: expected an https:// or http:// URL, found {found:?}"),
            Self::UrlBesidePath => f.write_str("request.url has a host and a path: neither can stand beside it"),
            Self::Time(found) => {
                write!(f, "now and after: expected 0 to {LATEST} seconds since 1970 together, found {found}")
            }
            Self::HeaderName(found) => write!(f, "request.headers: expected a header's name, found {found:?}"),
            Self::Certificate(expected) => write!(f, "request.certificate: {expected}"),
            Self::ProofAlone => f.write_str("request.proof: expected a token beside it, found none"),
            Self::NoRandomNumbers => f.write_str("the operating system has no random numbers to make a key of"),
        }
    }
}

/// An error that quotes a long text, without the middle of it.
fn shortened(text: &str) -> String {
    let end = |at: usize| text.char_indices().map(|(index, _)| index).nth(at).unwrap_or(text.len());
    let length = text.chars().count();
    if length <= LONGEST {
        return text.to_owned();
    }
    let (begin, rest) = (end(LONGEST / 2), end(length - LONGEST / 2));
    let parts = text.get(..begin).zip(text.get(rest..));
    parts.map_or_else(String::new, |(begin, rest)| format!("{begin}…{rest}"))
}

/// Letters of an error.
const LONGEST: usize = 2000;
