//! What one policy says of a request, and how several opinions become one verdict.

use std::rc::Rc;

use super::accepted::Accepted;
use super::admission::{Admission, Outcome};
use super::decision::Decision;
use super::forwarding::ForwardToken;
use super::header_name::SentName;
use super::pending::{Demand, Pending};
use super::policy::{Mode, Policy, Requirement};
use super::reason::Reason;
use super::rejection::Rejection;
use super::request::Request;
use super::token_place;
use super::verdict::Verdict;

/// What one policy says of a request.
pub(super) struct Opinion<'a> {
    policy: &'a Policy,
    accepted: Vec<(&'a Requirement, Rc<Accepted>)>,
    refusal: Option<Refusal>,
}

/// Why a policy does not accept a request.
pub(super) struct Refusal {
    pub(super) rejection: Box<Rejection>,
    /// What could change that.
    pub(super) demand: Option<Demand>,
    /// Whether it is carried out.
    pub(super) mode: Mode,
}

/// Where a request stands with a policy.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Its token is accepted.
    Accepted,
    /// It has no token, and needs none.
    Anonymous,
    /// It is refused, or would be.
    Refused,
}

impl<'a> Opinion<'a> {
    /// The tokens that a policy accepted, each with the requirement that did, and why it does not accept the request.
    pub(super) fn new(
        policy: &'a Policy,
        accepted: Vec<(&'a Requirement, Rc<Accepted>)>,
        refusal: Option<Refusal>,
    ) -> Self {
        Self { policy, accepted, refusal }
    }

    pub(super) fn standing(&self) -> Standing {
        match (&self.refusal, self.accepted.is_empty()) {
            (Some(_), _) => Standing::Refused,
            (None, false) => Standing::Accepted,
            (None, true) => Standing::Anonymous,
        }
    }

    fn reason(&self) -> Option<Reason> {
        self.refusal.as_ref().map(|refusal| refusal.rejection.reason)
    }

    /// What follows where this opinion decides.
    pub(super) fn decision(self, request: &Request, forged: Vec<SentName>) -> Decision {
        let Self { policy, accepted, refusal } = self;
        let name = policy.name.clone();
        let (mut admission, demand) = match refusal {
            Some(Refusal { rejection, demand, mode: Mode::Enforce }) => {
                let fallback = Verdict::Refuse(Box::new(Rejection { forged, ..*rejection }));
                return decision(fallback, demand);
            }
            Some(Refusal { rejection, demand, mode: Mode::ReportOnly }) => {
                (Admission::would_refuse(name, rejection, forged), demand)
            }
            None if accepted.is_empty() => (Admission::new(Outcome::Anonymous, Some(name), forged), None),
            None => (Admission::new(Outcome::Allowed, Some(name), forged), None),
        };
        let removing = accepted.iter().map(|(requirement, _)| requirement);
        let removing = removing.filter(|requirement| requirement.forward.token == ForwardToken::Remove);
        let places = removing.flat_map(|requirement| requirement.places.iter());
        admission.edit(token_place::removal(places, request));
        for (_, token) in &accepted {
            admission.edit(token.edits.iter().cloned());
            admission.publish(token.published.clone());
        }
        decision(Verdict::Forward(admission), demand)
    }
}

fn decision(fallback: Verdict, demand: Option<Demand>) -> Decision {
    match demand {
        None => Decision::Final(fallback),
        Some(demand) => Decision::Wait(Pending { demand, fallback }),
    }
}

/// The opinion that decides where several policies were asked and none has accepted a token.
///
/// `anonymous` is that of a policy which needs no token, where the request has none at all. Otherwise a policy that
/// could accept the request, but lacks keys, comes first; then the one that came furthest, the first of equals. It is
/// only reported where all of them only report.
pub(super) fn of_several<'a>(
    anonymous: Option<Opinion<'a>>,
    refused: Vec<Opinion<'a>>,
    request: &Request,
) -> Option<Opinion<'a>> {
    let lacks_token = |opinion: &Opinion<'_>| {
        let mut places = opinion.policy.requirements().map(|requirement| &requirement.places);
        opinion.reason() == Some(Reason::TokenNotPresent) && places.all(|places| places.hold_none(request))
    };
    if anonymous.is_some() && refused.iter().all(lacks_token) {
        return anonymous;
    }
    let all = || anonymous.iter().chain(&refused);
    let mode =
        if all().all(|opinion| opinion.policy.only_reports()) { Mode::ReportOnly } else { Mode::Enforce };
    let demands = refused.iter().filter_map(|opinion| opinion.refusal.as_ref()?.demand.clone());
    let demand = demands.reduce(Demand::and);
    let mut deciding: Option<Opinion<'a>> = None;
    for opinion in refused {
        if deciding.as_ref().is_none_or(|best| stage(best.reason()) < stage(opinion.reason())) {
            deciding = Some(opinion);
        }
    }
    let mut deciding = deciding?;
    if let Some(refusal) = &mut deciding.refusal {
        refusal.demand = demand;
        refusal.mode = mode;
    }
    Some(deciding)
}

/// How far a request came in the order of checks (see `authenticate`). Where keys are missing there is no verdict
/// yet, so that this outranks every refusal.
fn stage(reason: Option<Reason>) -> u8 {
    match reason {
        None => 0,
        Some(Reason::TokenNotPresent) => 1,
        Some(Reason::TokenAmbiguous) => 2,
        Some(Reason::TokenMalformed | Reason::DecryptionFailed) => 3,
        Some(Reason::TokenTypeNotAllowed) => 4,
        Some(Reason::AlgorithmNotAllowed) => 5,
        Some(Reason::IssuerNotAllowed) => 6,
        Some(
            Reason::TokenExpired
            | Reason::TokenNotYetValid
            | Reason::ExpirationMissing
            | Reason::LifetimeTooLong,
        ) => 7,
        Some(Reason::AudienceNotAllowed) => 8,
        Some(Reason::SignatureKeyNotFound) => 9,
        Some(Reason::SignatureInvalid) => 10,
        Some(Reason::ClientNotAllowed) => 11,
        Some(Reason::ClaimNotFound | Reason::ClaimValueNotAllowed) => 12,
        Some(Reason::ConfirmationFailed) => 13,
        Some(Reason::ProofInvalid) => 14,
        Some(Reason::ProofNonceRequired) => 15,
        Some(Reason::InsufficientScope) => 16,
        Some(Reason::InsufficientUserAuthentication) => 17,
        Some(Reason::KeysUnavailable | Reason::RequestAmbiguous | Reason::PolicyNotFound) => 18,
    }
}
