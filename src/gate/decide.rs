//! From a request to a decision.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::accepted::Accepted;
use super::admission::{Admission, Outcome};
use super::authenticate::{Cause, Evidence, authenticate};
use super::cache::{CacheBounds, CacheLookups, Place, VerdictCache};
use super::certificate::CertificateDigest;
use super::diagnosis::Diagnosis;
use super::emitted::EmittedHeaders;
use super::extract;
use super::failure::Failure;
use super::header_name::SentName;
use super::obstacle::{Obstacle, RETRY_SOON, obstacle};
use super::policy::{Mode, Policy, Requirement};
use super::reading::ServerPaths;
use super::reason::Reason;
use super::rejection::{Rejection, Subject};
use super::request::{Request, RouteChoice};
use super::rules::{Choice, PolicyId, Rule, RuleFacts, RuleOutcome, RuleTable};
use crate::keys::{Keyring, ProviderId, Want};
use crate::time::UnixTime;
use crate::token::{KeyId, KnownHeaders, SignatureEngine, TokenError};

/// The compiled gate of one configuration.
#[derive(Debug)]
pub struct Gate {
    policies: Vec<Policy>,
    by_name: HashMap<Rc<str>, PolicyId>,
    rules: RuleTable,
    /// Every header that any policy may emit: taken from every client's request.
    emitted: EmittedHeaders,
    token_bytes: usize,
    cache: Option<RefCell<VerdictCache>>,
    known_headers: KnownHeaders,
    /// By policy, since they were last taken.
    lookups: Vec<Cell<CacheLookups>>,
    /// The form of refusals that belong to no policy.
    plain: Rc<Failure>,
}

/// What a decision depends on besides the request.
#[derive(Clone, Copy)]
pub struct Circumstances<'a> {
    /// The keys at hand.
    pub keyring: &'a Keyring,
    /// What verifies signatures.
    pub engine: &'a dyn SignatureEngine,
    /// The time of the request.
    pub now: UnixTime,
    /// The client certificate of the connection; asked for only by a certificate-bound token.
    pub certificate: &'a dyn Fn() -> Option<CertificateDigest>,
    /// Whether the host really removes request headers.
    pub removal: HeaderRemoval,
}

/// What removing a request header means on this host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderRemoval {
    /// The upstream does not see it.
    Works,
    /// The upstream sees it all the same (nginx): a request that brings one is refused.
    Unreliable,
}

/// What happens to a request.
#[derive(Debug)]
pub enum Decision {
    /// It goes on, as the admission says.
    Forward(Admission),
    /// It is refused.
    Reject(Box<Rejection>),
    /// It has to wait for keys.
    AwaitKeys(Waiting),
}

/// What happens to a request that has waited, or may not.
#[derive(Debug)]
pub enum Verdict {
    /// It goes on, as the admission says.
    Forward(Admission),
    /// It is refused.
    Reject(Box<Rejection>),
}

/// A request that needs keys.
#[derive(Debug)]
pub struct Waiting {
    /// Which.
    pub demand: KeyDemand,
    /// What [`Gate::settle`] says of it with the keys at hand, where another look is not needed for that.
    pub otherwise: Option<Box<Rejection>>,
}

/// Which providers' keys a request needs, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyDemand {
    /// The providers; never empty.
    pub providers: Vec<ProviderId>,
    /// Why.
    pub want: Want,
}

impl KeyDemand {
    pub(super) fn new(providers: Vec<ProviderId>, want: Want) -> Self {
        Self { providers, want }
    }
}

