//! What an operator should know about owners once the documents are there. Logged once, by the VM that fetched them.

use std::fmt;

use super::super::home::{host_of, is_at_home};
use super::super::keyring::Keyring;
use super::objection::{Objection, cut};
use super::{Directory, InlineKeys, Known, Owners, Party};

/// Something to know about the owners of a policy's issuers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// A provider's document is not believed in a policy, though it is in another one.
    Refused {
        /// The provider's name.
        name: String,
        /// Why.
        objection: Objection,
    },
    /// Two documents of different origins name one issuer: neither is believed.
    Rivals {
        /// The providers' names and URLs.
        names: [(String, String); 2],
        /// The issuer.
        issuer: String,
    },
    /// A listed issuer belongs to no provider: its tokens are never accepted.
    Unowned {
        /// The issuer.
        issuer: String,
    },
    /// A document that is taken at its word names an issuer on another host.
    Elsewhere {
        /// The provider's name.
        name: String,
        /// Its URL.
        url: String,
        /// The issuer.
        issuer: String,
    },
    /// A document is multi-tenant, and nothing restricts it.
    AnyTenant {
        /// The provider's name.
        name: String,
        /// The issuer.
        issuer: String,
    },
}

impl Owners {
    /// What is to be said with the documents at hand.
    pub fn remarks(&self, keyring: &Keyring) -> Vec<Remark> {
        let unpinned = || self.parties.iter().filter(|party| party.pinned.is_none());
        let mut remarks: Vec<Remark> =
            unpinned().filter_map(|party| self.remark_on(party, keyring)).collect();
        let all_known = unpinned().all(|party| keyring.issuer(party.id).is_some());
        if self.parties.len() > 1 && self.inline == InlineKeys::None && all_known {
            let unowned = self.listed.iter().filter(|issuer| {
                let claimants = self.of(issuer, tenant_in(issuer), keyring);
                claimants.providers.is_empty() && claimants.awaited.is_empty()
            });
            remarks.extend(unowned.map(|issuer| Remark::Unowned { issuer: issuer.clone() }));
        }
        remarks
    }

    fn remark_on(&self, party: &Party, keyring: &Keyring) -> Option<Remark> {
        let stated = keyring.issuer(party.id)?;
        let (name, issuer) = (party.name.clone(), stated.text());
        if let Some(objection) = self.objection_to(party, stated, Known::Documents(keyring)) {
            return Some(Remark::Refused { name, objection });
        }
        if let Some(rival) = self.rival(party, stated, keyring) {
            // The same words for both, so that they are said once.
            let mut names = [party, rival].map(|party| (party.name.clone(), party.url.to_string()));
            names.sort();
            return Some(Remark::Rivals { names, issuer });
        }
        let is_warned_of = party.expected_template().is_some() || party.directory == Directory::Configured;
        if stated.is_template() && !self.is_restricted(stated) && !is_warned_of {
            return Some(Remark::AnyTenant { name, issuer });
        }
        let is_elsewhere =
            host_of(stated).as_deref() != Some(party.url.bare_host()) && !is_at_home(stated, &party.url);
        let is_meant = self.lists(&issuer) || party.directory == Directory::Configured;
        (is_elsewhere && !is_meant).then(|| Remark::Elsewhere { name, url: party.url.to_string(), issuer })
    }
}

/// The tenant that a token of an issuer would name.
fn tenant_in(issuer: &str) -> Option<&str> {
    issuer.split('/').find(|segment| crate::token::is_guid(segment))
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { name, objection } => {
                write!(f, "provider {name} is not believed in a policy with others: {objection}")
            }
            Self::Rivals { names: [(one, url), (other, other_url)], issuer } => write!(
                f,
                "the discovery documents of the providers {one} ({}) and {other} ({}) both name the issuer {}: \
                 neither is believed; set `issuer` in the entry of openid_config whose issuer it is",
                cut(url),
                cut(other_url),
                cut(issuer)
            ),
            Self::Unowned { issuer } => write!(
                f,
                "the listed issuer {} belongs to none of the policy's providers: its tokens are never accepted; put it \
                 into `issuers` of the entry of openid_config whose keys speak for it",
                cut(issuer)
            ),
            Self::Elsewhere { name, url, issuer } => write!(
                f,
                "provider {name}: the discovery document at {} names the issuer {}, which is on another host, and is \
                 taken at its word; set `issuer` to pin it",
                cut(url),
                cut(issuer)
            ),
            Self::AnyTenant { name, issuer } => write!(
                f,
                "provider {name}: the issuer {} stands for every tenant, and nothing restricts it: list the issuers of \
                 the tenants in `issuers`",
                cut(issuer)
            ),
        }
    }
}
