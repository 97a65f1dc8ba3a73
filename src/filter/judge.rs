//! The gate, asked about a request at a moment, and its verdict handed out.

use super::effect::{Count, Effect, Effects, Level, RequestId};
use super::proofs::Proofs;
use super::surroundings::Moment;
use crate::excerpt::Excerpt;
use crate::gate::{Answer, Circumstances, Decision, Detail, Gate, HeaderRemoval, Pending, Request, Verdict};
use crate::keys::Keyring;
use crate::metrics::RequestCounter;

/// The gate with everything that a decision depends on besides the request.
pub(super) struct Judge<'a> {
    pub(super) gate: &'a Gate,
    pub(super) keyring: &'a Keyring,
    pub(super) removal: HeaderRemoval,
    pub(super) proofs: &'a Proofs,
    pub(super) detail: Detail,
    pub(super) at: Moment<'a>,
}

impl Judge<'_> {
    /// Decides, unless keys are missing.
    pub(super) fn decide(&self, id: RequestId, request: &Request) -> Decision {
        self.with_circumstances(id, |circumstances| self.gate.admit(request, circumstances))
    }

    /// What was found with this revision of the keyring, if it still stands. A refusal does, unless the keyring has changed
    /// since; what would go on is decided again, since time went by.
    pub(super) fn still(
        &self,
        id: RequestId,
        request: &Request,
        pending: Pending,
        revision: u64,
    ) -> Decision {
        let is_current =
            self.keyring.revision() == revision && matches!(pending.fallback, Verdict::Refuse(_));
        if is_current { Decision::Wait(pending) } else { self.decide(id, request) }
    }

    fn with_circumstances<T>(&self, id: RequestId, work: impl FnOnce(&Circumstances<'_>) -> T) -> T {
        let Moment { now, host } = self.at;
        work(&Circumstances {
            keyring: self.keyring,
            engine: host.engine(),
            now,
            certificate: &|| host.certificate(id),
            removal: self.removal,
            proofs: &self.proofs.at(host),
            detail: self.detail,
        })
    }
}

/// Counts, logs and hands out a verdict.
pub(super) fn conclude(id: RequestId, verdict: Verdict, request: &Request, effects: &mut Effects) {
    let (policy, counter) = match &verdict {
        Verdict::Forward(admission) => (admission.policy_name(), RequestCounter::from(admission.outcome())),
        Verdict::Refuse(rejection) => (rejection.policy.as_ref(), RequestCounter::Refused(rejection.reason)),
        Verdict::Serve(_) => (None, RequestCounter::Exempt),
    };
    effects.push_back(Effect::Count(Count::Request(policy.cloned(), counter)));
    if let Some((fate, refusal)) = verdict.refusal() {
        let mut line = String::with_capacity(USUAL_LINE);
        refusal.tell(fate, &mut line);
        tell_request(request, &mut line);
        effects.push_back(Effect::Log(Level::Debug, line));
    }
    effects.push_back(match verdict {
        Verdict::Forward(admission) => Effect::Continue(id, admission),
        Verdict::Refuse(rejection) => Effect::Answer(id, Answer::to(&rejection, request.method()), rejection),
        Verdict::Serve(served) => Effect::Serve(id, served),
    });
}

/// Adds to a line which request it is about. Not its query: a token may be in it.
fn tell_request(request: &Request, line: &mut String) {
    let excerpt = |bytes: &[u8]| Excerpt::address(&String::from_utf8_lossy(bytes));
    let id = request.value("x-request-id").map_or(Excerpt::word("-"), excerpt);
    line.extend([" path=\"", excerpt(request.path()).as_str(), "\" request=\"", id.as_str(), "\""]);
}

/// More bytes than most lines have.
const USUAL_LINE: usize = 384;
