//! Evidence that a request may go on, and what to change in it first.

use std::rc::Rc;

use super::accepted::Accepted;
use super::extract::{cookies, is_parameter, pair_of, parameters};
use super::header_name::{HeaderName, SentName};
use super::policy::{ForwardToken, Requirement};
use super::reason::Reason;
use super::rejection::Rejection;
use super::request::Request;
use super::source::TokenSource;

/// The only way upstream: the host continues a request by applying one.
///
/// The fields are private, so that only the gate can make one.
#[derive(Clone)]
pub struct Admission {
    outcome: Outcome,
    policy: Option<Rc<str>>,
    refusal: Option<Box<Rejection>>,
    edits: Vec<HeaderEdit>,
    published: Vec<(String, Vec<u8>)>,
}

/// How a request came to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Every requirement of its policy accepted it.
    Allowed,
    /// An allow rule.
    Exempt,
    /// `report_only`: it would have been refused.
    WouldReject(Reason),
}

/// A change of the request's headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderEdit {
    /// Every copy of this spelling goes.
    Remove(SentName),
    /// Replaced, or added.
    Set(HeaderName, Vec<u8>),
    /// `:path` is replaced: the token was taken out of the query.
    SetPath(Vec<u8>),
}

impl Admission {
    /// An admission. None is made without what the client may not bring: `forged` is removed on every path.
    pub(super) fn new(outcome: Outcome, policy: Option<Rc<str>>, forged: Vec<SentName>) -> Self {
        let edits = forged.into_iter().map(HeaderEdit::Remove).collect();
        Self { outcome, policy, refusal: None, edits, published: Vec::new() }
    }

    /// The admission of a policy that accepted the request, or would have refused it so.
    pub(super) fn of_policy(policy: Rc<str>, refusal: Option<Box<Rejection>>, forged: Vec<SentName>) -> Self {
        let outcome =
            refusal.as_ref().map_or(Outcome::Allowed, |refusal| Outcome::WouldReject(refusal.reason));
        Self { refusal, ..Self::new(outcome, Some(policy), forged) }
    }

    /// How the request came to go on.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The policy that decided.
    pub fn policy(&self) -> Option<&str> {
        self.policy.as_deref()
    }

    /// The same, to be kept.
    pub fn policy_name(&self) -> Option<&Rc<str>> {
        self.policy.as_ref()
    }

    /// What `report_only` has not carried out: for the log.
    pub fn refusal(&self) -> Option<&Rejection> {
        self.refusal.as_deref()
    }

    /// What to change, in order.
    pub fn edits(&self) -> &[HeaderEdit] {
        &self.edits
    }

    /// Names and claims (JSON) to publish for later filters and the access log.
    pub fn published(&self) -> &[(String, Vec<u8>)] {
        &self.published
    }

    /// Adds what one requirement's `forward` and `output_token_variable_name` ask for.
    pub(super) fn forward(&mut self, requirement: &Requirement, token: &Accepted, request: &Request) {
        if requirement.forward.token == ForwardToken::Remove {
            self.edits.push(without_token(&requirement.source, request));
        }
        self.edits.extend_from_slice(&token.edits);
        self.published.extend(token.published.clone());
    }
}

/// The edit that takes the token out of a request.
fn without_token(source: &TokenSource, request: &Request) -> HeaderEdit {
    match source {
        TokenSource::Header { name, .. } => HeaderEdit::Remove(name.into()),
        TokenSource::Query(parameter) => HeaderEdit::SetPath(path_without(request.target(), parameter)),
        TokenSource::Cookie(cookie) => {
            let kept: Vec<&[u8]> = request
                .values("cookie")
                .flat_map(|line| line.split(|byte| *byte == b';'))
                .map(<[u8]>::trim_ascii)
                .filter(|pair| !pair.is_empty() && cookies(pair, cookie).next().is_none())
                .collect();
            if kept.is_empty() {
                HeaderEdit::Remove((&HeaderName::cookie()).into())
            } else {
                HeaderEdit::Set(HeaderName::cookie(), kept.join(&b"; "[..]))
            }
        }
    }
}

/// The target without a parameter; every other byte stays.
fn path_without(target: &[u8], parameter: &str) -> Vec<u8> {
    let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
    let mut rest = path.to_vec();
    let kept = parameters(target).filter(|pair| !is_parameter(pair_of(pair).0, parameter));
    for (at, pair) in kept.enumerate() {
        rest.push(if at == 0 { b'?' } else { b'&' });
        rest.extend_from_slice(pair);
    }
    rest
}

impl std::fmt::Debug for Admission {
    /// Edits and published claims hold claim values: only the outcome is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admission")
            .field("outcome", &self.outcome)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
