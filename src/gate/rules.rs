//! `rules`: which policy a request gets. Compiled at load; a request's cost does not grow with the
//! position of its rule.

use std::collections::HashMap;

use super::path::{Ambiguous, NormalPath};

/// What a rule decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleOutcome {
    /// The policy of this index decides.
    Policy(PolicyId),
    /// `allow: true`.
    Allow,
}

/// A policy by its index in the compiled list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyId(pub usize);

/// One rule: all parts must hold; a part that is `None` holds always.
#[derive(Debug)]
pub struct Rule {
    /// `path`, `path_prefix` or `path_regex`; several may be given and all must hold.
    pub paths: Vec<PathMatch>,
    /// `methods`, exact (RFC 9110, 9.1: case-sensitive).
    pub methods: Option<Vec<String>>,
    /// `hosts`, lower case, without port.
    pub hosts: Option<Vec<HostMatch>>,
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

/// How a rule looks at the normalised path.
#[derive(Debug)]
pub enum PathMatch {
    /// The whole path.
    Exact(String),
    /// Whole segments: `/a` matches `/a` and `/a/b`, not `/ab`. Without its trailing slash; `""` matches all.
    Prefix(String),
    /// Anchored at both ends by the configuration.
    Pattern(regex_lite::Regex),
}

/// How a rule looks at the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostMatch {
    /// This host.
    Exact(String),
    /// `*.example.com`: any host below, kept as `.example.com`.
    Below(String),
}
