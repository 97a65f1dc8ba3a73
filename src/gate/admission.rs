//! Evidence that a request may go on, and what to change in it first.

use std::rc::Rc;

use super::header_edit::HeaderEdit;
use super::header_name::SentName;
use super::reason::Reason;
use super::rejection::Rejection;

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
    /// There was no token, and its policy demands none.
    Anonymous,
    /// An allow rule.
    Exempt,
    /// `report_only`: it would have been refused.
    WouldRefuse(Reason),
}

impl Admission {
    /// An admission. None is made without what the client may not bring: `forged` is removed on every path.
    pub(super) fn new(outcome: Outcome, policy: Option<Rc<str>>, forged: Vec<SentName>) -> Self {
        let edits = forged.into_iter().map(HeaderEdit::Remove).collect();
        Self { outcome, policy, refusal: None, edits, published: Vec::new() }
    }

    /// The admission of a policy that only reports, and would have refused the request so.
    pub(super) fn would_refuse(policy: Rc<str>, refusal: Box<Rejection>, forged: Vec<SentName>) -> Self {
        let outcome = Outcome::WouldRefuse(refusal.reason);
        Self { refusal: Some(refusal), ..Self::new(outcome, Some(policy), forged) }
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
    pub(crate) fn policy_name(&self) -> Option<&Rc<str>> {
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

    /// Adds further changes.
    pub(super) fn edit(&mut self, edits: impl IntoIterator<Item = HeaderEdit>) {
        self.edits.extend(edits);
    }

    /// Adds claims to publish.
    pub(super) fn publish(&mut self, published: Option<(String, Vec<u8>)>) {
        self.published.extend(published);
    }
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
