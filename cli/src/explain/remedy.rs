//! What to change, and where, so that a request like this one is let in; or whose fault it is.

use validate_jwt::excerpt::Excerpt;
use validate_jwt::gate::{Diagnosis, Policy, Reason, Rejection};

use crate::evaluation::{Asked, Evaluation};

/// What to change, and where.
pub(super) fn remedies(rejection: &Rejection, evaluation: &Evaluation, asked: &Asked) -> Vec<String> {
    // It says what to do itself.
    if rejection.diagnosis.is_some_and(says_what_to_do) {
        return Vec::new();
    }
    let policy = rejection.policy.as_deref();
    let place = |field: &str| match policy {
        Some(name) => format!("{field} of policy {name}"),
        None => field.to_owned(),
    };
    let has_application_ids =
        policy.and_then(|name| evaluation.policy(name)).is_some_and(has_application_ids);
    let remedy = match rejection.reason {
        Reason::PolicyNotFound => format!(
            "no policy is called {:?}: expected one of {}",
            Excerpt::name(asked.route.as_deref().unwrap_or_default()),
            evaluation.policy_names().collect::<Vec<_>>().join(", ")
        ),
        Reason::AudienceNotAllowed => {
            let field = if has_application_ids { "backend_application_ids or audiences" } else { "audiences" };
            format!(
                "if the token is meant for this API, put its audience into {}; if not, the client has to ask for a token \
                 of this API",
                place(field)
            )
        }
        Reason::IssuerNotAllowed => format!(
            "if the issuer is to be trusted, add its discovery document to {}, or the issuer to `issuers` of the entry \
             whose keys sign for it",
            place("openid_config")
        ),
        Reason::ClientNotAllowed => {
            format!("if the client is to be let in, put its id into {}", place("client_application_ids"))
        }
        Reason::AlgorithmNotAllowed => {
            format!(
                "it has to be in {}, and fit the key that the token names: RS and PS want an RSA key, ES256 one on P-256",
                place("algorithms")
            )
        }
        Reason::TokenTypeNotAllowed => {
            format!("if it is an access token all the same, put its type into {}", place("token_types"))
        }
        Reason::ExpirationMissing => {
            format!("only require_expiration_time: false takes it, in {}", policy.unwrap_or("the policy"))
        }
        Reason::LifetimeTooLong => format!("the bound is {}", place("maximum_lifetime")),
        Reason::ClaimNotFound | Reason::ClaimValueNotAllowed => {
            format!("the demand is in {}", place("required_claims"))
        }
        Reason::InsufficientScope | Reason::InsufficientUserAuthentication => {
            format!("the demand is in {}", place("authorize"))
        }
        Reason::SignatureKeyNotFound => "the key set at hand is older than the token, or of another tenant, cloud or \
                                         user flow: fetch it again from the jwks_uri of the issuer's discovery document"
            .to_owned(),
        Reason::SignatureInvalid => "the token was changed on its way, or signed by another key under the same kid: \
                                     fetch the key set again, and get a fresh token"
            .to_owned(),
        Reason::TokenExpired => format!("get a fresh token; {} bears clocks that differ", place("clock_skew")),
        Reason::TokenNotYetValid => format!("{} bears clocks that differ", place("clock_skew")),
        Reason::ConfirmationFailed => "the token is bound: to a key, it comes as DPoP with a proof (--proof); to a \
                                       certificate, over mutual TLS (--certificate)"
            .to_owned(),
        Reason::DecryptionFailed => format!("its key is none of {}", place("decryption_keys")),
        _ => return Vec::new(),
    };
    vec![remedy]
}

fn says_what_to_do(diagnosis: Diagnosis) -> bool {
    match diagnosis {
        Diagnosis::GraphToken
        | Diagnosis::IdToken
        | Diagnosis::TooLong
        | Diagnosis::VersionOneToken
        | Diagnosis::VersionTwoToken
        | Diagnosis::GroupsOverage
        | Diagnosis::AppWithoutRoles
        | Diagnosis::ExternalIdIssuer
        | Diagnosis::ClientWithoutChallenges
        | Diagnosis::IssuerSlash
        | Diagnosis::IssuerCase
        | Diagnosis::IssuerScheme => true,
        Diagnosis::WrongCloud | Diagnosis::IssuerHost => false,
    }
}

fn has_application_ids(policy: &Policy) -> bool {
    let mut requirements = policy.requirements();
    requirements
        .any(|one| one.audiences.of_policy.as_ref().is_some_and(|rule| !rule.application_ids.is_empty()))
}
