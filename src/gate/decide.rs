//! From a request to a decision.

use std::rc::Rc;
use std::time::Duration;

use super::admission::{Admission, Outcome};
use super::alternatives::PolicyId;
use super::answers::Answers;
use super::cache::{CacheBounds, CacheLookups};
use super::circumstances::{Circumstances, HeaderRemoval};
use super::decision::Decision;
use super::emitted::EmittedHeaders;
use super::facts::Facts;
use super::failure::Failure;
use super::forwarding::Forwarding;
use super::header_name::SentName;
use super::known_verdicts::KnownVerdicts;
use super::obstacle::Obstacle;
use super::opinion::{self, Opinion, Refusal, Standing};
use super::pending::Pending;
use super::policy::{Mode, Policy};
use super::policy_table::{AnyOf, Chosen, PolicyTable};
use super::reading::ServerPaths;
use super::reason::Reason;
use super::rejection::Rejection;
use super::request::Request;
use super::resource::{Metadata, ProtectedResource};
use super::rule::Rule;
use super::satisfy::{Question, Satisfied};
use super::token_reader::TokenReader;
use super::verdict::{Served, Verdict};
use crate::keys::{Owners, Want};

/// The compiled gate of one configuration.
#[derive(Debug)]
pub struct Gate {
    table: PolicyTable,
    /// Every header that any policy may write: taken from every client's request.
    emitted: EmittedHeaders,
    reader: TokenReader,
    known: KnownVerdicts,
    /// How far from its `iat` any policy takes a proof of possession. What one has taken, none takes again.
    proof_reach: Duration,
    /// Every document that the filter serves, and whose issuers are its authorization servers.
    resources: Vec<(Rc<ProtectedResource>, Rc<Owners>)>,
    /// The form of refusals that belong to no policy.
    plain: Rc<Answers>,
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
        let requirements = || policies.iter().flat_map(Policy::requirements);
        let forwards = requirements().map(|requirement| &requirement.forward);
        Self {
            emitted: EmittedHeaders::new(forwards.flat_map(Forwarding::written)),
            resources: requirements()
                .filter_map(|one| Some((one.resource.clone()?, one.owners.clone())))
                .collect(),
            reader: TokenReader::new(token_bytes),
            known: KnownVerdicts::new(cache, policies.len()),
            proof_reach: requirements()
                .map(|requirement| requirement.possession.reach(requirement.time.leeway))
                .max()
                .unwrap_or_default(),
            table: PolicyTable::new(policies, rules, paths),
            plain: Rc::new(Answers::new(Failure::default())),
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
        if let Some(decision) = self.serve(request, circumstances, &forged) {
            return decision;
        }
        match self.table.choose(request) {
            Ok(Chosen::Nobody) => {
                Decision::Final(Verdict::Forward(Admission::new(Outcome::Exempt, None, forged)))
            }
            Ok(Chosen::Policy(id, policy)) => {
                self.ask(id, policy, Facts { request, circumstances }, &[]).decision(request, forged)
            }
            Ok(Chosen::AnyOf(list)) => self.ask_any(list, Facts { request, circumstances }, forged),
            Ok(Chosen::ReportOnly(policy)) => {
                let name = policy.name.clone();
                let refusal =
                    Rejection::new(Reason::RequestAmbiguous, Some(name.clone()), self.plain.clone());
                let admission = Admission::would_refuse(name, Box::new(refusal), forged);
                Decision::Final(Verdict::Forward(admission))
            }
            Err(reason) => self.refused(reason, forged),
        }
    }

    /// The answer to a request for a policy's protected resource metadata. It waits for issuers that are not known yet.
    fn serve(
        &self,
        request: &Request,
        circumstances: &Circumstances<'_>,
        forged: &[SentName],
    ) -> Option<Decision> {
        let (resource, owners) =
            self.resources.iter().find(|(resource, _)| resource.is_asked_for(request))?;
        let serve = |answer| Verdict::Serve(Box::new(Served { answer, forged: forged.to_vec() }));
        let metadata = resource.metadata(owners, circumstances.keyring, request.method());
        Some(match metadata {
            Metadata::Whole(answer) => Decision::Final(serve(answer)),
            Metadata::Partial(answer, unknown) => {
                Decision::Wait(Pending::for_keys(unknown, Want::FirstKeys, serve(answer)))
            }
        })
    }

    /// A refusal that belongs to no policy.
    fn refused(&self, reason: Reason, forged: Vec<SentName>) -> Decision {
        let refusal = Rejection::new(reason, None, self.plain.clone());
        Decision::Final(Verdict::Refuse(Box::new(Rejection { forged, ..refusal })))
    }

    /// Asks a policy: its requirements in order.
    fn ask<'a>(
        &'a self,
        id: PolicyId,
        policy: &'a Policy,
        facts: Facts<'_>,
        rivals: &[Rc<Owners>],
    ) -> Opinion<'a> {
        let mut refusal: Option<Refusal> = None;
        let mut accepted = Vec::new();
        for (at, requirement) in policy.requirements().enumerate() {
            let question = Question {
                id,
                policy,
                at,
                requirement,
                facts,
                rivals,
                reader: &self.reader,
                known: &self.known,
                proof_reach: self.proof_reach,
            };
            let (rejection, demand) = match question.answer() {
                Ok(Satisfied::Token(token)) => {
                    accepted.push((requirement, token));
                    continue;
                }
                Ok(Satisfied::Anonymous) => continue,
                Err(Obstacle::Refused(rejection)) => (rejection, None),
                Err(Obstacle::Pending(Pending { demand, fallback })) => (fallback, Some(demand)),
            };
            if requirement.mode == Mode::Enforce {
                return Opinion::new(
                    policy,
                    Vec::new(),
                    Some(Refusal { rejection, demand, mode: Mode::Enforce }),
                );
            }
            match &mut refusal {
                None => refusal = Some(Refusal { rejection, demand, mode: Mode::ReportOnly }),
                Some(first) => first.demand = first.demand.take().or(demand),
            }
        }
        Opinion::new(policy, accepted, refusal)
    }

    /// Asks several policies in order, until one of them accepts a token.
    fn ask_any(&self, list: &AnyOf, facts: Facts<'_>, forged: Vec<SentName>) -> Decision {
        let (mut anonymous, mut refused) = (None, Vec::new());
        for id in list.policies.iter() {
            let Some(policy) = self.table.policy(id) else { continue };
            let opinion = self.ask(id, policy, facts, &list.owners);
            match opinion.standing() {
                Standing::Accepted => return opinion.decision(facts.request, forged),
                Standing::Anonymous => anonymous = anonymous.or(Some(opinion)),
                Standing::Refused => refused.push(opinion),
            }
        }
        match opinion::of_several(anonymous, refused, facts.request) {
            Some(opinion) => opinion.decision(facts.request, forged),
            None => self.refused(Reason::PolicyNotFound, forged),
        }
    }
}
