//! Why a request cannot go on right now, and what becomes of it if nothing changes.

use std::time::Duration;

use super::authenticate::{Cause, Failed, Missing};
use super::decide::{Circumstances, KeyDemand};
use super::diagnosis::Diagnosis;
use super::policy::{Mode, Requirement};
use super::reason::Reason;
use super::rejection::{Rejection, Subject};
use crate::excerpt::Excerpt;
use crate::token::KeyId;

/// Why a request cannot go on right now.
pub(super) enum Obstacle {
    Refused(Box<Rejection>),
    KeysMissing { demand: KeyDemand, otherwise: Box<Rejection>, mode: Mode },
}

impl Obstacle {
    /// What the obstacle means where nothing can be waited for.
    pub(super) fn into_rejection(self) -> Rejection {
        match self {
            Self::Refused(rejection) | Self::KeysMissing { otherwise: rejection, .. } => *rejection,
        }
    }
}

/// Turns a failed authentication into an obstacle.
pub(super) fn obstacle(
    failed: Failed<'_>,
    rejection: impl Fn(Reason) -> Box<Rejection>,
    requirement: &Requirement,
    circumstances: &Circumstances<'_>,
) -> Obstacle {
    let reason = match &failed.cause {
        Cause::Refused(error) | Cause::KeysMissing { otherwise: Missing::Key(error), .. } => {
            Reason::from(*error)
        }
        Cause::KeysMissing { otherwise: Missing::Keys, .. } => Reason::KeysUnavailable,
    };
    let mut refused = rejection(reason);
    if let Some(header) = &failed.header {
        let issuer = failed.claims.as_ref().and_then(|claims| claims.issuer());
        refused.subject = Subject::new(header.key_id().map(KeyId::as_str), issuer);
        let trusted = requirement.owners.trusted(circumstances.keyring);
        let trusted: Vec<_> = trusted.iter().collect();
        if reason == Reason::IssuerNotAllowed {
            let expected = trusted.iter().take(ISSUERS_SHOWN);
            refused.subject.expected_issuers = expected.map(|one| Excerpt::name(&one.text())).collect();
        }
        refused.diagnosis =
            failed.claims.as_ref().and_then(|claims| Diagnosis::of(reason, header, claims, &trusted));
    }
    match failed.cause {
        Cause::Refused(_) => Obstacle::Refused(refused),
        Cause::KeysMissing { demand, .. } => {
            if reason == Reason::KeysUnavailable {
                let pauses = demand
                    .providers
                    .iter()
                    .map(|id| circumstances.keyring.retry_after(*id, circumstances.now));
                refused.retry_after = pauses.min().or(Some(RETRY_SOON));
            }
            Obstacle::KeysMissing { demand, otherwise: refused, mode: requirement.mode }
        }
    }
}

/// How many of the issuers that would have done a line names.
const ISSUERS_SHOWN: usize = 3;

/// `Retry-After` where nothing better is known.
pub(super) const RETRY_SOON: Duration = Duration::from_secs(1);
