//! Why a document is not believed: it names an issuer that belongs to another provider.

use std::fmt;

use super::Party;
use crate::excerpt::Excerpt;
use crate::token::IssuerPattern;

/// Why a provider's document may not name its issuer in a policy with several providers. Where a document is not
/// pinned, the operator has to say so by `issuer`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// The issuer, as the document states it.
    pub issuer: String,
    /// Whose it is.
    pub owner: Owner,
}

/// Whose an issuer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// One of Microsoft's directories, and the document is on the host of none.
    Entra,
    /// Another provider's, whose host it names.
    AtHomeWith {
        /// Its name.
        name: String,
        /// Its URL.
        url: String,
    },
    /// Another provider's, which the configuration lets speak for it.
    SpokenForBy {
        /// Its name.
        name: String,
        /// Its URL.
        url: String,
    },
}

impl Objection {
    pub(super) fn entra(issuer: &IssuerPattern) -> Self {
        Self { issuer: issuer.text(), owner: Owner::Entra }
    }

    pub(super) fn at_home_elsewhere(issuer: &IssuerPattern, other: &Party) -> Self {
        let owner = Owner::AtHomeWith { name: other.name.clone(), url: other.url.to_string() };
        Self { issuer: issuer.text(), owner }
    }

    pub(super) fn spoken_for(issuer: &IssuerPattern, other: &Party) -> Self {
        let owner = Owner::SpokenForBy { name: other.name.clone(), url: other.url.to_string() };
        Self { issuer: issuer.text(), owner }
    }
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the discovery document names the issuer {}, ", cut(&self.issuer))?;
        match &self.owner {
            Owner::Entra => {
                f.write_str(
                    "which is one of Microsoft's, but the document is not on one of Microsoft's hosts",
                )?;
            }
            Owner::AtHomeWith { name, url } => {
                write!(f, "whose host is that of the provider {name} ({})", cut(url))?;
            }
            Owner::SpokenForBy { name, url } => {
                write!(f, "for which the provider {name} ({}) speaks already", cut(url))?;
            }
        }
        f.write_str("; if it is meant to, set `issuer` in its entry of openid_config")
    }
}

/// A text for a log line, in quotation marks.
pub(super) fn cut(text: &str) -> String {
    format!("{:?}", Excerpt::address(text))
}
