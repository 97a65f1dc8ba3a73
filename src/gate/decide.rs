//! From a request to a decision.

use std::rc::Rc;

use super::accepted::Accepted;
use super::admission::{Admission, Outcome};
use super::authenticate::{Failed, authenticate};
use super::cache::{CacheBounds, CacheLookups, Place};
use super::circumstances::{Circumstances, HeaderRemoval};
use super::decision::Decision;
use super::emitted::EmittedHeaders;
use super::explain::explain;
use super::facts::Facts;
use super::failure::Failure;
use super::forwarding::{ForwardToken, Forwarding};
use super::header_name::SentName;
use super::known_verdicts::KnownVerdicts;
use super::obstacle::Obstacle;
use super::pending::Pending;
use super::policy::{Mode, Policy, Requirement};
use super::policy_table::{Chosen, PolicyTable};
use super::reading::ServerPaths;
use super::reason::Reason;
use super::rejection::Rejection;
use super::request::Request;
use super::rules::{PolicyId, Rule};
use super::token_place;
use super::token_reader::TokenReader;
use super::verdict::Verdict;

/// The compiled gate of one configuration.
#[derive(Debug)]
pub struct Gate {
    table: PolicyTable,
    /// Every header that any policy may write: taken from every client's request.
    emitted: EmittedHeaders,
    reader: TokenReader,
    known: KnownVerdicts,
    /// The form of refusals that belong to no policy.
    plain: Rc<Failure>,
}

impl Gate {
    /// Compiles a gate: `rules` choose among the policies, for servers that read paths so. `token_bytes` is `limits.token_bytes`; without bounds there is no verdict cache.
    pub fn new(
        policies: Vec<Policy>,
        rules: Vec<Rule>,
        paths: ServerPaths,
        token_bytes: usize,
        cache: Option<CacheBounds>,
    ) -> Self {
        let forwards = policies.iter().flat_map(Policy::requirements).map(|requirement| &requirement.forward);
        Self {
            emitted: EmittedHeaders::new(forwards.flat_map(Forwarding::written)),
            reader: TokenReader::new(token_bytes),
            known: KnownVerdicts::new(cache, policies.len()),
            table: PolicyTable::new(policies, rules, paths),
            plain: Rc::new(Failure::default()),
        }
    }

    /// The policies, in the order of their ids.
    pub fn policies(&self) -> &[Policy] {
        self.table.policies()
    }

    /// The cache lookups of every policy since the last call.
    pub fn take_lookups(&self) -> impl Iterator<Item = (&str, CacheLookups)> {
        self.policies().iter().map(|policy| &*policy.name).zip(self.known.take_lookups())
    }

    /// Whether any policy writes headers: only then can a client forge one.
    pub fn writes_headers(&self) -> bool {
        !self.emitted.is_empty()
    }

    /// The headers, or trailers, that a client may not bring, as it spelt them.
    pub fn forged(&self, sent: &Request) -> Vec<SentName> {
        self.emitted.among(sent.headers().map(|(name, _)| name))
    }

    /// Decides on a request with the keys at hand.
    pub fn admit(&self, request: &Request, circumstances: &Circumstances<'_>) -> Decision {
        let forged = self.forged(request);
        if circumstances.removal == HeaderRemoval::Unreliable && !forged.is_empty() {
            return self.refused(Reason::RequestAmbiguous, forged);
        }
        match self.table.choose(request) {
            Ok(Chosen::Nobody) => {
                Decision::Final(Verdict::Forward(Admission::new(Outcome::Exempt, None, forged)))
            }
            Ok(Chosen::Policy(id, policy)) => {
                self.apply(id, policy, Facts { request, circumstances }, forged)
            }
            Ok(Chosen::ReportOnly(policy)) => {
                let name = policy.name.clone();
                let refusal =
                    Rejection::new(Reason::RequestAmbiguous, Some(name.clone()), self.plain.clone());
                let admission = Admission::of_policy(name, Some(Box::new(refusal)), forged);
                Decision::Final(Verdict::Forward(admission))
            }
            Err(reason) => self.refused(reason, forged),
        }
    }

    /// A refusal that belongs to no policy.
    fn refused(&self, reason: Reason, forged: Vec<SentName>) -> Decision {
        let refusal = Rejection::new(reason, None, self.plain.clone());
        Decision::Final(Verdict::Refuse(Box::new(Rejection { forged, ..refusal })))
    }

