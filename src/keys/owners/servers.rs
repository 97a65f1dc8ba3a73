//! The issuers that a client may ask for tokens, as far as they are known.

use super::super::keyring::Keyring;
use super::super::provider_id::ProviderId;
use super::{Owners, Party};
use crate::token::IssuerPattern;

/// The authorization servers of a policy (RFC 9728, 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AuthorizationServers {
    /// Their issuers, each once.
    pub(crate) known: Vec<String>,
    /// The providers whose issuer is in a document that has not come.
    pub(crate) unknown: Vec<ProviderId>,
}

impl Owners {
    /// The authorization servers: every provider's issuer, and what the operator listed besides.
    pub(crate) fn authorization_servers(&self, keyring: &Keyring) -> AuthorizationServers {
        let mut servers = AuthorizationServers { known: Vec::new(), unknown: Vec::new() };
        let mut add = |issuer: String| {
            if issuer.starts_with("https://") && !servers.known.contains(&issuer) {
                servers.known.push(issuer);
            }
        };
        let mut unknown = Vec::new();
        for (party, believed) in self.parties.iter().zip(self.beliefs(keyring)) {
            match believed {
                Some(IssuerPattern::Exact(issuer)) => add(issuer.clone()),
                Some(_) => add(of_many(party)),
                None => unknown.push(party.id),
            }
        }
        for pattern in self.parties.iter().flat_map(|party| &party.further) {
            if let IssuerPattern::Exact(issuer) = pattern {
                add(issuer.clone());
            }
        }
        self.listed.iter().cloned().for_each(add);
        servers.unknown = unknown;
        servers
    }
}

/// Where clients of every tenant ask: a template cannot be an issuer, but what precedes the path of its document is one
/// (OpenID Connect Discovery 1.0, 4).
fn of_many(party: &Party) -> String {
    let url = party.url.to_string();
    url.split("/.well-known/").next().unwrap_or(&url).to_owned()
}
