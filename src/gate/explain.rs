//! What the log says of a refusal beside its reason.

use super::diagnosis::Diagnosis;
use super::policy::Requirement;
use super::reason::Reason;
use super::rejection::{Rejection, Subject};
use crate::excerpt::Excerpt;
use crate::keys::Keyring;
use crate::token::{Claims, JoseHeader, KeyId};

/// Adds what was understood of the token, and what that tells.
pub(super) fn explain(
    rejection: &mut Rejection,
    header: &JoseHeader,
    claims: Option<&Claims<'_>>,
    requirement: &Requirement,
    keyring: &Keyring,
) {
    let issuer = claims.and_then(|claims| claims.issuer());
    rejection.subject = Subject::new(header.key_id().map(KeyId::as_str), issuer);
    let trusted = requirement.owners.trusted(keyring);
    if rejection.reason == Reason::IssuerNotAllowed {
        let expected = trusted.iter().take(ISSUERS_SHOWN);
        rejection.subject.expected_issuers = expected.map(|one| Excerpt::name(&one.text())).collect();
    }
    let trusted: Vec<_> = trusted.iter().collect();
    rejection.diagnosis = claims.and_then(|claims| Diagnosis::of(rejection.reason, header, claims, &trusted));
}

/// How many of the issuers that would have done a line names.
const ISSUERS_SHOWN: usize = 3;
