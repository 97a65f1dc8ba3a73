//! What `AuthorizationPolicy`s decide together: a request that a `DENY` matches is refused; any other one has to match an
//! `ALLOW`, where there is one.

use serde_json::{Map, Value};

use super::super::authorized::{self, Demands};
use super::super::part::Part;
use super::super::policies::Policies;
use super::super::provider::{Demand, Provider};
use super::super::requests::{self, Condition, Held};
use super::rule::{self, Alternative};
use super::token::{Asked, TokenCondition};

/// The policies, and the conditions on requests that they are about.
#[derive(Default)]
pub(super) struct Access {
    conditions: Vec<Condition>,
    /// Nothing where no policy allows: then everybody is allowed who is not denied.
    allow: Option<Vec<Alternative>>,
    deny: Vec<Alternative>,
}

/// What may be met for a request to pass; of nothing, nobody may.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decision(Vec<Wish>);

#[derive(Debug, Clone, PartialEq)]
enum Wish {
    /// Any good token, or none at all.
    Everybody,
    /// A token that meets all of these, for a policy of this name.
    Token(String, Vec<TokenCondition>),
    /// Something that cannot be said.
    Unsayable(String),
}

impl Access {
    /// Whether there is no policy.
    pub(super) fn is_empty(&self) -> bool {
        self.allow.is_none() && self.deny.is_empty()
    }

    /// Whether any of them looks at paths.
    pub(super) fn looks_at_paths(&self) -> bool {
        requests::look_at_paths(&self.conditions)
    }

    /// Adds an `AuthorizationPolicy`.
    pub(super) fn add(&mut self, object: &Value, root: &Part<'_>, spec: Option<&Part<'_>>) {
        let name = object["metadata"]["name"].as_str().unwrap_or("policy");
        if object["metadata"]["annotations"]["istio.io/dry-run"] == "true" {
            root.leave("is a dry run, which decides nothing: it is not converted");
            return;
        }
        let action = spec.and_then(|spec| spec.member("action"));
        let list = match action.as_ref().map_or(Some("ALLOW"), Part::as_text) {
            Some("ALLOW") => self.allow.get_or_insert_default(),
            Some("DENY") => &mut self.deny,
            Some("AUDIT") => {
                root.leave("AUDIT decides nothing: keep it, or read the filter's log and metrics");
                return;
            }
            Some("CUSTOM") => {
                root.leave("CUSTOM asks an extension, by another filter: keep it");
                return;
            }
            _ => {
                root.refuse("action ALLOW, DENY, AUDIT or CUSTOM");
                return;
            }
        };
        let rules = spec.map(|spec| spec.list("rules")).unwrap_or_default();
        for part in &rules {
            list.extend(rule::alternatives(part, name, &mut self.conditions));
        }
    }

    /// A decision for every combination of conditions on requests; nothing if they are too many.
    pub(super) fn table(&self) -> Option<Vec<(Map<String, Value>, Decision)>> {
        requests::table(&self.conditions, |held| Decision(self.decide(held)))
    }

    fn decide(&self, held: &Held<'_>) -> Vec<Wish> {
        let here = |one: &&Alternative| held.meet(&one.requests);
        let mut wishes = Vec::new();
        let mut combined = vec![(String::new(), Vec::new())];
        if let Some(allow) = &self.allow {
            combined.clear();
            if !allow.iter().any(|one| here(&one)) {
                return Vec::new();
            }
            for one in allow.iter().filter(here) {
                match asked(one, |holds| holds, "allow by what a token does not say") {
                    Ok(conditions) => combined.push((one.policy.clone(), conditions)),
                    Err(what) => wishes.push(Wish::Unsayable(what)),
                }
            }
        }
        for one in self.deny.iter().filter(here) {
            if one.token.is_empty() && one.unsayable.is_empty() {
                return Vec::new();
            }
            match asked(one, |holds| !holds, "deny by what a token says") {
                Ok(choices) => combined = product(&combined, &choices, &one.policy),
                Err(what) => wishes.push(Wish::Unsayable(what)),
            }
        }
        if wishes.is_empty() && combined.iter().any(|(_, conditions)| conditions.is_empty()) {
            return vec![Wish::Everybody];
        }
        wishes.extend(combined.into_iter().map(|(name, conditions)| {
            if conditions.is_empty() { Wish::Everybody } else { Wish::Token(name, conditions) }
        }));
        wishes
    }
}

/// What an alternative asks of a token: conditions all of which a token has to meet where it allows, and any of which saves a
/// token where it denies. `fits` says which of the two its conditions have to be for that; `other` is what else they are.
fn asked(one: &Alternative, fits: impl Fn(bool) -> bool, other: &str) -> Result<Vec<TokenCondition>, String> {
    if !one.unsayable.is_empty() {
        return Err(format!("{}: {}", one.policy, one.unsayable.join(", ")));
    }
    if !one.token.iter().all(|(_, holds)| fits(*holds)) {
        return Err(format!("{}: {other}", one.policy));
    }
    Ok(one.token.iter().map(|(condition, _)| condition.clone()).collect())
}

type Combined = Vec<(String, Vec<TokenCondition>)>;

/// Every combination with every choice.
fn product(combined: &Combined, choices: &[TokenCondition], policy: &str) -> Combined {
    let mut all = Vec::new();
    for ((name, conditions), choice) in
        combined.iter().flat_map(|one| choices.iter().map(move |choice| (one, choice)))
    {
        let mut conditions = conditions.clone();
        if !conditions.contains(choice) {
            conditions.push(choice.clone());
        }
        let name = if name.is_empty() { policy.to_owned() } else { name.clone() };
        all.push((name, conditions));
    }
    all
}

impl Decision {
    /// The names of the policies of which one has to accept.
    pub(super) fn policies(&self, providers: &[Provider], policies: &mut Policies) -> Vec<String> {
        let mut names = Vec::new();
        for wish in &self.0 {
            match wish {
                Wish::Unsayable(what) => names.push(what.clone()),
                Wish::Everybody => {
                    names.extend(authorized::everybody(policies, providers, Demand::TokenOrNone));
                }
                Wish::Token(name, conditions) => {
                    names.extend(providers.iter().filter_map(|provider| {
                        let demands = demands(conditions, provider)?;
                        let any = conditions.iter().all(TokenCondition::is_any_token);
                        let name =
                            if any { provider.name.clone() } else { format!("{}-{name}", provider.name) };
                        Some(authorized::policy(policies, provider, &name, &demands))
                    }));
                }
            }
        }
        authorized::or_nobody(names, policies, providers)
    }
}

/// What conditions are for a provider's tokens; nothing where none of them can meet them.
fn demands(conditions: &[TokenCondition], provider: &Provider) -> Option<Demands> {
    let mut demands = Demands::default();
    for condition in conditions {
        match condition.asked_of(provider) {
            Asked::Never => return None,
            Asked::Claim(entry) => {
                if !demands.claims.contains(&entry) {
                    demands.claims.push(entry);
                }
            }
        }
    }
    Some(demands)
}
