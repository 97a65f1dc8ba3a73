//! `requires`, `requirement_name` and `requirement_map`: which policies a request may meet.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::super::difference;
use super::super::part::Part;
use super::super::policies::{Policies, RouteChoice};
use super::super::provider::{Demand, Provider};
use super::provider;

/// The providers of a filter, and the policies that its requirements became.
pub(super) struct Requirements<'a> {
    providers: BTreeMap<String, Provider>,
    parts: BTreeMap<String, Part<'a>>,
    named: Option<Part<'a>>,
    used: BTreeSet<String>,
    policies: Policies,
}

/// What a requirement wants.
struct Wanted {
    any_of: Vec<Wish>,
    demand: Demand,
}

/// A part of it.
enum Wish {
    /// A token of this provider, perhaps for other audiences than the provider's.
    Provider(String, Vec<String>),
    /// Something that cannot be said: a name that no policy has, so that it is refused.
    Unsayable(String),
}

impl<'a> Requirements<'a> {
    /// Reads the providers.
    pub(super) fn of(root: &Part<'a>, bare_answers: bool) -> Self {
        let parts: BTreeMap<_, _> =
            root.member("providers").map(|part| part.members()).unwrap_or_default().into_iter().collect();
        let providers = parts.iter().map(|(name, part)| {
            let mut provider = provider::provider(name, part);
            provider.failure = bare_answers.then(|| json!({"body": "none"}));
            (name.clone(), provider)
        });
        Self {
            providers: providers.collect(),
            parts: parts.clone(),
            named: root.member("requirement_map"),
            used: BTreeSet::new(),
            policies: Policies::default(),
        }
    }

    /// The policies of which a request of this rule has to meet one; none where it needs no token.
    pub(super) fn of_rule(&mut self, rule: &Part<'a>) -> Option<Vec<String>> {
        if let Some(requires) = rule.member("requires") {
            return self.policies_of(&requires);
        }
        let name = rule.text("requirement_name")?;
        let Some(requires) = self.named.as_ref().and_then(|named| named.member(name)) else {
            rule.say(format!("requirement_map has no {name}: check refuses the rule"));
            return Some(vec![format!("requirement {name}")]);
        };
        self.policies_of(&requires)
    }

    /// Gives every requirement that routes may name its policy, and says which.
    pub(super) fn named(&mut self) -> RouteChoice {
        let Some(named) = self.named.clone() else { return RouteChoice::None };
        for (_, requires) in named.members() {
            let instead = match self.policies_of(&requires).as_deref() {
                None => {
                    "a route that names it needs no token: give it the metadata validate-jwt: {policy: allow}"
                        .to_owned()
                }
                Some([policy]) => {
                    format!("a route that names it needs the metadata validate-jwt: {{policy: {policy}}}")
                }
                Some(several) => format!(
                    "a route names one policy and not several ({}): write a rule for the route's requests",
                    several.join(", ")
                ),
            };
            requires.say(instead);
        }
        RouteChoice::ByName
    }

    /// Keeps the providers that nothing requires.
    pub(super) fn add_unused(&mut self) {
        for (name, provider) in &self.providers {
            if !self.used.contains(name) {
                self.policies.name_of(name, provider.policy(Demand::Token));
                if let Some(part) = self.parts.get(name) {
                    part.say("nothing requires it, here as there: drop the policy, or use it in a rule");
                }
            }
        }
    }

    pub(super) fn into_policies(self) -> Policies {
        self.policies
    }

    fn policies_of(&mut self, requires: &Part<'a>) -> Option<Vec<String>> {
        let mut wanted = wanted(requires)?;
        if wanted.any_of.is_empty() {
            wanted.any_of =
                self.providers.keys().map(|name| Wish::Provider(name.clone(), Vec::new())).collect();
        }
        if wanted.demand == Demand::Nothing {
            requires.say("nothing is refused, as there: mode report_only lets every request pass");
        }
        Some(wanted.any_of.into_iter().map(|wish| self.policy_of(wish, wanted.demand, requires)).collect())
    }

    fn policy_of(&mut self, wish: Wish, demand: Demand, requires: &Part<'a>) -> String {
        let (name, audiences) = match wish {
            Wish::Provider(name, audiences) => (name, audiences),
            Wish::Unsayable(text) => return text,
        };
        let Some(provider) = self.providers.get(&name) else {
            requires.say(format!("there is no provider {name}: check refuses the rule"));
            return format!("provider {name}");
        };
        self.used.insert(name.clone());
        let mut provider = provider.clone();
        if !audiences.is_empty() {
            provider.audiences = audiences;
        }
        self.policies.name_of(&format!("{name}{}", demand.suffix()), provider.policy(demand))
    }
}

/// What a requirement wants; nothing where it is empty, which asks for nothing.
fn wanted(part: &Part<'_>) -> Option<Wanted> {
    let one = |wish| Some(Wanted { any_of: vec![wish], demand: Demand::Token });
    let without = |demand, name: &str| {
        if let Some(empty) = part.member(name) {
            empty.take();
        }
        Some(Wanted { any_of: Vec::new(), demand })
    };
    let has = |name: &str| part.member(name).is_some();
    if let Some(name) = part.text("provider_name") {
        one(Wish::Provider(name.to_owned(), Vec::new()))
    } else if let Some(both) = part.member("provider_and_audiences") {
        both.say(difference::AUDIENCES);
        one(Wish::Provider(
            both.text("provider_name").unwrap_or_default().to_owned(),
            both.texts("audiences"),
        ))
    } else if let Some(any) = part.member("requires_any") {
        any_of(&any)
    } else if let Some(all) = part.member("requires_all") {
        all.leave(
            "a request has one token here: the rule names this, and check refuses it until you choose one provider, or \
             put the policies into two filters",
        );
        one(Wish::Unsayable(format!("all of {}", all.path())))
    } else if has("allow_missing_or_failed") {
        without(Demand::Nothing, "allow_missing_or_failed")
    } else if has("allow_missing") {
        without(Demand::TokenOrNone, "allow_missing")
    } else if part.members().is_empty() {
        None
    } else {
        part.leave("cannot be expressed as a policy: the rule names it, and check refuses it");
        one(Wish::Unsayable(format!("what {} says", part.path())))
    }
}

fn any_of(any: &Part<'_>) -> Option<Wanted> {
    let mut all = Wanted { any_of: Vec::new(), demand: Demand::Token };
    for part in any.list("requirements") {
        let wanted = wanted(&part)?;
        all.any_of.extend(wanted.any_of);
        all.demand = all.demand.max(wanted.demand);
    }
    Some(all)
}
