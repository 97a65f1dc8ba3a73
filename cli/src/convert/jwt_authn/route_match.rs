//! `match` of a rule: Envoy's `RouteMatch`.

use super::super::part::Part;
use super::super::path::{self, PathForm};
use super::super::requests::{Condition, Requests, UNSAYABLE};
use super::{header_matcher, string_matcher};

/// The requests that a rule is about.
pub(super) fn requests(rule: &Part<'_>) -> Requests {
    let Some(part) = rule.member("match") else {
        rule.refuse("match");
        return Requests::default();
    };
    let mut conditions = Vec::new();
    let heeds_case = part.flag("case_sensitive").unwrap_or(true);
    for (name, member) in part.fields() {
        match name.as_str() {
            "prefix" | "path" | "path_separated_prefix" => {
                conditions.extend(plain(&name, &member, heeds_case));
            }
            "safe_regex" => conditions.push(regex(&member)),
            "connect_matcher" => {
                member.take();
                conditions.push(Condition::Methods(vec!["CONNECT".to_owned()]));
            }
            "path_match_policy" => conditions.push(template(&member)),
            "headers" => conditions.extend(member.items().iter().map(header_matcher::condition)),
            "case_sensitive" => {}
            _ => {
                member.leave(UNSAYABLE);
                conditions.push(Condition::Unsayable(name));
            }
        }
    }
    let all = conditions.iter().try_fold(Requests::default(), Requests::and);
    all.unwrap_or_else(|| {
        part.say("no request meets all of this: drop the rule, which check refuses");
        Requests::default().and(&Condition::Unsayable("what no request meets".to_owned())).unwrap_or_default()
    })
}

fn plain(name: &str, member: &Part<'_>, heeds_case: bool) -> Option<Condition> {
    let text = member.as_text().unwrap_or_default();
    let form = match name {
        "prefix" if ["", "/"].contains(&text) => return None,
        "prefix" => PathForm::Prefix(text.to_owned()),
        "path" => PathForm::Exact(text.to_owned()),
        _ => PathForm::Below(text.to_owned()),
    };
    if path::any_odd(std::slice::from_ref(&form)) {
        member.say(path::ODD);
        return Some(Condition::Paths(vec![form]));
    }
    if name == "prefix" && !text.ends_with('/') {
        member.say(format!(
            "matches {text}x as well as {text}/x, as there: path_prefix matches whole segments alone"
        ));
    }
    let ignoring = || PathForm::regex(&format!("(?i){}", form.pattern()));
    Some(Condition::Paths(vec![if heeds_case { form } else { ignoring() }]))
}

fn regex(member: &Part<'_>) -> Condition {
    let Some(pattern) = string_matcher::safe_regex(member) else {
        member.refuse("regex");
        return Condition::Unsayable("safe_regex".to_owned());
    };
    if pattern.contains('%') || pattern.contains("//") {
        member.say(
            "paths are compared after normalisation, and this may never match then: write it for such paths",
        );
    }
    Condition::Paths(vec![PathForm::regex(&pattern)])
}

/// `path_match_policy`, of which one kind is known.
fn template(member: &Part<'_>) -> Condition {
    let template = member.member("typed_config").and_then(|config| config.text("path_template"));
    let form = template.and_then(PathForm::template);
    member.take();
    form.map_or_else(
        || {
            member.leave(UNSAYABLE);
            Condition::Unsayable("path_match_policy".to_owned())
        },
        |form| Condition::Paths(vec![form]),
    )
}
