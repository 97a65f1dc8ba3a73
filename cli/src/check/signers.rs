//! Whose keys may sign for which issuer, as far as it is known before any document is there.

use validate_jwt::config::Config;
use validate_jwt::gate::Requirement;
use validate_jwt::keys::{Claimants, InlineKeys, Keyring, Party, ProviderId};
use validate_jwt::token::IssuerPattern;

/// One line for each issuer and each provider.
pub(super) fn signers(config: &Config, requirement: &Requirement) -> Vec<String> {
    let owners = &requirement.owners;
    let mut lines: Vec<String> = owners.parties().iter().flat_map(of_party).collect();
    // Nothing has been fetched: what is found is what the configuration alone decides.
    let keyring = Keyring::new(config.providers.len());
    for issuer in owners.listed() {
        let claimants = owners.of(issuer, tenant_of(issuer), &keyring);
        lines.push(format!("{issuer}: {}", of_claimants(requirement, &claimants)));
    }
    if owners.takes_any_issuer() {
        lines.push("any issuer: inline keys".to_owned());
    }
    lines
}

/// The issuers that a provider speaks for by itself.
fn of_party(party: &Party) -> Vec<String> {
    let own = match &party.pinned {
        Some(issuer) => issuer.text(),
        None => "the issuer of its document".to_owned(),
    };
    let further = party.further.iter().map(IssuerPattern::text);
    std::iter::once(own).chain(further).map(|issuer| format!("{issuer}: keys from {}", party.url)).collect()
}

/// Who may sign for an entry of `issuers`.
fn of_claimants(requirement: &Requirement, claimants: &Claimants) -> String {
    let urls = |ids: &[ProviderId]| {
        let parties = requirement.owners.parties().iter().filter(|party| ids.contains(&party.id));
        parties.map(|party| party.url.to_string()).collect::<Vec<_>>().join(", ")
    };
    let mut signers = Vec::new();
    if !claimants.providers.is_empty() {
        signers.push(format!("keys from {}", urls(&claimants.providers)));
    }
    if !claimants.awaited.is_empty() {
        signers.push(format!("keys from whose document names it: {}", urls(&claimants.awaited)));
    }
    if claimants.inline == InlineKeys::Present {
        signers.push("inline keys".to_owned());
    }
    if signers.is_empty() { "nobody's keys, never accepted".to_owned() } else { signers.join("; ") }
}

/// The tenant that an issuer of Entra names.
fn tenant_of(issuer: &str) -> Option<&str> {
    issuer.split('/').find(|part| validate_jwt::token::is_guid(part))
}
