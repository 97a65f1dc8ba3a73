//! Certificate-bound tokens (RFC 8705).

use crate::token::json::Json;
use crate::token::{Claims, TokenError, base64url};

/// SHA-256 of the DER of the client certificate of this connection.
pub type CertificateDigest = [u8; 32];

/// Checks `cnf` (RFC 7800, 3.1) against what the connection proves.
///
/// A token without `cnf` is a bearer token. One with `x5t#S256` and nothing else needs that
/// certificate (RFC 8705, 3.1). Any other confirmation cannot be proved here and never passes as a
/// bearer token.
///
/// # Errors
///
/// [`TokenError::ConfirmationFailed`].
pub(super) fn check(
    claims: &Claims<'_>,
    certificate: &dyn Fn() -> Option<CertificateDigest>,
) -> Result<(), TokenError> {
    let Some(confirmation) = claims.members().get("cnf") else { return Ok(()) };
    let bound = confirmation
        .as_object()
        .filter(|members| members.len() == 1)
        .and_then(|members| members.get("x5t#S256"))
        .and_then(Json::as_str)
        .and_then(|text| base64url::decode(text).ok());
    match (bound, certificate()) {
        (Some(wanted), Some(proved)) if wanted == proved => Ok(()),
        _ => Err(TokenError::ConfirmationFailed),
    }
}
