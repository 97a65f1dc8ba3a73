//! `HeaderMatcher`: methods and hosts are headers too.

use serde_json::{Value, json};

use super::super::part::Part;
use super::super::pattern;
use super::super::requests::{Condition, UNSAYABLE};
use super::string_matcher::{self, Text};

/// What a header has to be.
enum Wanted {
    Present,
    Text(Text),
}

/// The condition that an entry of `headers` is.
pub(super) fn condition(part: &Part<'_>) -> Condition {
    let name = part.text("name").unwrap_or_default().to_ascii_lowercase();
    let found = text(part);
    let known = [
        "name",
        "string_match",
        "exact_match",
        "prefix_match",
        "suffix_match",
        "contains_match",
        "safe_regex_match",
        "present_match",
    ];
    let further = part
        .fields()
        .into_iter()
        .any(|(name, further)| !known.contains(&name.as_str()) && further.value() != &Value::Bool(false));
    let condition = match (name.as_str(), found) {
        _ if further => None,
        (":method", Some(Wanted::Text(Text::Exact(method)))) => Some(Condition::Methods(vec![method])),
        (":method", Some(Wanted::Text(Text::Pattern(pattern)))) => methods(&pattern),
        // A star is a character there, and stands for a part of a host here.
        (":authority" | "host", Some(Wanted::Text(Text::Exact(host)))) if !host.contains('*') => {
            Some(Condition::Hosts(vec![host]))
        }
        (name, Some(found)) if !name.starts_with(':') && name != "host" => {
            let value = match found {
                Wanted::Present => Value::Null,
                Wanted::Text(Text::Exact(text)) => text.into(),
                Wanted::Text(Text::Pattern(pattern)) => json!({"pattern": pattern}),
            };
            Some(Condition::Header(name.to_owned(), value))
        }
        _ => None,
    };
    condition.unwrap_or_else(|| {
        part.leave(UNSAYABLE);
        Condition::Unsayable(format!("header {name}"))
    })
}

/// What the header has to be. Nothing where that cannot be said.
fn text(part: &Part<'_>) -> Option<Wanted> {
    if let Some(matcher) = part.member("string_match") {
        return string_matcher::text(&matcher).map(Wanted::Text);
    }
    if let Some(exact) = part.text("exact_match") {
        return Some(Wanted::Text(Text::Exact(exact.to_owned())));
    }
    let literal = |name: &str| part.text(name).map(pattern::literal);
    if let Some(prefix) = literal("prefix_match") {
        return Some(Wanted::Text(Text::Pattern(prefix + ".*")));
    }
    if let Some(suffix) = literal("suffix_match") {
        return Some(Wanted::Text(Text::Pattern(format!(".*{suffix}"))));
    }
    if let Some(contained) = literal("contains_match") {
        return Some(Wanted::Text(Text::Pattern(format!(".*{contained}.*"))));
    }
    if let Some(regex) = part.member("safe_regex_match") {
        return string_matcher::safe_regex(&regex).map(|pattern| Wanted::Text(Text::Pattern(pattern)));
    }
    match part.flag("present_match") {
        Some(false) => None,
        Some(true) | None => Some(Wanted::Present),
    }
}

/// A pattern that lists methods.
fn methods(pattern: &str) -> Option<Condition> {
    let methods: Vec<_> =
        pattern.trim_matches(['^', '$', '(', ')']).split('|').map(ToOwned::to_owned).collect();
    let plain = |method: &String| !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
    methods.iter().all(plain).then_some(Condition::Methods(methods))
}
