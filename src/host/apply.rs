//! Carries effects out on a request: the only place where one goes on or is answered.

use std::borrow::Cow;

use super::abi::{self, HostError, Map};
use crate::config::{Naming, OutcomeState};
use crate::filter::Publishing;
use crate::gate::{
    Admission, Answer, Gate, HeaderEdit, HeaderMap, Outcome, Rejection, Request, SentName, Served,
};

/// What became of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Applied {
    /// Its headers are as the admission wants them: it may go on.
    GoesOn,
    /// It was answered.
    Answered,
}

/// What of a verdict is published for access logs and later filters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Publication {
    /// Whether the host can.
    pub(super) publishing: Publishing,
    /// Whether the operator wants outcomes.
    pub(super) state: OutcomeState,
    /// Whether a policy's name says anything.
    pub(super) naming: Naming,
}

/// Applies an admission to the effective context's request. Where one edit fails, the request does not go
/// on: a header that a client forged could still be there.
pub(super) fn admission(admission: &Admission, publication: Publication) -> Applied {
    let edited = admission.edits().iter().try_for_each(|edit| match edit {
        HeaderEdit::Remove(name) => abi::remove_header(Map::Request, name.as_bytes()),
        HeaderEdit::Set(name, value) => abi::set_request_header(name.as_str(), value),
        HeaderEdit::SetPath(path) => abi::set_request_header(":path", path),
    });
    if let Err(error) = edited {
        log::error!("cannot change the request headers: {error:?}; the request is not passed on");
        fail_closed();
        return Applied::Answered;
    }
    if publication.publishing == Publishing::Possible {
        for (name, value) in admission.published() {
            let _ = abi::set_property(name, value);
        }
    }
    if publication.tells_outcomes() {
        let (outcome, reason) = match admission.outcome() {
            Outcome::Allowed => ("allowed", None),
            Outcome::Anonymous => ("anonymous", None),
            Outcome::Exempt => ("exempt", None),
            Outcome::WouldRefuse(reason) => ("would_reject", Some(reason.code())),
        };
        publication.publish(outcome, reason, admission.policy());
    }
    Applied::GoesOn
}

/// Answers the effective context's request with a refusal. Forged headers are removed all the same: only the
/// access log would get them, and it could not tell them from ours.
pub(super) fn answer(answer: &Answer, rejection: &Rejection, publication: Publication) -> Applied {
    hide(&rejection.forged);
    let details = rejection.reason.code();
    if publication.tells_outcomes() {
        publication.publish("rejected", Some(details), rejection.policy.as_deref());
    }
    report(abi::send_local_response(answer.status, details, &answer.headers, &answer.body));
    Applied::Answered
}

/// Answers the effective context's request, which asked the filter itself.
pub(super) fn serve(served: &Served, publication: Publication) -> Applied {
    hide(&served.forged);
    if publication.tells_outcomes() {
        publication.publish("exempt", None, None);
    }
    let Answer { status, headers, body } = &served.answer;
    report(abi::send_local_response(*status, "validate_jwt_metadata", headers, body));
    Applied::Answered
}

/// Takes forged headers from a request that does not go on, or not yet: its client may leave, and its access log line
/// be written, before there is a verdict.
pub(super) fn hide(forged: &[SentName]) {
    for name in forged {
        let _ = abi::remove_header(Map::Request, name.as_bytes());
    }
}

/// Takes forged trailers from the effective context's request, which its headers have let pass.
///
/// # Errors
///
/// What the host says. The trailers do not go on then.
pub(super) fn strip_trailers(gate: &Gate) -> Result<(), HostError> {
    if !gate.writes_headers() {
        return Ok(());
    }
    let trailers = Request::from_header_map(abi::header_map(Map::RequestTrailers)?);
    gate.forged(&trailers)
        .iter()
        .try_for_each(|name| abi::remove_header(Map::RequestTrailers, name.as_bytes()))
}

/// Answers a request that cannot be decided.
pub(super) fn fail_closed() {
    let headers = HeaderMap::new(vec![(Cow::Borrowed("cache-control"), Cow::Borrowed("no-store"))]);
    report(abi::send_local_response(503, "validate_jwt_failed_closed", &headers, b""));
}

fn report(outcome: Result<(), HostError>) {
    if let Err(error) = outcome {
        log::error!("cannot answer the request: {error:?}; it stays paused");
    }
}

impl Publication {
    fn tells_outcomes(self) -> bool {
        self.publishing == Publishing::Possible && self.state == OutcomeState::Published
    }

    /// Best effort: a host without these properties still enforces every verdict.
    fn publish(self, outcome: &str, reason: Option<&str>, policy: Option<&str>) {
        let _ = abi::set_property("validate_jwt.outcome", outcome.as_bytes());
        if let Some(reason) = reason {
            let _ = abi::set_property("validate_jwt.reason", reason.as_bytes());
        }
        if let Some(policy) = policy.filter(|_| self.naming == Naming::Named) {
            let _ = abi::set_property("validate_jwt.policy", policy.as_bytes());
        }
    }
}
