//! What the log says of a refusal beside its reason.

use super::circumstances::{Circumstances, Detail};
use super::diagnosis::Diagnosis;
use super::policy::Requirement;
use super::reason::Reason;
use super::rejection::{Explanation, Rejection, Subject};
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
    let Some(claims) = claims else { return };
    if circumstances.detail == Detail::Reason {
        rejection.explanation = Explanation::LeftOut;
        return;
    }
    rejection.explanation = Explanation::Given;
    let trusted = requirement.owners.trusted(keyring);
    if rejection.reason == Reason::IssuerNotAllowed {
        let expected = trusted.iter().take(ISSUERS_SHOWN);
        rejection.subject.expected_issuers = expected.map(|one| Excerpt::name(&one.text())).collect();
    }
    rejection.subject.stake = stake(rejection.reason, claims, requirement, circumstances);
    let trusted: Vec<_> = trusted.iter().collect();
    rejection.diagnosis = Diagnosis::of(rejection.reason, header, claims, &trusted);
}

/// The claim that is why a token is refused, and what would have done.
fn stake(
    reason: Reason,
    claims: &Claims<'_>,
    requirement: &Requirement,
    circumstances: &Circumstances<'_>,
) -> Option<Stake> {
    let now = circumstances.now;
    match reason {
        Reason::AudienceNotAllowed => {
            let issuer = claims.issuer().unwrap_or_default();
            let claimants = requirement.owners.of(issuer, claims.tenant_id(), circumstances.keyring);
            let rules = requirement.audiences.in_question(&claimants.providers);
            let allowed: Vec<&str> = rules.iter().flat_map(|rule| rule.texts()).collect();
            Some(Stake::texts("aud", &claims.audiences().collect::<Vec<_>>(), &allowed))
        }
        Reason::ClientNotAllowed => {
            let clients = requirement.clients.iter().flatten().map(String::as_str);
            let (claim, found) = match claims.string("azp") {
                Some(found) => ("azp", Some(found)),
                None => ("appid", claims.string("appid")),
            };
            Some(Stake::texts(claim, found.as_slice(), &clients.collect::<Vec<_>>()))
        }
        Reason::TokenExpired => claims.times().expiration.map(|time| Stake::end(time, now)),
        Reason::LifetimeTooLong => claims.times().expiration.map(|time| Stake::far_end(time, now)),
        Reason::TokenNotYetValid => claims.times().not_before.map(|time| Stake::beginning(time, now)),
        _ => None,
    }
}

/// How many of the issuers that would have done a line names.
const ISSUERS_SHOWN: usize = 3;
