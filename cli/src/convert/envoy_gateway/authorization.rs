//! `authorization`: rules of which the first that matches allows or denies.

use serde_json::{Map, Value};

use super::super::authorized;
use super::super::difference;
use super::super::part::Part;
use super::super::policies::{self, Policies};
use super::super::provider::{Demand, Provider};
use super::super::requests::{self, Condition, Literal};
use super::principal::{self, TokenDemand};

/// What a rule does with the requests that it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Allow,
    Deny,
}

/// A rule: conditions on the request; what the token has to be; what of it cannot be said.
struct Rule {
    name: String,
    action: Action,
    literals: Vec<Literal>,
    token: Option<TokenDemand>,
    unsayable: Vec<String>,
}

/// Our rules for an `authorization`.
pub(super) fn rules(
    part: &Part<'_>,
    providers: &[Provider],
    demand: Demand,
    policies: &mut Policies,
) -> Vec<Value> {
    let mut conditions = Vec::new();
    let written: Vec<_> = part.list("rules").iter().map(|rule| read(rule, &mut conditions)).collect();
    let default = part.member("defaultAction").map_or(Action::Deny, |action| read_action(&action));
    // Names are given in the order in which rules are written down, which the table does not know.
    let outcome =
        |held: &requests::Held<'_>| decide(written.iter().filter(|rule| held.meet(&rule.literals)), default);
    let Some(rows) = requests::table(&conditions, outcome) else {
        part.say("has too many conditions on requests for a table of rules: check refuses the one rule that stands for them");
        return vec![policies::rule(&Map::new(), &["authorization".to_owned()])];
    };
    if requests::look_at_paths(&conditions) {
        part.say(difference::PATHS);
    }
    let mut denied = false;
    let rules = rows.into_iter().map(|(matcher, wishes)| {
        denied |= wishes.is_empty();
        let names = names(&wishes, providers, demand, policies);
        policies::rule(&matcher, &names)
    });
    let rules: Vec<_> = rules.collect();
    if denied {
        part.say("Deny is a policy here that accepts no token: 403, and 401 without a good one");
    }
    if written.iter().any(|rule| rule.token.is_some()) {
        part.say("a request without a good token is answered 401 where a rule asks for one; there 403 where jwt is optional");
    }
    rules
}

/// Something that a request may meet to be allowed.
#[derive(Debug, Clone, PartialEq)]
enum Wish {
    /// Every authenticated caller.
    Everybody,
    /// A token of a provider that meets demands, by the rule's name.
    Token(String, String, authorized::Demands),
    /// Something that cannot be said.
    Unsayable(String),
}

/// Goes through the rules that match a request, but for what they ask of its token. Of nothing, nobody is allowed.
fn decide<'a>(rules: impl Iterator<Item = &'a Rule>, default: Action) -> Vec<Wish> {
    let mut wishes = Vec::new();
    let rules: Vec<_> = rules.collect();
    for (at, rule) in rules.iter().enumerate() {
        let rest = rules.get(at + 1..).unwrap_or_default();
        let allowed_later = default == Action::Allow || rest.iter().any(|rule| rule.action == Action::Allow);
        match (rule.action, &rule.token) {
            (Action::Deny, _) if !allowed_later => {}
            _ if !rule.unsayable.is_empty() => {
                wishes.push(Wish::Unsayable(format!("{}: {}", rule.name, rule.unsayable.join(", "))));
            }
            (Action::Allow, None) => return with_everybody(wishes),
            (Action::Allow, Some(token)) => {
                let (provider, demands) = (token.provider.clone(), token.demands.clone());
                wishes.push(Wish::Token(rule.name.clone(), provider, demands));
            }
            (Action::Deny, None) => return wishes,
            (Action::Deny, Some(_)) => {
                wishes.push(Wish::Unsayable(format!("{}: deny by what a token says", rule.name)));
            }
        }
    }
    if default == Action::Allow { with_everybody(wishes) } else { wishes }
}

/// Where everybody is allowed, what some may meet makes no difference.
fn with_everybody(mut wishes: Vec<Wish>) -> Vec<Wish> {
    wishes.retain(|wish| matches!(wish, Wish::Unsayable(_)));
    wishes.push(Wish::Everybody);
    wishes
}

fn names(wishes: &[Wish], providers: &[Provider], demand: Demand, policies: &mut Policies) -> Vec<String> {
    let mut names = Vec::new();
    for wish in wishes {
        match wish {
            Wish::Everybody => names.extend(authorized::everybody(policies, providers, demand)),
            Wish::Token(rule, wanted, demands) => {
                match providers.iter().find(|provider| provider.name == *wanted) {
                    Some(provider) => {
                        let name = format!("{wanted}-{rule}");
                        names.push(authorized::policy(policies, provider, &name, demands));
                    }
                    None => names.push(format!("provider {wanted}")),
                }
            }
            Wish::Unsayable(what) => names.push(what.clone()),
        }
    }
    authorized::or_nobody(names, policies, providers)
}

fn read(part: &Part<'_>, conditions: &mut Vec<Condition>) -> Rule {
    let number = part.path().rsplit('[').next().unwrap_or_default().trim_end_matches(']');
    let name = part.text("name").map_or_else(|| format!("rule-{number}"), ToOwned::to_owned);
    let action = part.member("action").map_or(Action::Deny, |action| read_action(&action));
    let mut unsayable = Vec::new();
    let mut beyond = |part: Option<Part<'_>>, name: &str| {
        if let Some(part) = part {
            part.leave(
                "cannot be said here: the rule names it, and check refuses it; keep an authorization rule for it, or \
                 drop it",
            );
            unsayable.push(name.to_owned());
        }
    };
    beyond(part.member("cel"), "cel");
    let principal = part.member("principal");
    if let Some(principal) = &principal {
        for name in ["clientCIDRs", "clientIPGeoLocations"] {
            beyond(principal.member(name), name);
        }
    }
    let token = principal.and_then(|principal| principal.member("jwt")).map(|jwt| principal::token(&jwt));
    let literals = principal::requests(part)
        .into_iter()
        .map(|(condition, holds)| (requests::number(condition, conditions), holds));
    Rule { name: name.replace([' ', ':'], "-"), action, literals: literals.collect(), token, unsayable }
}

fn read_action(part: &Part<'_>) -> Action {
    match part.as_text() {
        Some("Allow") => Action::Allow,
        Some("Deny") => Action::Deny,
        _ => {
            part.refuse("Allow or Deny");
            Action::Deny
        }
    }
}