/// Who decides about a request.
enum Chosen<'a> {
    /// `allow`.
    Nobody,
    /// This policy.
    Policy(PolicyId, &'a Policy),
    /// It would be refused because of its path, but that this policy, and any other in question, only reports.
    ReportOnly(&'a Policy),
}

/// Whether a request may still wait for keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Patience {
    MayWait,
    None,
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
        let by_name =
            policies.iter().enumerate().map(|(at, policy)| (policy.name.clone(), PolicyId(at))).collect();
        let forwards = policies.iter().flat_map(Policy::requirements).map(|requirement| &requirement.forward);
        let emitted = EmittedHeaders::new(
            forwards
                .flat_map(|forward| forward.claims.iter().map(|(_, header)| header).chain(&forward.payload)),
        );
        Self {
            lookups: policies.iter().map(|_| Cell::default()).collect(),
            policies,
            by_name,
            rules: RuleTable::new(rules, paths),
            emitted,
            token_bytes,
            cache: cache.map(|bounds| RefCell::new(VerdictCache::new(bounds))),
            known_headers: KnownHeaders::default(),
            plain: Rc::new(Failure::default()),
        }
    }

    /// The policies, in the order of their ids.
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// The cache lookups of every policy since the last call.
    pub fn take_lookups(&self) -> impl Iterator<Item = (&str, CacheLookups)> {
        self.policies.iter().zip(&self.lookups).map(|(policy, lookups)| (&*policy.name, lookups.take()))
    }

    /// Decides on a request that has not waited yet.
    pub fn admit(&self, request: &Request, circumstances: &Circumstances<'_>) -> Decision {
        match self.walk(request, circumstances, Patience::MayWait) {
            Ok(admission) => Decision::Forward(admission),
            Err(Obstacle::Refused(rejection)) => {
                Decision::Reject(Box::new(self.refusal(*rejection, request)))
            }
            Err(Obstacle::KeysMissing { demand, otherwise, mode }) => {
                let refusal = || Box::new(self.refusal(*otherwise, request));
                Decision::AwaitKeys(Waiting { demand, otherwise: (mode == Mode::Enforce).then(refusal) })
            }
        }
    }

    /// Decides on a request for good: keys that are missing now stay missing.
    pub fn settle(&self, request: &Request, circumstances: &Circumstances<'_>) -> Verdict {
        match self.walk(request, circumstances, Patience::None) {
            Ok(admission) => Verdict::Forward(admission),
            Err(obstacle) => Verdict::Reject(Box::new(self.refusal(obstacle.into_rejection(), request))),
        }
    }

    /// Refuses a request that can wait no longer, or of which too many wait; only where even now keys
    /// are missing.
    pub fn give_up(&self, request: &Request, circumstances: &Circumstances<'_>) -> Verdict {
        match self.walk(request, circumstances, Patience::None) {
            Ok(admission) => Verdict::Forward(admission),
            Err(Obstacle::KeysMissing { otherwise: mut rejection, .. }) => {
                rejection.reason = Reason::KeysUnavailable;
                rejection.retry_after.get_or_insert(RETRY_SOON);
                Verdict::Reject(Box::new(self.refusal(*rejection, request)))
            }
            Err(refused) => Verdict::Reject(Box::new(self.refusal(refused.into_rejection(), request))),
        }
    }

    /// Finds the policy and applies its requirements in order.
    fn walk(
        &self,
        request: &Request,
        circumstances: &Circumstances<'_>,
        patience: Patience,
    ) -> Result<Admission, Obstacle> {
        let forged = self.forged(request);
        if circumstances.removal == HeaderRemoval::Unreliable && !forged.is_empty() {
            return Err(self.refuse(Reason::RequestAmbiguous));
        }
        let (policy_id, policy) = match self.choose(request)? {
            Chosen::Nobody => return Ok(Admission::new(Outcome::Exempt, None, forged)),
            Chosen::Policy(id, policy) => (id, policy),
            Chosen::ReportOnly(policy) => {
                let name = policy.name.clone();
                let refusal =
                    Rejection::new(Reason::RequestAmbiguous, Some(name.clone()), self.plain.clone());
                return Ok(Admission::of_policy(name, Some(Box::new(refusal)), forged));
            }
        };
        let mut refusal = None;
        let mut accepted = Vec::new();
        for (at, requirement) in policy.requirements().enumerate() {
            match self.satisfy(policy, requirement, (policy_id.0, at), request, circumstances) {
                Ok(token) => accepted.push((requirement, token)),
                Err(waiting @ Obstacle::KeysMissing { .. }) if patience == Patience::MayWait => {
                    return Err(waiting);
                }
                Err(obstacle) if requirement.mode == Mode::Enforce => return Err(obstacle),
                Err(obstacle) => {
                    refusal.get_or_insert_with(|| Box::new(obstacle.into_rejection()));
                }
            }
        }
        let mut admission = Admission::of_policy(policy.name.clone(), refusal, forged);
        for (requirement, token) in &accepted {
            admission.forward(requirement, token, request);
        }
        Ok(admission)
    }

    /// The policy for a request: the route's own choice, or the first rule that matches. A path that the rules would
    /// decide in two ways has neither: the upstream may not be where the route thought it leads.
    fn choose(&self, request: &Request) -> Result<Chosen<'_>, Obstacle> {
        let method = request.method();
        let facts = RuleFacts {
            method,
            authority: request.authority(),
            preflight: method == b"OPTIONS"
                && request.value("origin").is_some()
                && request.value("access-control-request-method").is_some(),
        };
        let unknown = || self.refuse(Reason::PolicyNotFound);
        let outcome = match (self.rules.choose(request.target(), &facts), &request.route) {
            (Choice::Ambiguous(mut outcomes), route) => {
                if let RouteChoice::Named(name) = route {
                    outcomes.push(self.named(name).ok_or_else(unknown)?);
                }
                return self.all_report(&outcomes).ok_or_else(|| self.refuse(Reason::RequestAmbiguous));
            }
            (_, RouteChoice::Named(name)) => self.named(name),
            (Choice::One(outcome), RouteChoice::None) => Some(outcome),
            (Choice::None, RouteChoice::None) => None,
        };
        match outcome.ok_or_else(unknown)? {
            RuleOutcome::Allow => Ok(Chosen::Nobody),
            RuleOutcome::Policy(id) => {
                let policy = self.policies.get(id.0).ok_or_else(unknown)?;
                Ok(Chosen::Policy(id, policy))
            }
        }
    }

    /// What a route means by a name.
    fn named(&self, name: &[u8]) -> Option<RuleOutcome> {
        if name == b"allow" {
            return Some(RuleOutcome::Allow);
        }
        let name = std::str::from_utf8(name).ok()?;
        self.by_name.get(name).copied().map(RuleOutcome::Policy)
    }

    /// The first policy in question, if all of them only report. Where nobody would ask for a token, nobody reports
    /// either.
    fn all_report(&self, outcomes: &[RuleOutcome]) -> Option<Chosen<'_>> {
        let policies = outcomes.iter().filter_map(|outcome| match outcome {
            RuleOutcome::Policy(id) => Some(self.policies.get(id.0)),
            RuleOutcome::Allow => None,
        });
        let reporting =
            |policy: &Policy| policy.requirements().all(|requirement| requirement.mode == Mode::ReportOnly);
        let mut reporters = policies.map(|policy| policy.filter(|policy| reporting(policy)));
        let first = reporters.next()??;
        reporters.all(|policy| policy.is_some()).then_some(Chosen::ReportOnly(first))
    }

    /// Whether any policy writes headers: only then can a client forge one.
    pub fn writes_headers(&self) -> bool {
        !self.emitted.is_empty()
    }

    /// The headers, or trailers, that a client may not bring, as it spelt them.
    pub fn forged(&self, sent: &Request) -> Vec<SentName> {
        self.emitted.among(sent.headers().map(|(name, _)| name))
    }

    /// A refusal as the host gets it: with what the request forged.
    fn refusal(&self, rejection: Rejection, request: &Request) -> Rejection {
        Rejection { forged: self.forged(request), ..rejection }
    }

    /// A refusal that belongs to no policy.
    fn refuse(&self, reason: Reason) -> Obstacle {
        Obstacle::Refused(Box::new(Rejection::new(reason, None, self.plain.clone())))
    }

    /// Applies one requirement.
    fn satisfy(
        &self,
        policy: &Policy,
        requirement: &Requirement,
        place: Place,
        request: &Request,
        circumstances: &Circumstances<'_>,
    ) -> Result<Rc<Accepted>, Obstacle> {
        let rejection =
            |reason| Box::new(Rejection::new(reason, Some(policy.name.clone()), requirement.failure.clone()));
        let refuse = |reason| Obstacle::Refused(rejection(reason));
        let presented = extract::presented(&requirement.source, request).map_err(refuse)?;
        // The cache knows what was presented, so that a hit need not even look for the token in it.
        if let Some(token) = self.recall(requirement, place, &presented, circumstances) {
            return Ok(token);
        }
        let text = extract::token(&requirement.source, &presented).map_err(refuse)?;
        let evidence = Evidence {
            keyring: circumstances.keyring,
            engine: circumstances.engine,
            now: circumstances.now,
            known_headers: &self.known_headers,
            token_bytes: self.token_bytes,
            certificate: circumstances.certificate,
        };
        let mut payload = Vec::new();
        let authenticated = authenticate(requirement, text, &evidence, &mut payload);
        // A request that waits for keys comes again, and is one request all the same.
        let waits =
            authenticated.as_ref().is_err_and(|failed| matches!(failed.cause, Cause::KeysMissing { .. }));
        if !waits {
            self.count(place, CacheLookups { hits: 0, misses: 1 });
        }
        let token = match authenticated {
            Ok(token) => token,
            Err(failed) if matches!(failed.cause, Cause::Refused(TokenError::Malformed)) => {
                let reason = extract::malformed(&requirement.source, &presented);
                return Err(obstacle(*failed, |_| rejection(reason), requirement, circumstances));
            }
            Err(failed) => return Err(obstacle(*failed, rejection, requirement, circumstances)),
        };
        match &requirement.authorize {
            Some(authorization) if !authorization.grants(token.claims()) => {
                let mut refused = rejection(Reason::InsufficientScope);
                refused.scope = authorization.wanted_scope();
                refused.diagnosis = Diagnosis::of(refused.reason, token.header(), token.claims(), &[]);
                let key_id = token.header().key_id().map(KeyId::as_str);
                refused.subject = Subject::new(key_id, token.claims().issuer());
                Err(Obstacle::Refused(refused))
            }
            _ => {
                let accepted = Rc::new(Accepted::new(requirement, &token));
                if let Some(cache) = &self.cache
                    && token.may_be_kept()
                    && let Ok(mut cache) = cache.try_borrow_mut()
                {
                    cache.keep(place, &presented, accepted.clone(), circumstances.keyring.generation());
                }
                Ok(accepted)
            }
        }
    }

    /// An accepted token of the same bytes, where its time and its keys still hold.
    fn recall(
        &self,
        requirement: &Requirement,
        place: Place,
        presented: &[u8],
        circumstances: &Circumstances<'_>,
    ) -> Option<Rc<Accepted>> {
        let mut cache = self.cache.as_ref()?.try_borrow_mut().ok()?;
        let found = cache.find(place, presented, circumstances.keyring.generation());
        let holds = |accepted: &Rc<Accepted>| {
            accepted.still_holds(requirement, circumstances.keyring, circumstances.now)
        };
        let good = found.as_ref().is_some_and(holds);
        if found.is_some() && !good {
            cache.forget(place, presented);
        }
        if good {
            self.count(place, CacheLookups { hits: 1, misses: 0 });
        }
        found.filter(|_| good)
    }

    /// Counts a lookup.
    fn count(&self, place: Place, one: CacheLookups) {
        if let Some(lookups) = self.lookups.get(place.0).filter(|_| self.cache.is_some()) {
            let CacheLookups { hits, misses } = lookups.get();
            lookups.set(CacheLookups {
                hits: hits.saturating_add(one.hits),
                misses: misses.saturating_add(one.misses),
            });
        }
    }
}
