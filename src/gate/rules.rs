//! `rules`: which policy a request gets. Compiled at load; a request's cost does not grow with the
//! position of its rule.

use std::collections::HashMap;

use super::host_rule::HostMatch;
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
    /// `methods`, compared ignoring case: not every server heeds it, although RFC 9110, 9.1 says so.
    pub methods: Option<Vec<String>>,
    /// `hosts`; the authority has to be one of them.
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

/// The compiled list of rules.
#[derive(Debug)]
pub struct RuleTable {
    rules: Vec<Rule>,
    /// Rules with an exact path, by that path.
    exact: HashMap<String, Vec<usize>>,
    /// Rules with a path prefix, by the prefix.
    prefixes: HashMap<String, Vec<usize>>,
    /// Rules that can only be found by trying them.
    others: Vec<usize>,
    looks_at_paths: bool,
}

/// What rules look at.
pub(super) struct RuleFacts<'a> {
    pub(super) path: Option<&'a NormalPath<'a>>,
    pub(super) method: &'a [u8],
    pub(super) authority: &'a [u8],
    pub(super) preflight: bool,
}

impl RuleTable {
    /// Compiles an ordered list.
    pub fn new(rules: Vec<Rule>) -> Self {
        let mut table = Self {
            looks_at_paths: rules.iter().any(|rule| !rule.paths.is_empty()),
            rules,
            exact: HashMap::new(),
            prefixes: HashMap::new(),
            others: Vec::new(),
        };
        for (at, rule) in table.rules.iter().enumerate() {
            // One part of a rule is enough to find it by; `matches` looks at all of them.
            match rule.paths.first() {
                Some(PathMatch::Exact(path)) => table.exact.entry(path.clone()).or_default().push(at),
                Some(PathMatch::Prefix(prefix)) => table.prefixes.entry(prefix.clone()).or_default().push(at),
                Some(PathMatch::Pattern(_)) | None => table.others.push(at),
            }
        }
        table
    }

    /// The path as the rules see it; none where no rule looks at paths.
    ///
    /// # Errors
    ///
    /// [`Ambiguous`] when a rule looks at paths and this one has more than one reading.
    pub(super) fn path<'a>(&self, target: &'a [u8]) -> Result<Option<NormalPath<'a>>, Ambiguous> {
        self.looks_at_paths.then(|| NormalPath::of(target)).transpose()
    }

    /// The outcome of the first rule that matches; `None` only for a list whose last rule does not
    /// match everything, which `config` refuses.
    pub(super) fn outcome(&self, facts: &RuleFacts<'_>) -> Option<RuleOutcome> {
        let path = facts.path.map_or("", NormalPath::as_str);
        let mut best = None;
        let mut consider = |candidates: &[usize]| {
            for &at in candidates {
                if best.is_some_and(|best| best <= at) {
                    break;
                }
                if self.rules.get(at).is_some_and(|rule| rule.matches(path, facts)) {
                    best = Some(at);
                    break;
                }
            }
        };
        if let Some(candidates) = self.exact.get(path) {
            consider(candidates);
        }
        if !self.prefixes.is_empty() {
            let ends = path.bytes().enumerate().filter(|(_, byte)| *byte == b'/').map(|(at, _)| at);
            for end in ends.chain(std::iter::once(path.len())) {
                if let Some(candidates) = path.get(..end).and_then(|prefix| self.prefixes.get(prefix)) {
                    consider(candidates);
                }
            }
        }
        consider(&self.others);
        best.and_then(|at| self.rules.get(at)).map(|rule| rule.outcome)
    }
}

impl Rule {
    fn matches(&self, path: &str, facts: &RuleFacts<'_>) -> bool {
        self.paths.iter().all(|part| part.matches(path))
            && self.methods.as_ref().is_none_or(|methods| {
                methods.iter().any(|known| facts.method.eq_ignore_ascii_case(known.as_bytes()))
            })
            && self
                .hosts
                .as_ref()
                .is_none_or(|hosts| hosts.iter().any(|known| known.matches(facts.authority)))
            && (self.preflight == Preflight::Whatever || facts.preflight)
    }
}

impl PathMatch {
    fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == path,
            Self::Prefix(prefix) => path
                .strip_prefix(prefix.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            Self::Pattern(pattern) => pattern.is_match(path),
        }
    }
}
