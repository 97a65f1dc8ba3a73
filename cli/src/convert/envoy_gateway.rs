//! From Envoy Gateway's `SecurityPolicy`: `jwt`, and `authorization` by what a token says.

mod advice;
mod authorization;
mod principal;
mod provider;

use serde_json::{Map, Value};
use validate_jwt::config::Problem;

use super::authorized;
use super::difference;
use super::kubernetes;
use super::manifest::Document;
use super::part::{Ledger, Part};
use super::policies::{self, Policies, RouteChoice};
use super::provider::Demand;
use super::{Conversion, Found, Left, Refused};

/// What a document has to be.
pub(super) const WANTED: &str = "a SecurityPolicy with spec.jwt";

/// Converts every `SecurityPolicy` with `jwt`; nothing where there is none. Key sets may stand in a `ConfigMap` beside it.
pub(super) fn conversion(documents: &[Document]) -> Result<Option<Conversion>, Refused> {
    let mut found = Vec::new();
    let mut left = Vec::new();
    for document in documents {
        let Document { file, value, tree } = document;
        let place = kubernetes::label(value);
        match kubernetes::kind(value) {
            "ConfigMap" => {}
            "SecurityPolicy" if !value["spec"]["jwt"].is_null() => {
                let (configuration, told) = security_policy(document, &place, documents)
                    .map_err(|problems| document.refused(problems))?;
                left.extend(told);
                found.push(Found { file: file.clone(), place, configuration });
            }
            _ => left.push(Left {
                file: file.clone(),
                line: Some(tree.line),
                what: place,
                instead: "is not a SecurityPolicy with jwt: not converted, keep it".to_owned(),
            }),
        }
    }
    Ok(super::one_configuration(found, left))
}

fn security_policy(
    document: &Document,
    label: &str,
    documents: &[Document],
) -> Result<(Value, Vec<Left>), Vec<Problem>> {
    let ledger = Ledger::new(document, label);
    let root = Part::root(&document.value, "", &ledger);
    kubernetes::take_envelope(&root);
    let mut policies = Policies::default();
    let mut rules = Vec::new();
    if let Some(spec) = root.member("spec")
        && let Some(jwt) = spec.member("jwt")
    {
        let providers: Vec<_> =
            jwt.list("providers").iter().map(|part| provider::provider(part, documents)).collect();
        let demand = demand(&jwt);
        if providers.is_empty() {
            jwt.refuse("providers");
        }
        rules = match spec.member("authorization") {
            None => {
                vec![policies::rule(&Map::new(), &authorized::everybody(&mut policies, &providers, demand))]
            }
            Some(part) => authorization::rules(&part, &providers, demand, &mut policies),
        };
        authorized::offer(&mut policies, &providers);
        difference::say_of_all(&jwt);
    }
    let configuration = policies.configuration(&rules, RouteChoice::None);
    Ok((configuration, ledger.finish(&root, advice::ADVICE)?))
}

fn demand(jwt: &Part<'_>) -> Demand {
    let optional = jwt.flag("optional").unwrap_or_default();
    if jwt.flag("failOpen").unwrap_or_default() {
        jwt.say("failOpen: a bad token is no reason to refuse, as there: mode report_only lets every request pass");
        return Demand::Nothing;
    }
    if optional { Demand::TokenOrNone } else { Demand::Token }
}

#[cfg(test)]
mod tests;
