//! From Envoy's own filter: `JwtAuthentication`, alone or wherever it stands in an Envoy configuration.

mod advice;
mod header_matcher;
mod instances;
mod key_source;
mod provider;
mod requirement;
mod route_match;
mod string_matcher;

use serde_json::{Map, Value};
use validate_jwt::config::Problem;

use super::difference;
use super::manifest::Document;
use super::part::{Ledger, Part};
use super::policies::{self, RouteChoice};
use super::{Conversion, Found, Left, Refused};
use requirement::Requirements;

/// What a document has to hold.
pub(super) const WANTED: &str = "a JwtAuthentication, with @type where it is part of an Envoy configuration";

/// Converts every `JwtAuthentication`; nothing where there is none.
pub(super) fn conversion(documents: &[Document]) -> Result<Option<Conversion>, Refused> {
    let mut found = Vec::new();
    let mut left = Vec::new();
    for (number, document) in (1..).zip(documents) {
        let Document { file, value, tree } = document;
        let filters = instances::filters(value);
        let routes = instances::routes(document);
        if filters.is_empty() && routes.is_empty() {
            left.push(Left {
                file: file.clone(),
                line: Some(tree.line),
                what: format!("document {number}"),
                instead: "holds no JwtAuthentication: it is not converted".to_owned(),
            });
        }
        for (path, value) in filters {
            let (configuration, told) =
                filter(document, &path, value).map_err(|problems| document.refused(problems))?;
            left.extend(told);
            let place = if path.is_empty() { format!("document {number}") } else { path };
            found.push(Found { file: file.clone(), place, configuration });
        }
        left.extend(routes);
    }
    Ok(super::one_configuration(found, left))
}

/// Converts one filter.
fn filter(document: &Document, path: &str, value: &Value) -> Result<(Value, Vec<Left>), Vec<Problem>> {
    let ledger = Ledger::new(document, "");
    let root = Part::root(value, path, &ledger);
    let _ = root.member("@type");
    let failure = root.flag("strip_failure_response").unwrap_or_default();
    let mut requirements = Requirements::of(&root, failure);
    let mut rules = Vec::new();
    if root.flag("bypass_cors_preflight").unwrap_or_default() {
        rules.push(policies::allow(&Map::from_iter([("cors_preflight".to_owned(), true.into())])));
    }
    add_rules(&root, &mut requirements, &mut rules);
    let choice = requirements.named();
    add_last_rule(&root, choice, &mut rules);
    requirements.add_unused();
    difference::say_of_all(&root);
    let configuration = requirements.into_policies().configuration(&rules, choice);
    let mut left = ledger.finish(&root, advice::ADVICE)?;
    for of_all in left.iter_mut().filter(|left| left.what.is_empty()) {
        "JwtAuthentication".clone_into(&mut of_all.what);
    }
    Ok((configuration, left))
}

fn add_rules<'a>(root: &Part<'a>, requirements: &mut Requirements<'a>, rules: &mut Vec<Value>) {
    let Some(list) = root.member("rules") else { return };
    let mut looks_at_paths = false;
    let mut for_all: Option<String> = None;
    for part in list.items() {
        if let Some(for_all) = &for_all {
            part.leave(format!("never decides: {for_all} matches every request"));
            continue;
        }
        let requests = route_match::requests(&part);
        looks_at_paths |= requests.paths.is_some();
        let matcher = requests.to_match();
        let rule = match requirements.of_rule(&part) {
            None => policies::allow(&matcher),
            Some(names) => policies::rule(&matcher, &names),
        };
        if policies::matches_all(&rule) {
            for_all = Some(part.path().to_owned());
        }
        rules.push(rule);
    }
    if looks_at_paths {
        list.say(difference::PATHS);
    }
}

/// What no rule matches passes there, if no other filter demands something.
fn add_last_rule(root: &Part<'_>, choice: RouteChoice, rules: &mut Vec<Value>) {
    if rules.last().is_some_and(policies::matches_all) {
        return;
    }
    let matcher = Map::new();
    if let Some(chosen) = root.member("filter_state_rules") {
        chosen.leave(
            "no filter state chooses a policy here, but rules and route metadata do; the last rule names it, so that \
             check refuses the configuration until you say what happens to these requests",
        );
        rules.push(policies::rule(&matcher, &["filter state rules".to_owned()]));
        return;
    }
    let part = root.member("rules").unwrap_or_else(|| root.clone());
    let routes = match choice {
        RouteChoice::None => "",
        RouteChoice::ByName => " and no route chooses for",
    };
    part.say(format!(
        "a request that no rule matches{routes} passes without a token, as there: the last rule says so"
    ));
    rules.push(policies::allow(&matcher));
}

#[cfg(test)]
mod tests;
