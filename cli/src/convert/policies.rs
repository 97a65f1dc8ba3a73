//! Named policies and the rules that use them, put together.

use serde_json::{Map, Value, json};

/// Named policies, each content once.
#[derive(Default)]
pub(super) struct Policies(Vec<(String, Map<String, Value>)>);

impl Policies {
    /// The name of a policy with this content: the wanted one, as far as it is free and a name.
    pub(super) fn name_of(&mut self, wanted: &str, policy: Map<String, Value>) -> String {
        if let Some((name, _)) = self.0.iter().find(|(_, known)| *known == policy) {
            return name.clone();
        }
        let fits = |char: char| if char.is_ascii_alphanumeric() || "-_".contains(char) { char } else { '_' };
        let base: String = wanted.chars().map(fits).take(56).collect();
        let base = if base.is_empty() { "policy".to_owned() } else { base };
        let mut name = base.clone();
        let mut number = 1;
        while ["rules", "allow"].contains(&name.as_str()) || self.0.iter().any(|(known, _)| *known == name) {
            number += 1;
            name = format!("{base}-{number}");
        }
        self.0.push((name.clone(), policy));
        name
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The configuration with these rules. A single policy for every request needs neither names nor rules.
    pub(super) fn configuration(self, rules: &[Value], choice: RouteChoice) -> Value {
        if let ([(name, policy)], [rule], RouteChoice::None) = (self.0.as_slice(), rules, choice)
            && *rule == json!({"match": {}, "policy": name})
        {
            return json!({"validate_jwt": policy});
        }
        let policies = self.0.into_iter().map(|(name, policy)| (name, json!({"validate_jwt": policy})));
        json!({"policies": policies.collect::<Map<_, _>>(), "rules": rules})
    }
}

/// Whether routes choose among the policies by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RouteChoice {
    None,
    ByName,
}

/// A rule; of several policies any may accept, each named once.
pub(super) fn rule(matcher: &Map<String, Value>, policies: &[String]) -> Value {
    let mut distinct: Vec<&String> = Vec::new();
    for name in policies {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    match distinct.as_slice() {
        [one] => json!({"match": matcher, "policy": one}),
        several => json!({"match": matcher, "policy": several}),
    }
}

/// A rule for requests that need no token.
pub(super) fn allow(matcher: &Map<String, Value>) -> Value {
    json!({"match": matcher, "allow": true})
}

/// Whether a rule matches every request.
pub(super) fn matches_all(rule: &Value) -> bool {
    rule["match"].as_object().is_some_and(Map::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(text: &str) -> Map<String, Value> {
        Map::from_iter([("audiences".to_owned(), json!([text]))])
    }

    #[test]
    fn a_name_is_free_fits_and_stands_for_one_content() {
        let mut policies = Policies::default();
        for (wanted, content, expected) in [
            ("a", "1", "a"),
            ("a", "1", "a"),
            ("a", "2", "a-2"),
            ("b", "1", "a"),
            ("https://x", "3", "https___x"),
            ("allow", "4", "allow-2"),
            ("", "5", "policy"),
        ] {
            assert_eq!(policies.name_of(wanted, policy(content)), expected, "{wanted} {content}");
        }
    }

    #[test]
    fn one_policy_for_all_needs_no_name() {
        let one = |choice, matcher: Value| {
            let mut policies = Policies::default();
            let name = policies.name_of("a", policy("1"));
            policies.configuration(&[json!({"match": matcher, "policy": name})], choice)
        };
        assert_eq!(one(RouteChoice::None, json!({})), json!({"validate_jwt": {"audiences": ["1"]}}));
        for found in
            [one(RouteChoice::ByName, json!({})), one(RouteChoice::None, json!({"methods": ["GET"]}))]
        {
            assert_eq!(found["policies"]["a"], json!({"validate_jwt": {"audiences": ["1"]}}));
        }
    }
}