    /// Applies the requirements of a policy in order.
    fn apply(&self, id: PolicyId, policy: &Policy, facts: Facts<'_>, forged: Vec<SentName>) -> Decision {
        let mut refusal = None;
        let mut demand = None;
        let mut accepted = Vec::new();
        for (at, requirement) in policy.requirements().enumerate() {
            let obstacle = match self.satisfy(policy, requirement, (id.0, at), facts) {
                Ok(token) => {
                    accepted.push((requirement, token));
                    continue;
                }
                Err(obstacle) => obstacle,
            };
            if requirement.mode == Mode::Enforce {
                let refuse =
                    |refusal: Box<Rejection>| Verdict::Refuse(Box::new(Rejection { forged, ..*refusal }));
                return match obstacle {
                    Obstacle::Refused(rejection) => Decision::Final(refuse(rejection)),
                    Obstacle::Pending(pending) => Decision::Wait(pending.map(refuse)),
                };
            }
            let rejection = match obstacle {
                Obstacle::Refused(rejection) => rejection,
                Obstacle::Pending(pending) => {
                    demand.get_or_insert(pending.demand);
                    pending.fallback
                }
            };
            refusal.get_or_insert(rejection);
        }
        let mut admission = Admission::of_policy(policy.name.clone(), refusal, forged);
        let removing = accepted.iter().map(|(requirement, _)| requirement);
        let removing = removing.filter(|requirement| requirement.forward.token == ForwardToken::Remove);
        admission.edit(token_place::removal(
            removing.flat_map(|requirement| requirement.places.iter()),
            facts.request,
        ));
        for (_, token) in &accepted {
            admission.edit(token.edits.iter().cloned());
            admission.publish(token.published.clone());
        }
        let fallback = Verdict::Forward(admission);
        match demand {
            None => Decision::Final(fallback),
            Some(demand) => Decision::Wait(Pending { demand, fallback }),
        }
    }

    /// Applies one requirement.
    fn satisfy(
        &self,
        policy: &Policy,
        requirement: &Requirement,
        place: Place,
        facts: Facts<'_>,
    ) -> Result<Rc<Accepted>, Obstacle<Box<Rejection>>> {
        let circumstances = facts.circumstances;
        let rejection =
            |reason| Box::new(Rejection::new(reason, Some(policy.name.clone()), requirement.failure.clone()));
        let refuse = |reason| Obstacle::Refused(rejection(reason));
        let presented = requirement.places.find(facts.request).map_err(refuse)?;
        // The cache knows what was presented, so that a hit need not even look for the token in it.
        if let Some(token) = self.known.find(requirement, place, presented.bytes(), circumstances) {
            return Ok(token);
        }
        let text = presented.token().map_err(refuse)?;
        let mut payload = Vec::new();
        let authenticated = authenticate(requirement, text, facts, &self.reader, &mut payload);
        // A request that waits for keys comes again, and is one request all the same.
        if !authenticated.as_ref().is_err_and(|failed| matches!(failed.obstacle, Obstacle::Pending(_))) {
            self.known.count_miss(place);
        }
        let explained = |reason, header: Option<&_>, claims: Option<&_>| {
            let mut refused = rejection(reason);
            if let Some(header) = header {
                explain(&mut refused, header, claims, requirement, circumstances.keyring);
            }
            refused
        };
        let token = authenticated.map_err(|failed| {
            let Failed { obstacle, header, claims } = *failed;
            let obstacle = match obstacle {
                Obstacle::Refused(Reason::TokenMalformed) => presented.malformed().into(),
                other => other,
            };
            obstacle.map(|reason| explained(reason, header.as_deref(), claims.as_ref()))
        })?;
        if let Some(authorization) = &requirement.authorize
            && !authorization.grants(token.claims())
        {
            let refused = explained(Reason::InsufficientScope, Some(token.header()), Some(token.claims()));
            return Err(Obstacle::Refused(Box::new(Rejection {
                scope: authorization.wanted_scope(),
                ..*refused
            })));
        }
        let accepted = Rc::new(Accepted::new(requirement, &token));
        if token.may_be_kept() {
            let generation = circumstances.keyring.generation();
            self.known.keep(place, presented.bytes(), &accepted, generation);
        }
        Ok(accepted)
    }
}
