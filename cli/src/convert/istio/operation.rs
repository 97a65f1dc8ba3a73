//! What a rule asks of the request itself: `to.operation`, and `when` with `request.headers[…]`.

use serde_json::{Value, json};

use super::super::part::Part;
use super::super::path::{self, PathForm};
use super::super::pattern;
use super::super::requests::{Condition, UNSAYABLE};
use super::wildcard::Wildcard;

/// What a list of values asks.
pub(super) enum Asked {
    /// Something that every request has.
    Anything,
    Condition(Condition),
}

/// `paths` and `notPaths`.
pub(super) fn paths(part: &Part<'_>, values: &[String]) -> Asked {
    let mut forms = Vec::new();
    for value in values {
        let form = if value.contains("{*}") || value.contains("{**}") {
            match PathForm::template(value) {
                Some(form) => form,
                None => return unsayable(part, &format!("path {value}")),
            }
        } else {
            match Wildcard::of(value) {
                Wildcard::Present | Wildcard::Prefix("/") => return Asked::Anything,
                Wildcard::Exact(text) => PathForm::Exact(text.to_owned()),
                Wildcard::Prefix(text) => PathForm::Prefix(text.to_owned()),
                Wildcard::Suffix(text) => PathForm::Suffix(text.to_owned()),
            }
        };
        forms.push(form);
    }
    if path::any_odd(&forms) {
        part.say("holds a path that is not so after normalisation: check refuses it, and says what is meant");
    }
    Asked::Condition(Condition::Paths(forms))
}

/// `methods` and `notMethods`.
pub(super) fn methods(part: &Part<'_>, values: &[String]) -> Asked {
    if values.iter().any(|value| value == "*") {
        return Asked::Anything;
    }
    match values.iter().find(|value| value.contains('*')) {
        Some(value) => unsayable(part, &format!("method {value}")),
        None => Asked::Condition(Condition::Methods(values.to_vec())),
    }
}

/// `hosts` and `notHosts`. A star stands for a port, or for what comes before a domain.
pub(super) fn hosts(part: &Part<'_>, values: &[String]) -> Asked {
    let mut hosts = Vec::new();
    for value in values {
        match Wildcard::of(value) {
            Wildcard::Present => return Asked::Anything,
            Wildcard::Exact(host) => hosts.push(host.to_ascii_lowercase()),
            Wildcard::Suffix(suffix) if suffix.starts_with('.') => hosts.push(value.to_ascii_lowercase()),
            Wildcard::Prefix(prefix) if prefix.ends_with(':') => hosts.push(value.to_ascii_lowercase()),
            Wildcard::Prefix(_) | Wildcard::Suffix(_) => return unsayable(part, &format!("host {value}")),
        }
    }
    Asked::Condition(Condition::Hosts(hosts))
}

/// `request.headers[name]`.
pub(super) fn header(key: &str, values: &[String]) -> Option<Asked> {
    let name = key.strip_prefix("request.headers[")?.strip_suffix(']')?.to_ascii_lowercase();
    let value = match values {
        _ if values.iter().any(|value| value == "*") => Value::Null,
        [one] if matches!(Wildcard::of(one), Wildcard::Exact(_)) => one.as_str().into(),
        several => {
            let patterns: Vec<_> = several.iter().map(|value| Wildcard::of(value).pattern()).collect();
            json!({"pattern": pattern::any_of(&patterns)})
        }
    };
    Some(Asked::Condition(Condition::Header(name, value)))
}

fn unsayable(part: &Part<'_>, what: &str) -> Asked {
    part.say(format!("{what} {UNSAYABLE}"));
    Asked::Condition(Condition::Unsayable(what.to_owned()))
}
