//! What the tests of every origin ask.

use validate_jwt::config::Config;

use super::*;

/// The documents of a text in YAML.
pub(super) fn documents(text: &str) -> Vec<Document> {
    manifest::parse("f", text.as_bytes()).unwrap_or_else(|refused| panic!("{refused}\n{text}"))
}

/// Each rule's match, and the policies' names.
pub(super) fn rules(configuration: &Value) -> Vec<(Value, Value)> {
    let rules = configuration["rules"].as_array().unwrap_or_else(|| panic!("{configuration:#}"));
    rules.iter().map(|rule| (rule["match"].clone(), rule["policy"].clone())).collect()
}

/// The filter takes it.
#[track_caller]
pub(super) fn loads(configuration: &Value) {
    if let Err(problems) = Config::parse(configuration.to_string().as_bytes()) {
        panic!("{:#?}\n{configuration:#}", problems.iter().map(ToString::to_string).collect::<Vec<_>>());
    }
}

/// One line of the list begins with `start`, and holds `part`.
#[track_caller]
pub(super) fn says(list: &[String], start: &str, part: &str) {
    let found = list.iter().any(|line| line.starts_with(start) && line.contains(part));
    assert!(found, "{start}…{part}\n{list:#?}");
}
