//! One of the `rules`: which requests it is for, and what it decides.

use std::cell::RefCell;
use std::collections::HashMap;

use super::alternatives::Alternatives;
use super::header_match::HeaderMatch;
use super::host_rule::HostMatch;
use super::path_match::PathMatch;
use super::request::Request;

/// What a rule decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleOutcome {
    /// The first of these policies that accepts the request decides.
    Policies(Alternatives),
    /// `allow: true`.
    Allow,
}

/// One rule: all parts must hold; a part that is `None` holds always.
#[derive(Debug)]
pub struct Rule {
    /// `path`, `path_prefix` or `path_regex`; several may be given and all must hold.
    pub paths: Vec<PathMatch>,
    /// `methods`, compared ignoring case: not every server heeds it, although RFC 9110, 9.1 says so.
    pub methods: Option<Vec<String>>,
    /// `hosts`; the authority has to be one of them.
    pub hosts: Option<Vec<HostMatch>>,
    /// `headers`; all of them must be there.
    pub headers: Vec<HeaderMatch>,
    /// `cors_preflight: true`.
    pub preflight: Preflight,
    /// What it decides.
    pub outcome: RuleOutcome,
}

/// Whether a rule is for CORS preflight requests only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preflight {
    /// The rule does not look at this.
    Whatever,
    /// `OPTIONS` with `Origin` and `Access-Control-Request-Method` only.
    Only,
}

/// What rules look at besides the path.
pub(super) struct RuleFacts<'a> {
    pub(super) request: &'a Request,
    pub(super) method: &'a [u8],
    pub(super) authority: &'a [u8],
    pub(super) preflight: bool,
    /// What the headers say of each rule that looks at them: asked once, however many readings the path has.
    pub(super) headers: RefCell<HashMap<usize, bool>>,
}

impl RuleFacts<'_> {
    /// Whether the request has the headers of the rule at this place.
    fn have(&self, at: usize, headers: &[HeaderMatch]) -> bool {
        let ask = || headers.iter().all(|header| header.matches(self.request));
        match self.headers.try_borrow_mut() {
            _ if headers.is_empty() => true,
            Ok(mut known) => *known.entry(at).or_insert_with(ask),
            Err(_) => ask(),
        }
    }
}

impl Rule {
    /// Whether everything but the path matches; `at` is the rule's place.
    pub(super) fn matches(&self, at: usize, facts: &RuleFacts<'_>) -> bool {
        self.methods.as_ref().is_none_or(|methods| {
            methods.iter().any(|known| facts.method.eq_ignore_ascii_case(known.as_bytes()))
        }) && self.hosts.as_ref().is_none_or(|hosts| hosts.iter().any(|known| known.matches(facts.authority)))
            && (self.preflight == Preflight::Whatever || facts.preflight)
            && facts.have(at, &self.headers)
    }
}
