//! Which policy decides on a request: the route's own choice, or the first rule that matches.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::alternatives::{Alternatives, PolicyId};
use super::escapes::push_escape;
use super::policy::Policy;
use super::reading::ServerPaths;
use super::reason::Reason;
use super::request::{Request, RouteChoice, SentTarget};
use super::rule::{Rule, RuleFacts, RuleOutcome};
use super::rules::{Choice, RuleTable};
use crate::keys::Owners;

/// The policies, and the rules that choose among them.
#[derive(Debug)]
pub(super) struct PolicyTable {
    policies: Vec<Policy>,
    by_name: HashMap<Rc<str>, Alternatives>,
    rules: RuleTable,
    /// Every list of several policies that a rule names, each once.
    lists: Vec<AnyOf>,
}

/// Several policies, any of which may accept a request.
#[derive(Debug)]
pub(super) struct AnyOf {
    pub(super) policies: Alternatives,
    /// Whose keys may sign for which issuer, in each of them.
    pub(super) owners: Vec<Rc<Owners>>,
}

/// Who decides about a request.
pub(super) enum Chosen<'a> {
    /// `allow`.
    Nobody,
    /// This policy.
    Policy(PolicyId, &'a Policy),
    /// The first of these that accepts the request.
    AnyOf(&'a AnyOf),
    /// It would be refused because of its path, but that this policy, and any other in question, only reports.
    ReportOnly(&'a Policy),
}

impl PolicyTable {
    /// Compiles rules for servers that read paths so.
    pub(super) fn new(policies: Vec<Policy>, rules: Vec<Rule>, paths: ServerPaths) -> Self {
        let named =
            policies.iter().enumerate().map(|(at, policy)| (policy.name.clone(), PolicyId(at).into()));
        let by_name = named.collect();
        let mut lists: Vec<AnyOf> = Vec::new();
        for rule in &rules {
            if let RuleOutcome::Policies(listed) = &rule.outcome
                && listed.only().is_none()
                && !lists.iter().any(|known| known.policies == *listed)
            {
                let members = listed.iter().filter_map(|id| policies.get(id.0));
                let requirements = members.flat_map(Policy::requirements);
                let owners = requirements.map(|requirement| requirement.owners.clone()).collect();
                lists.push(AnyOf { policies: listed.clone(), owners });
            }
        }
        Self { policies, by_name, rules: RuleTable::new(rules, paths), lists }
    }

    /// The policies, in the order of their ids.
    pub(super) fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// The policy for a request. A path that the rules would decide in two ways has none, whatever the route says: the
    /// upstream may not be where the route thought it leads.
    ///
    /// # Errors
    ///
    /// [`Reason::PolicyNotFound`] or [`Reason::RequestAmbiguous`].
    pub(super) fn choose(&self, request: &Request) -> Result<Chosen<'_>, Reason> {
        let method = request.method();
        let facts = RuleFacts {
            headers: RefCell::default(),
            request,
            method,
            authority: request.authority(),
            preflight: method == b"OPTIONS"
                && request.value("origin").is_some()
                && request.value("access-control-request-method").is_some(),
        };
        let outcome = match (self.ruled(request, &facts), &request.route) {
            (Choice::Ambiguous(mut outcomes), route) => {
                if let RouteChoice::Named(name) = route {
                    outcomes.push(self.named(name).ok_or(Reason::PolicyNotFound)?);
                }
                return self.all_report(&outcomes).ok_or(Reason::RequestAmbiguous);
            }
            (_, RouteChoice::Named(name)) => self.named(name),
            (Choice::One(outcome), RouteChoice::None) => Some(outcome),
            (Choice::None, RouteChoice::None) => None,
        };
        match outcome.ok_or(Reason::PolicyNotFound)? {
            RuleOutcome::Allow => Ok(Chosen::Nobody),
            RuleOutcome::Policies(policies) => match policies.only() {
                Some(id) => self.policy(id).map(|policy| Chosen::Policy(id, policy)),
                None => self.lists.iter().find(|list| list.policies == policies).map(Chosen::AnyOf),
            }
            .ok_or(Reason::PolicyNotFound),
        }
    }

    /// A policy by its place.
    pub(super) fn policy(&self, id: PolicyId) -> Option<&Policy> {
        self.policies.get(id.0)
    }

    /// What the rules say. Where the host decodes paths, what it shows and what the client sent have to lead to the same.
    fn ruled(&self, request: &Request, facts: &RuleFacts<'_>) -> Choice {
        match &request.sent_target {
            SentTarget::Shown => self.rules.choose(request.target(), facts),
            SentTarget::Beside(sent) => {
                let shown = encoded_again(request.target());
                self.rules.choose(sent, facts).and(self.rules.choose(&shown, facts))
            }
            SentTarget::Unknown => self.rules.choose_without_path(facts),
        }
    }

    /// What a route means by a name.
    fn named(&self, name: &[u8]) -> Option<RuleOutcome> {
        if name == b"allow" {
            return Some(RuleOutcome::Allow);
        }
        let name = std::str::from_utf8(name).ok()?;
        self.by_name.get(name).cloned().map(RuleOutcome::Policies)
    }

    /// The first policy in question, if all of them only report. Where nobody would ask for a token, nobody reports
    /// either.
    fn all_report(&self, outcomes: &[RuleOutcome]) -> Option<Chosen<'_>> {
        let lists = outcomes.iter().filter_map(|outcome| match outcome {
            RuleOutcome::Policies(policies) => Some(policies),
            RuleOutcome::Allow => None,
        });
        let mut reporters = lists
            .flat_map(Alternatives::iter)
            .map(|id| self.policy(id).filter(|policy| policy.only_reports()));
        let first = reporters.next()??;
        reporters.all(|policy| policy.is_some()).then_some(Chosen::ReportOnly(first))
    }
}

/// A decoded target as a client would have had to send it (RFC 3986, 3.3).
fn encoded_again(target: &[u8]) -> Vec<u8> {
    let mut parts = target.splitn(2, |byte| *byte == b'?');
    let path = parts.next().unwrap_or_default();
    let mut encoded = String::with_capacity(target.len());
    for byte in path {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(byte) {
            encoded.push(char::from(*byte));
        } else {
            push_escape(&mut encoded, *byte);
        }
    }
    let mut encoded = encoded.into_bytes();
    if let Some(query) = parts.next() {
        encoded.push(b'?');
        encoded.extend(query);
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoded_target_is_encoded_again_but_for_its_query() {
        for (decoded, encoded) in [
            ("/a/b;v=1/@me?x=%20", "/a/b;v=1/@me?x=%20"),
            ("/100%", "/100%25"),
            ("/%2F", "/%252F"),
            ("/a b\\#", "/a%20b%5C%23"),
            ("/é", "/%C3%A9"),
        ] {
            assert_eq!(String::from_utf8_lossy(&encoded_again(decoded.as_bytes())), encoded);
        }
    }
}
