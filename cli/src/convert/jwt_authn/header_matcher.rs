//! `HeaderMatcher`: methods and hosts are headers too.

use serde_json::{Value, json};

use super::super::part::Part;
use super::super::pattern;
use super::super::requests::Condition;
use super::string_matcher::{self, Text};

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
    let further = part.members().into_iter().any(|(member, further)| {
        let is_further =
            !known.contains(&member.as_str()) && !known.iter().any(|name| camel_is(name, &member));
        is_further && further.value() != &Value::Bool(false)
    });
    let condition = match (name.as_str(), found) {
        _ if further => None,
        (":method", Some(Some(Text::Exact(method)))) => Some(Condition::Methods(vec![method])),
        (":method", Some(Some(Text::Pattern(pattern)))) => methods(&pattern),
        (":authority" | "host", Some(Some(Text::Exact(host)))) => Some(Condition::Hosts(vec![host])),
        (name, Some(found)) if !name.starts_with(':') && name != "host" => {
            let value = match found {
                None => Value::Null,
                Some(Text::Exact(text)) => text.into(),
                Some(Text::Pattern(pattern)) => json!({"pattern": pattern}),
            };
            Some(Condition::Header(name.to_owned(), value))
        }
        _ => None,
    };
    condition.unwrap_or_else(|| {
        part.leave(
            "cannot be said here: it stands in the rule, which check refuses until you write it otherwise",
        );
        Condition::Unsayable(format!("header {name}"))
    })
}

/// What the header has to be; nothing within where it has to be there. Nothing where that cannot be said.
fn text(part: &Part<'_>) -> Option<Option<Text>> {
    if let Some(matcher) = part.member("string_match") {
        return string_matcher::text(&matcher).map(Some);
    }
    if let Some(exact) = part.text("exact_match") {
        return Some(Some(Text::Exact(exact.to_owned())));
    }
    let literal = |name: &str| part.text(name).map(pattern::literal);
    if let Some(prefix) = literal("prefix_match") {
        return Some(Some(Text::Pattern(prefix + ".*")));
    }
    if let Some(suffix) = literal("suffix_match") {
        return Some(Some(Text::Pattern(format!(".*{suffix}"))));
    }
    if let Some(contained) = literal("contains_match") {
        return Some(Some(Text::Pattern(format!(".*{contained}.*"))));
    }
    if let Some(regex) = part.member("safe_regex_match") {
        return string_matcher::safe_regex(&regex).map(|pattern| Some(Text::Pattern(pattern)));
    }
    match part.flag("present_match") {
        Some(false) => None,
        Some(true) | None => Some(None),
    }
}

/// A pattern that lists methods.
fn methods(pattern: &str) -> Option<Condition> {
    let methods: Vec<_> =
        pattern.trim_matches(['^', '$', '(', ')']).split('|').map(ToOwned::to_owned).collect();
    let plain = |method: &String| !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
    methods.iter().all(plain).then_some(Condition::Methods(methods))
}

fn camel_is(snake: &str, member: &str) -> bool {
    snake.replace('_', "").eq_ignore_ascii_case(member)
}
