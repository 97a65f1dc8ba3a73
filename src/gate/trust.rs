//! Whose keys may have signed a token, from its issuer.

use super::obstacle::Obstacle;
use super::policy::Requirement;
use super::reason::Reason;
use crate::keys::{Claimants, InlineKeys, Keyring, Tenancy, Want};
use crate::token::Claims;

/// Finds whose keys may have signed a token.
pub(super) fn claimants(
    requirement: &Requirement,
    claims: &Claims<'_>,
    keyring: &Keyring,
) -> Result<Claimants, Obstacle> {
    let owners = &requirement.owners;
    let issuer = match claims.issuer() {
        Some(issuer) => issuer,
        None if owners.takes_any_issuer() => "",
        None => return Err(Reason::IssuerNotAllowed.into()),
    };
    let claimants = owners.of(issuer, claims.tenant_id(), keyring);
    if claimants.tenancy == Tenancy::OneOfMany {
        requirement.tenants.check(claims)?;
    }
    if !claimants.providers.is_empty() || claimants.inline == InlineKeys::Present {
        Ok(claimants)
    } else if claimants.awaited.is_empty() {
        Err(Reason::IssuerNotAllowed.into())
    } else {
        Err(Obstacle::keys(claimants.awaited, Want::FirstKeys, Reason::KeysUnavailable))
    }
}
