//! Everything that a decision on a request may look at.

use super::circumstances::Circumstances;
use super::request::Request;

/// A request and its circumstances: all that a check may look at, and nothing looked at before a check asks.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    /// The request's head.
    pub(super) request: &'a Request,
    /// Everything else.
    pub(super) circumstances: &'a Circumstances<'a>,
}
