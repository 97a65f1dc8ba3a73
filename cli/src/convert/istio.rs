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

use super::manifest::Document;
use super::part::{Ledger, Part};
use super::policies::{self, Policies, RouteChoice};
use super::{Conversion, Left, Refused, authorized, difference, kubernetes};
use access::{Access, Decision};

/// What the documents have to hold.
pub(super) const WANTED: &str = "a RequestAuthentication with jwtRules";

/// Converts what is said of one workload; nothing where no `RequestAuthentication` says anything.
pub(super) fn conversion(documents: &[Document]) -> Result<Option<Conversion>, Refused> {
    let (ours, others): (Vec<_>, Vec<_>) = documents.iter().partition(|document| {
        ["RequestAuthentication", "AuthorizationPolicy"].contains(&kubernetes::kind(&document.value))
    });
    workload::check_one(&ours)?;
    let ledgers: Vec<_> =
        ours.iter().map(|document| Ledger::new(document, &kubernetes::label(&document.value))).collect();
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
        left.extend(ledger.finish(root, advice::ADVICE).map_err(|problems| document.refused(problems))?);
    }
    Ok(configuration.map(|configuration| Conversion { configuration, left }))
}

/// Nothing without providers.
fn configuration(
    providers: &[super::provider::Provider],
    access: &Access,
    roots: &[Part<'_>],
) -> Option<Value> {
    providers.first()?;
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
        authorized::offer(&mut policies, providers);
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
    authorized::offer(&mut policies, providers);
    Some(policies.configuration(&rules, RouteChoice::None))
}

fn kept(document: &Document) -> Left {
    Left {
        file: document.file.clone(),
        line: Some(document.tree.line),
        what: kubernetes::label(&document.value),
        instead: "says nothing of tokens: it is not converted, keep it".to_owned(),
    }
}

#[cfg(test)]
mod tests;
