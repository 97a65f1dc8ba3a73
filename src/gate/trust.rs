//! Whose keys may have signed a token, from its issuer.

use std::rc::Rc;

use super::policy::Requirement;
use super::reason::Reason;
use crate::keys::{Claimants, InlineKeys, Keyring, Owners, Tenancy};
use crate::token::Claims;

/// Finds whose keys may have signed a token. `rivals` are the owners of other policies that may accept the request
/// as well: a token whose issuer one of them names does not wait for a document that could name it too.
///
/// # Errors
///
/// [`Reason::IssuerNotAllowed`] where nobody's keys may, now or later.
pub(super) fn claimants(
    requirement: &Requirement,
    claims: &Claims<'_>,
    keyring: &Keyring,
    rivals: &[Rc<Owners>],
) -> Result<Claimants, Reason> {
    let owners = &requirement.owners;
    let issuer = match claims.issuer() {
        Some(issuer) => issuer,
        None if owners.takes_any_issuer() => "",
        None => return Err(Reason::IssuerNotAllowed),
    };
    let mut claimants = owners.of(issuer, claims.tenant_id(), keyring);
    claimants.awaited.retain(|id| {
        let mut others = rivals.iter().filter(|other| !Rc::ptr_eq(other, owners));
        !others.any(|other| other.names(issuer, claims.tenant_id(), owners.url(*id), keyring))
    });
    if claimants.tenancy == Tenancy::OneOfMany {
        requirement.tenants.check(claims)?;
    }
    let somebody = !claimants.providers.is_empty() || !claimants.awaited.is_empty();
    if somebody || claimants.inline == InlineKeys::Present {
        Ok(claimants)
    } else {
        Err(Reason::IssuerNotAllowed)
    }
}
