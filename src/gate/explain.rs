//! What the log says of a refusal beside its reason.

use super::circumstances::Circumstances;
use super::diagnosis::Diagnosis;
use super::policy::Requirement;
use super::reason::Reason;
use super::rejection::{Rejection, Subject};
use super::stake::Stake;
use crate::excerpt::Excerpt;
use crate::token::{Claims, JoseHeader, KeyId};

/// Adds what was understood of the token, and what that tells.
pub(super) fn explain(
    rejection: &mut Rejection,
    header: &JoseHeader,
    claims: Option<&Claims<'_>>,
    requirement: &Requirement,
    circumstances: &Circumstances<'_>,
) {
    let keyring = circumstances.keyring;
    let issuer = claims.and_then(|claims| claims.issuer());
    rejection.subject = Subject::new(header.key_id().map(KeyId::as_str), issuer);
    let trusted = requirement.owners.trusted(keyring);
    if rejection.reason == Reason::IssuerNotAllowed {
        let expected = trusted.iter().take(ISSUERS_SHOWN);
        rejection.subject.expected_issuers = expected.map(|one| Excerpt::name(&one.text())).collect();
    }
    rejection.subject.stake = claims.and_then(|claims| {
        let signers = match (rejection.reason, issuer) {
            (Reason::AudienceNotAllowed, Some(issuer)) => {
                requirement.owners.of(issuer, claims.tenant_id(), keyring).providers
            }
            _ => Vec::new(),
        };
        Stake::of(rejection.reason, claims, requirement, &signers, circumstances.now)
    });
    let trusted: Vec<_> = trusted.iter().collect();
    rejection.diagnosis = claims.and_then(|claims| Diagnosis::of(rejection.reason, header, claims, &trusted));
}

/// How many of the issuers that would have done a line names.
const ISSUERS_SHOWN: usize = 3;
