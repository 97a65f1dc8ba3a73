//! `StringMatcher` and `RegexMatcher`.

use super::super::part::Part;
use super::super::pattern;

/// What a text has to be.
pub(super) enum Text {
    Exact(String),
    /// A regular expression for all of it.
    Pattern(String),
}

/// Reads a `StringMatcher`. Nothing where it is one that cannot be said.
pub(super) fn text(part: &Part<'_>) -> Option<Text> {
    let ignore_case = part.flag("ignore_case").unwrap_or_default();
    let literal = |name: &str| part.text(name).map(pattern::literal);
    let found = if let Some(exact) = part.text("exact") {
        if ignore_case { Text::Pattern(pattern::literal(exact)) } else { Text::Exact(exact.to_owned()) }
    } else if let Some(prefix) = literal("prefix") {
        Text::Pattern(prefix + ".*")
    } else if let Some(suffix) = literal("suffix") {
        Text::Pattern(format!(".*{suffix}"))
    } else if let Some(contained) = literal("contains") {
        Text::Pattern(format!(".*{contained}.*"))
    } else {
        // Envoy ignores ignore_case for regular expressions.
        return part.member("safe_regex").and_then(|regex| safe_regex(&regex)).map(Text::Pattern);
    };
    Some(match found {
        Text::Pattern(pattern) if ignore_case => Text::Pattern(format!("(?i){pattern}")),
        found => found,
    })
}

/// Reads a `RegexMatcher`.
pub(super) fn safe_regex(part: &Part<'_>) -> Option<String> {
    if let Some(engine) = part.member("google_re2") {
        engine.take();
    }
    part.text("regex").map(ToOwned::to_owned)
}
