//! The `WWW-Authenticate` value (RFC 6750, 3; RFC 9449, 7.1; RFC 9470, 3; RFC 9728, 5.1).

use super::credentials::{BEARER, BoundScheme, SentScheme};
use super::failure::{ChallengeRule, DpopChallenge};
use super::reason::Reason;
use super::rejection::Rejection;
use super::wanted::Wanted;

/// The one challenge of a refusal, or none.
///
/// One single value: some hosts keep only the last of several headers. Without a token there is no
/// `error`: the caller has not said anything wrong.
pub(super) fn value(rejection: &Rejection) -> Option<String> {
    let ChallengeRule::Send { realm, resource_metadata, dpop } = &rejection.answers.form().challenge else {
        return None;
    };
    let error = match rejection.reason {
        // Availability and routing are no matter of credentials.
        Reason::KeysUnavailable | Reason::PolicyNotFound => return None,
        Reason::TokenNotPresent => None,
        Reason::TokenAmbiguous | Reason::RequestAmbiguous => Some("invalid_request"),
        Reason::InsufficientScope => Some("insufficient_scope"),
        Reason::InsufficientUserAuthentication if matches!(rejection.wanted, Wanted::Claims(_)) => {
            Some("insufficient_claims")
        }
        Reason::InsufficientUserAuthentication => Some("insufficient_user_authentication"),
        Reason::ProofInvalid => Some("invalid_dpop_proof"),
        Reason::ProofNonceRequired => Some("use_dpop_nonce"),
        _ => Some("invalid_token"),
    };
    let (scheme, algorithms) = scheme(rejection, dpop);
    let wanted = &rejection.wanted;
    let (acr_values, max_age) = match wanted {
        Wanted::Authentication { acr_values, max_age } => (acr_values.as_deref(), max_age.as_deref()),
        _ => (None, None),
    };
    let parameters = [
        ("realm", realm.as_deref()),
        ("error", error),
        ("error_description", error.map(|_| rejection.reason.description())),
        ("scope", if let Wanted::Scope(scope) = wanted { Some(scope) } else { None }),
        ("acr_values", acr_values),
        ("max_age", max_age),
        ("claims", if let Wanted::Claims(claims) = wanted { Some(claims) } else { None }),
        ("algs", algorithms),
        ("resource_metadata", resource_metadata.as_deref()),
    ];
    let mut challenge = scheme.to_owned();
    let mut separator = " ";
    for (name, value) in parameters {
        if let Some(value) = value {
            challenge.extend([separator, name, "=\"", value, "\""]);
            separator = ", ";
        }
    }
    // A client that sent no token may use either (RFC 9449, 7.2).
    if let DpopChallenge::Beside(algorithms) = dpop
        && error.is_none()
    {
        challenge.extend([", ", BoundScheme::Dpop.name(), " algs=\"", algorithms, "\""]);
    }
    Some(challenge)
}

/// The scheme of the challenge, and the algorithms for proofs where it is DPoP.
fn scheme<'a>(rejection: &Rejection, dpop: &'a DpopChallenge) -> (&'static str, Option<&'a str>) {
    let wants_proof = matches!(rejection.wanted, Wanted::Proof { .. })
        || rejection.sent == SentScheme::Bound(BoundScheme::Dpop);
    match dpop {
        DpopChallenge::Only(algorithms) => (BoundScheme::Dpop.name(), Some(algorithms)),
        DpopChallenge::Beside(algorithms) if wants_proof => (BoundScheme::Dpop.name(), Some(algorithms)),
        DpopChallenge::Beside(_) | DpopChallenge::None => (BEARER, None),
    }
}
