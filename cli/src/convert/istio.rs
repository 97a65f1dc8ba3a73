//! From Istio: `RequestAuthentication`, with the `AuthorizationPolicy`s that go with it.

mod access;
mod advice;
mod operation;
mod provider;
mod rule;
mod token;
mod wildcard;
mod workload;

use serde_json::{Map, Value};
use validate_jwt::config::Problem;

use super::manifest::{self, Document};
use super::part::{Ledger, Part};
use super::policies::{self, Policies, RouteChoice};
use super::{Conversion, Left, Refused, difference, kubernetes};
use crate::arguments::Convert;
use access::{Access, Decision};

/// Converts what the files say of one workload.
pub(super) fn conversion(given: &Convert) -> Result<Result<Conversion, Refused>, String> {
    let documents = match manifest::read(&given.files)? {
        Ok(documents) => documents,
        Err(refused) => return Ok(Err(refused)),
    };
    Ok(converted(&documents).map_err(|(file, problems)| {
        let file = if file.is_empty() { given.files.join(", ") } else { file };
        Refused { file, problems }
    }))
}

/// What is wrong, and in which file; the name is empty if it is all of them.
type Wrong = (String, Vec<Problem>);

fn converted(documents: &[Document]) -> Result<Conversion, Wrong> {
    let (ours, others): (Vec<_>, Vec<_>) = documents.iter().partition(|document| {
        ["RequestAuthentication", "AuthorizationPolicy"].contains(&kubernetes::kind(&document.value))
    });
    if !ours.iter().any(|document| kubernetes::kind(&document.value) == "RequestAuthentication") {
        return Err((String::new(), vec![problem("none", "a RequestAuthentication")]));
    }
    workload::check_one(&ours).map_err(|problem| (String::new(), vec![problem]))?;
    let ledgers: Vec<_> = ours.iter().map(|document| Ledger::new(&document.file, &label(document))).collect();
    let roots: Vec<_> =
        ours.iter().zip(&ledgers).map(|(document, ledger)| Part::root(&document.value, "", ledger)).collect();
    let mut access = Access::default();
    let mut providers = Vec::new();
    for root in &roots {
        kubernetes::take_envelope(root);
        let spec = root.member("spec");
        if kubernetes::kind(root.value()) == "AuthorizationPolicy" {
            access.add(root.value(), root, spec.as_ref());
        } else if let Some(spec) = spec {
            providers.extend(spec.list("jwtRules").iter().map(provider::provider));
            difference::say_of_all(&spec);
        }
    }
    let configuration = configuration(&providers, &access, &roots);
    let mut left: Vec<_> = others.into_iter().map(kept).collect();
    for ((ledger, root), document) in ledgers.iter().zip(&roots).zip(&ours) {
        let told =
            ledger.finish(root, advice::ADVICE).map_err(|problems| (document.file.clone(), problems))?;
        left.extend(told);
    }
    match configuration {
        Some(configuration) => Ok(Conversion { configuration, left }),
        None => Err((String::new(), vec![problem("none", "a RequestAuthentication with jwtRules")])),
    }
}

/// Nothing without providers.
fn configuration(
    providers: &[super::provider::Provider],
    access: &Access,
    roots: &[Part<'_>],
) -> Option<Value> {
    let first = providers.first()?;
    let mut policies = Policies::default();
    let rows = access.table();
    let of_policies = roots.iter().filter(|root| kubernetes::kind(root.value()) == "AuthorizationPolicy");
    let say = |text: &str| of_policies.clone().for_each(|root| root.say(text));
    let Some(rows) = rows else {
        say(
            "together they have too many conditions on requests for a table of rules: check refuses the one rule that \
             stands for them",
        );
        let rule = policies::rule(&Map::new(), &["authorization policies".to_owned()]);
        policies.name_of(&first.name, first.policy(super::provider::Demand::Token));
        return Some(policies.configuration(&[rule], RouteChoice::None));
    };
    if access.looks_at_paths() {
        say(difference::PATHS);
    }
    if !access.is_empty() {
        say(
            "a request without a good token is answered 401 where it needs one, and there 403; one that no rule allows \
             is answered 403, by a policy that accepts no token, and without a good token 401",
        );
    }
    let rules = rows.into_iter().map(|(matcher, decision): (_, Decision)| {
        let names = decision.policies(providers, &mut policies);
        policies::rule(&matcher, &names)
    });
    let rules: Vec<_> = rules.collect();
    Some(policies.configuration(&rules, RouteChoice::None))
}

fn label(document: &Document) -> String {
    format!("{} {}", kubernetes::kind(&document.value), kubernetes::name(&document.value))
}

fn kept(document: &Document) -> Left {
    Left {
        file: document.file.clone(),
        line: None,
        what: label(document),
        instead: "says nothing of tokens: it is not converted, keep it".to_owned(),
    }
}

fn problem(found: &str, allowed: &str) -> Problem {
    Problem { path: String::new(), found: found.to_owned(), allowed: allowed.to_owned(), suggestion: None }
}

#[cfg(test)]
mod tests;
