//! One requirement of a policy, checked against a request: its token, what the token is bound to, what it allows.

use std::rc::Rc;
use std::time::Duration;

use super::accepted::Accepted;
use super::alternatives::PolicyId;
use super::authenticate::{Failed, VerifiedToken, authenticate};
use super::cache::Place;
use super::credentials::SentScheme;
use super::diagnosis::Diagnosis;
use super::explain::explain;
use super::facts::Facts;
use super::known_verdicts::KnownVerdicts;
use super::obstacle::Obstacle;
use super::policy::{AbsentToken, Policy, Requirement};
use super::possession::{Confirmation, Unproven};
use super::proof::GoodProof;
use super::reason::Reason;
use super::rejection::Rejection;
use super::token_place::Presented;
use super::token_reader::TokenReader;
use super::wanted::Wanted;
use crate::keys::Owners;

/// How a request satisfies one requirement.
pub(super) enum Satisfied {
    /// By this token.
    Token(Rc<Accepted>),
    /// It has none, and needs none.
    Anonymous,
}

/// Why it does not.
type Unsatisfied = Obstacle<Box<Rejection>>;

/// A requirement, and what it is asked with.
pub(super) struct Question<'a> {
    pub(super) id: PolicyId,
    pub(super) policy: &'a Policy,
    /// The requirement's place in its policy.
    pub(super) at: usize,
    pub(super) requirement: &'a Requirement,
    pub(super) facts: Facts<'a>,
    /// The owners of the policies that may accept the request as well.
    pub(super) rivals: &'a [Rc<Owners>],
    pub(super) reader: &'a TokenReader,
    pub(super) known: &'a KnownVerdicts,
    /// How long after its `iat` a proof is remembered.
    pub(super) proof_reach: Duration,
}

impl Question<'_> {
    /// Applies the requirement.
    pub(super) fn answer(&self) -> Result<Satisfied, Unsatisfied> {
        let presented = match self.requirement.places.find(self.facts.request) {
            Ok(presented) => presented,
            Err(reason) => return self.without_token(reason),
        };
        let sent = presented.scheme();
        let place = Place { policy: self.id.0, requirement: self.at, token: presented.place() };
        // The cache knows what was presented, so that a hit need not even look for the token in it.
        let circumstances = self.facts.circumstances;
        if let Some(token) = self.known.find(self.requirement, place, presented.bytes(), circumstances) {
            let text = presented.token().unwrap_or_default();
            let proven = self.prove(&token.confirmation, sent, text).and_then(|proof| self.use_up(proof));
            return match proven {
                Ok(()) => Ok(Satisfied::Token(token)),
                Err(unproven) => Err(self.unproven(unproven, self.rejection(unproven.into(), sent))),
            };
        }
        match presented.token() {
            Ok(b"") => self.without_token(Reason::TokenNotPresent),
            Ok(text) => self.verify(&presented, place, text),
            Err(reason) => self.without_token(reason),
        }
    }

    /// A request in which no token was found, for that reason.
    fn without_token(&self, reason: Reason) -> Result<Satisfied, Unsatisfied> {
        let needs_none =
            reason == Reason::TokenNotPresent && self.requirement.absent_token == AbsentToken::Anonymous;
        let reason = match needs_none {
            false => reason,
            true if self.requirement.places.hold_none(self.facts.request) => return Ok(Satisfied::Anonymous),
            true => Reason::TokenMalformed,
        };
        let rejection = self.rejection(reason, SentScheme::Ordinary);
        Err(refused(rejection, self.requirement.wanted_first(reason)))
    }

    /// Verifies a token that is not known.
    fn verify(&self, presented: &Presented<'_>, place: Place, text: &[u8]) -> Result<Satisfied, Unsatisfied> {
        let (requirement, circumstances) = (self.requirement, self.facts.circumstances);
        let sent = presented.scheme();
        let mut payload = Vec::new();
        let verified = authenticate(requirement, text, self.facts, self.reader, self.rivals, &mut payload);
        // A request that waits for keys comes again, and is one request all the same.
        if !verified.as_ref().is_err_and(|failed| matches!(failed.obstacle, Obstacle::Pending(_))) {
            self.known.count_miss(place);
        }
        let token = verified.map_err(|failed| self.explained(*failed, presented))?;
        let genuine = |reason| {
            let mut rejection = self.rejection(reason, sent);
            let (header, claims) = (token.header(), Some(token.claims()));
            explain(&mut rejection, header, claims, requirement, circumstances);
            rejection
        };
        let unproven = |unproven: Unproven| self.unproven(unproven, genuine(unproven.into()));
        let proof = self.prove(token.confirmation(), sent, text).map_err(unproven)?;
        requirement
            .authorize(token.claims(), circumstances.now)
            .map_err(|(reason, wanted)| refused(genuine(reason), wanted))?;
        self.use_up(proof).map_err(unproven)?;
        Ok(Satisfied::Token(self.keep(&token, presented, place)))
    }

    /// What is left of an accepted token; the cache keeps it.
    fn keep(&self, token: &VerifiedToken<'_>, presented: &Presented<'_>, place: Place) -> Rc<Accepted> {
        let accepted = Rc::new(Accepted::new(self.requirement, token));
        if token.may_be_kept() {
            let generation = self.facts.circumstances.keyring.generation();
            self.known.keep(place, presented.bytes(), &accepted, generation);
        }
        accepted
    }

    fn prove(
        &self,
        confirmation: &Confirmation,
        sent: SentScheme,
        token: &[u8],
    ) -> Result<Option<GoodProof>, Unproven> {
        self.requirement.possession.check(confirmation, self.requirement.time.leeway, sent, token, self.facts)
    }

    /// Uses a proof up, where there is one, once nothing else can refuse the request: it may be asked about again, and
    /// be tried by several policies.
    fn use_up(&self, proof: Option<GoodProof>) -> Result<(), Unproven> {
        proof.map_or(Ok(()), |proof| Ok(proof.use_up(self.proof_reach, self.facts.circumstances)?))
    }

    fn rejection(&self, reason: Reason, sent: SentScheme) -> Rejection {
        let policy = Some(self.policy.name.clone());
        Rejection { sent, ..Rejection::new(reason, policy, self.requirement.answers.clone()) }
    }

    fn unproven(&self, unproven: Unproven, rejection: Rejection) -> Unsatisfied {
        refused(rejection, self.requirement.possession.wanted(unproven, self.facts.circumstances))
    }

    /// A token that is not accepted, with what was understood of it.
    fn explained(&self, failed: Failed<'_>, presented: &Presented<'_>) -> Unsatisfied {
        let Failed { obstacle, header, claims } = failed;
        let obstacle = match obstacle {
            Obstacle::Refused(Reason::TokenMalformed) => presented.malformed().into(),
            other => other,
        };
        obstacle.map(|reason| {
            let mut rejection = self.rejection(reason, presented.scheme());
            if presented.token().is_ok_and(|text| self.reader.is_too_long(text)) {
                rejection.diagnosis = Some(Diagnosis::TooLong);
            }
            if let Some(header) = header.as_deref() {
                let circumstances = self.facts.circumstances;
                explain(&mut rejection, header, claims.as_ref(), self.requirement, circumstances);
            }
            Box::new(rejection)
        })
    }
}

fn refused(rejection: Rejection, wanted: Wanted) -> Unsatisfied {
    Obstacle::Refused(Box::new(Rejection { wanted, ..rejection }))
}
