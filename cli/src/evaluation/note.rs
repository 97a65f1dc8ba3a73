//! What is to be known of the documents besides the verdict.

use std::fmt;

use validate_jwt::excerpt::Excerpt;
use validate_jwt::filter::Filter;
use validate_jwt::gate::Policy;
use validate_jwt::keys::{ProviderId, Remark};
use validate_jwt::time::UnixTime;
use validate_jwt::token::SkippedKeys;

use super::documents::{DocumentKind, Provider};

/// Something to know of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A provider has no keys: a document was not given.
    NotGiven {
        /// The provider's name.
        provider: String,
        /// Which document.
        document: DocumentKind,
    },
    /// A provider has no keys: a document is of no use.
    Unusable {
        /// The provider's name.
        provider: String,
        /// Why.
        why: Excerpt,
    },
    /// Some keys of a provider are not used.
    Skipped {
        /// The provider's name.
        provider: String,
        /// How many, and why.
        skipped: SkippedKeys,
    },
    /// About the owners of issuers.
    Owners(Remark),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotGiven { provider, document: DocumentKind::Discovery } => write!(
                f,
                "provider {provider} has no keys: its issuer is in its discovery document; give it with --discovery"
            ),
            Self::NotGiven { provider, document: DocumentKind::Keys } => {
                write!(f, "provider {provider} has no keys: give its key set with --jwks")
            }
            Self::Unusable { provider, why } => write!(f, "provider {provider} has no keys: {why}"),
            Self::Skipped { provider, skipped } => {
                write!(f, "provider {provider}: {} of the keys not used: {skipped}", skipped.total())
            }
            Self::Owners(remark) => remark.fmt(f),
        }
    }
}

/// What is to be known once the documents have been taken in.
pub(super) fn notes(providers: &[Provider<'_>], filter: &Filter, now: UnixTime) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    for (at, provider) in providers.iter().enumerate() {
        let name = || provider.settings.name.clone();
        if filter.keyring().keys(ProviderId(at), now).is_none() {
            notes.push(match (provider.missing(), filter.last_error(ProviderId(at))) {
                (None, Some(why)) => Note::Unusable { provider: name(), why: why.clone() },
                (document, _) => {
                    Note::NotGiven { provider: name(), document: document.unwrap_or(DocumentKind::Keys) }
                }
            });
        } else if let Some(skipped) = provider.skipped() {
            notes.push(Note::Skipped { provider: name(), skipped });
        }
    }
    let requirements = filter.gate().policies().iter().flat_map(Policy::requirements);
    for remark in requirements.flat_map(|one| one.owners.remarks(filter.keyring())).map(Note::Owners) {
        if !notes.contains(&remark) {
            notes.push(remark);
        }
    }
    notes
}
