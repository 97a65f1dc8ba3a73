//! The `WWW-Authenticate` value (RFC 6750, 3; RFC 9728, 5.1).

use super::credentials::BEARER;
use super::failure::ChallengeRule;
use super::reason::Reason;
use super::rejection::Rejection;

/// The one challenge of a refusal, or none.
///
/// One single value: some hosts keep only the last of several headers. Without a token there is no
/// `error`: the caller has not said anything wrong.
pub(super) fn value(rejection: &Rejection) -> Option<String> {
    let ChallengeRule::Send { realm, resource_metadata } = &rejection.failure.challenge else { return None };
    let error = match rejection.reason {
        // Availability and routing are no matter of credentials.
        Reason::KeysUnavailable | Reason::PolicyNotFound => return None,
        Reason::TokenNotPresent => None,
        Reason::TokenAmbiguous | Reason::RequestAmbiguous => Some("invalid_request"),
        Reason::InsufficientScope => Some("insufficient_scope"),
        _ => Some("invalid_token"),
    };
    let description = error.map(|_| rejection.reason.description());
    let parameters = [
        ("realm", realm.as_deref()),
        ("error", error),
        ("error_description", description),
        ("scope", rejection.scope.as_deref()),
        ("resource_metadata", resource_metadata.as_deref()),
    ];
    let mut challenge = BEARER.to_owned();
    let mut separator = " ";
    for (name, value) in parameters {
        if let Some(value) = value {
            challenge.extend([separator, name, "=\"", value, "\""]);
            separator = ", ";
        }
    }
    Some(challenge)
}
