//! `principal` and `operation` of an authorization rule.

use serde_json::{Value, json};

use super::super::authorized::Demands;
use super::super::part::Part;
use super::super::path::{self, PathForm};
use super::super::pattern;
use super::super::provider::named;
use super::super::requests::Condition;

/// What a rule asks of a token.
pub(super) struct TokenDemand {
    /// The provider's name.
    pub(super) provider: String,
    pub(super) demands: Demands,
}

/// Reads `principal.jwt`.
pub(super) fn token(part: &Part<'_>) -> TokenDemand {
    let claims = part.list("claims").iter().map(claim).collect();
    let demands = Demands { claims, scopes: part.texts("scopes") };
    TokenDemand { provider: part.text("provider").unwrap_or_default().to_owned(), demands }
}

fn claim(part: &Part<'_>) -> Value {
    let mut entry = named(part.text("name").unwrap_or_default());
    let _ = part.text("valueType");
    part.say("a claim counts here whether it is a text or an array, and numbers by their JSON text; there valueType tells");
    entry.insert("values".into(), json!(part.texts("values")));
    entry.insert("match".into(), "any".into());
    entry.into()
}

/// Reads what a rule asks of the request itself: conditions, each of which has to hold or must not.
pub(super) fn requests(rule: &Part<'_>) -> Vec<(Condition, bool)> {
    let mut literals = Vec::new();
    if let Some(operation) = rule.member("operation") {
        let methods = operation.texts("methods");
        if !methods.is_empty() {
            literals.push((Condition::Methods(methods), true));
        }
        if let Some(part) = operation.member("path") {
            let inverted = part.flag("invert").unwrap_or_default();
            literals.extend(path(&part).map(|condition| (condition, !inverted)));
        }
    }
    for header in rule.member("principal").map(|principal| principal.list("headers")).unwrap_or_default() {
        let name = header.text("name").unwrap_or_default().to_ascii_lowercase();
        let values = header.texts("values");
        let value = match values.as_slice() {
            [one] => one.as_str().into(),
            several => {
                let patterns: Vec<_> = several.iter().map(|value| pattern::literal(value)).collect();
                json!({"pattern": pattern::any_of(&patterns)})
            }
        };
        literals.push((Condition::Header(name, value), true));
    }
    literals
}

/// The condition of a path; none where it is every path.
fn path(part: &Part<'_>) -> Option<Condition> {
    let value = part.text("value").unwrap_or("/");
    let form = match part.text("type").unwrap_or("PathPrefix") {
        "PathPrefix" if value == "/" => return None,
        "PathPrefix" => PathForm::Below(value.trim_end_matches('/').to_owned()),
        "Exact" => PathForm::Exact(value.to_owned()),
        "RegularExpression" => {
            part.say("the expression is asked for the path after normalisation and without query; there the query belongs to it");
            PathForm::regex(value)
        }
        _ => {
            part.refuse("type PathPrefix, Exact or RegularExpression");
            return None;
        }
    };
    if path::any_odd(std::slice::from_ref(&form)) {
        part.say(path::ODD);
    }
    Some(Condition::Paths(vec![form]))
}
