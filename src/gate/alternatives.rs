//! The policies of a rule: any of them may accept a request.

use std::rc::Rc;

/// A policy by its index in the compiled list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyId(pub usize);

/// Policies in the order in which they are asked; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternatives {
    first: PolicyId,
    further: Rc<[PolicyId]>,
}

impl Alternatives {
    /// One policy and any further ones.
    pub fn new(first: PolicyId, further: Vec<PolicyId>) -> Self {
        Self { first, further: further.into() }
    }

    /// The policy, where there is only one.
    pub fn only(&self) -> Option<PolicyId> {
        self.further.is_empty().then_some(self.first)
    }

    /// Every policy, in order.
    pub fn iter(&self) -> impl Iterator<Item = PolicyId> {
        std::iter::once(self.first).chain(self.further.iter().copied())
    }
}

impl From<PolicyId> for Alternatives {
    fn from(only: PolicyId) -> Self {
        Self::new(only, Vec::new())
    }
}
