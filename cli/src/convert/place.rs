//! Where a token is looked for.

use serde_json::{Map, Value, json};

use super::part::Part;

/// A place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A header, and what stands before the token in it.
    Header { name: String, prefix: String },
    /// A query parameter.
    Parameter(String),
    /// A cookie.
    Cookie(String),
}

/// Where Envoy looks when it is not told: `Authorization`, and a query parameter.
pub(super) fn defaults() -> Vec<Place> {
    let name = "authorization".to_owned();
    vec![Place::Header { name, prefix: "Bearer ".to_owned() }, Place::Parameter("access_token".to_owned())]
}

/// How a document names its places.
pub(super) struct Spelling {
    pub(super) headers: &'static str,
    pub(super) prefix: &'static str,
    pub(super) parameters: &'static str,
    pub(super) cookies: &'static str,
}

/// Reads places; those of Envoy where none is named. What may not stand before a token here is said.
pub(super) fn read(part: &Part<'_>, spelling: &Spelling) -> Vec<Place> {
    let mut places = Vec::new();
    for header in part.list(spelling.headers) {
        let name = header.text("name").unwrap_or_default().to_owned();
        let prefix = header.text(spelling.prefix).unwrap_or_default().to_owned();
        if !prefix.is_empty() && !is_scheme(&prefix) {
            header.say("only a scheme and a blank may stand before a token here: check refuses the prefix");
        }
        places.push(Place::Header { name, prefix });
    }
    places.extend(part.texts(spelling.parameters).into_iter().map(Place::Parameter));
    places.extend(part.texts(spelling.cookies).into_iter().map(Place::Cookie));
    if places.is_empty() { defaults() } else { places }
}

/// Writes places into a policy, in the shortest form that says them.
pub(super) fn put(places: &[Place], policy: &mut Map<String, Value>) {
    let (name, value) = match places {
        [Place::Header { name, prefix }] if prefix.is_empty() => ("header_name", name.as_str().into()),
        [Place::Header { name, prefix }] if name.eq_ignore_ascii_case("authorization") => {
            ("require_scheme", prefix.trim_end().into())
        }
        [Place::Parameter(name)] => ("query_parameter_name", name.as_str().into()),
        [Place::Cookie(name)] => ("cookie_name", name.as_str().into()),
        several => ("sources", several.iter().map(source).collect()),
    };
    policy.insert(name.to_owned(), value);
}

/// An entry of `sources`. A prefix that is not a scheme is written as one, so that `check` refuses it.
fn source(place: &Place) -> Value {
    match place {
        Place::Header { name, prefix } if prefix.is_empty() => json!({"header": name}),
        Place::Header { name, prefix } => json!({"header": name, "scheme": prefix.trim_end()}),
        Place::Parameter(name) => json!({"query_parameter": name}),
        Place::Cookie(name) => json!({"cookie": name}),
    }
}

/// Whether a prefix is a scheme with a blank behind it, or could be one.
fn is_scheme(prefix: &str) -> bool {
    let scheme = prefix.trim_end();
    !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, prefix: &str) -> Place {
        Place::Header { name: name.to_owned(), prefix: prefix.to_owned() }
    }

    #[test]
    fn one_place_has_a_field_of_its_own_and_several_are_sources() {
        let parameter = || Place::Parameter("t".to_owned());
        for (places, expected) in [
            (vec![header("x-token", "")], json!({"header_name": "x-token"})),
            (vec![header("Authorization", "Bearer ")], json!({"require_scheme": "Bearer"})),
            (vec![header("x-token", "JWT ")], json!({"sources": [{"header": "x-token", "scheme": "JWT"}]})),
            (vec![parameter()], json!({"query_parameter_name": "t"})),
            (vec![Place::Cookie("c".to_owned())], json!({"cookie_name": "c"})),
            (
                vec![header("a", "token="), parameter()],
                json!({"sources": [{"header": "a", "scheme": "token="}, {"query_parameter": "t"}]}),
            ),
        ] {
            let mut policy = Map::new();
            put(&places, &mut policy);
            assert_eq!(Value::from(policy), expected, "{places:?}");
        }
        assert!(is_scheme("Bearer ") && is_scheme("JWT"));
        assert!(!is_scheme("token=") && !is_scheme(""));
    }
}
