//! Proof of possession: a token that is bound to a key is worth something only with it (RFC 7800).

use super::facts::Facts;
use super::reason::Reason;
use crate::token::json::Json;
use crate::token::{Claims, base64url};

/// Checks `cnf` (RFC 7800, 3.1) against what the request proves.
///
/// A token without `cnf` is a bearer token. One with `x5t#S256` and nothing else needs that
/// certificate (RFC 8705, 3.1). Any other confirmation cannot be proved here and never passes as a
/// bearer token.
///
/// # Errors
///
/// [`Reason::ConfirmationFailed`].
pub(super) fn check(claims: &Claims<'_>, facts: Facts<'_>) -> Result<(), Reason> {
    let Some(confirmation) = claims.members().get("cnf") else { return Ok(()) };
    let bound = confirmation
        .as_object()
        .filter(|members| members.len() == 1)
        .and_then(|members| members.get("x5t#S256"))
        .and_then(Json::as_str)
        .and_then(|text| base64url::decode(text).ok());
    match (bound, (facts.circumstances.certificate)()) {
        (Some(wanted), Some(proved)) if wanted == proved => Ok(()),
        _ => Err(Reason::ConfirmationFailed),
    }
}
