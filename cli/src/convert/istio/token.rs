//! What a rule asks of a token: `requestPrincipals`, and `when` with `request.auth.…`.

use serde_json::{Map, Value, json};

use super::super::provider::Provider;
use super::wildcard::Wildcard;

/// A condition on a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenCondition {
    /// `issuer/subject` is one of these.
    Principal(Vec<String>),
    /// A claim, by the names that lead to it, is or holds one of these.
    Claim(Vec<String>, Vec<String>),
}

/// What a condition is for a provider's tokens.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Asked {
    /// No token of this provider meets it.
    Never,
    /// An entry of `authorize.claims`.
    Claim(Value),
}

impl TokenCondition {
    /// The condition of a key of `when`, if it is about tokens.
    pub(super) fn of_key(key: &str, values: Vec<String>) -> Option<Self> {
        let claim = |name: &str, values| Self::Claim(vec![name.to_owned()], values);
        match key {
            "request.auth.principal" => Some(Self::Principal(values)),
            "request.auth.audiences" => Some(claim("aud", values)),
            "request.auth.presenter" => Some(claim("azp", values)),
            _ => {
                let names = key.strip_prefix("request.auth.claims[")?.strip_suffix(']')?;
                let names = names.split("][").map(|name| name.trim_matches(['"', '\'']).to_owned());
                Some(Self::Claim(names.collect(), values))
            }
        }
    }

    /// Whether it only asks for a token.
    pub(super) fn is_any_token(&self) -> bool {
        matches!(self, Self::Principal(values) if values.iter().any(|value| value == "*"))
    }

    /// What it is for the tokens of a provider, whose issuer is known.
    pub(super) fn asked_of(&self, provider: &Provider) -> Asked {
        match self {
            Self::Principal(values) => {
                let issuer = provider.issuer.as_deref().unwrap_or_default();
                let subjects: Vec<_> = values.iter().filter_map(|value| subject(value, issuer)).collect();
                if subjects.is_empty() {
                    return Asked::Never;
                }
                Asked::Claim(entry(Map::from_iter([("name".to_owned(), "sub".into())]), &subjects))
            }
            Self::Claim(names, values) => {
                let mut claim = Map::new();
                match names.as_slice() {
                    [name] => claim.insert("name".into(), name.as_str().into()),
                    several => claim.insert("path".into(), json!(several)),
                };
                if provider.spaced.contains(&names.join(".")) {
                    claim.insert("separator".into(), " ".into());
                }
                let values: Vec<_> = values.iter().map(|value| Wildcard::of(value)).collect();
                Asked::Claim(entry(claim, &values))
            }
        }
    }
}

/// What a principal says of the subject, if it is one of this issuer. The issuer ends at the last slash.
fn subject<'a>(principal: &'a str, issuer: &str) -> Option<Wildcard<'a>> {
    let (issuers, subject) = match (Wildcard::of(principal), principal.rsplit_once('/')) {
        (Wildcard::Present, _) => (Wildcard::Present, Wildcard::Present),
        (Wildcard::Suffix(_), Some((issuer, subject))) => (Wildcard::of(issuer), Wildcard::Exact(subject)),
        (Wildcard::Suffix(suffix), None) => (Wildcard::Present, Wildcard::Suffix(suffix)),
        (_, Some((issuer, subject))) => (Wildcard::Exact(issuer), Wildcard::of(subject)),
        (Wildcard::Prefix(prefix), None) => (Wildcard::Prefix(prefix), Wildcard::Present),
        (Wildcard::Exact(_), None) => return None,
    };
    issuers.matches(issuer).then_some(subject)
}

/// Completes an entry of claims with the values of which it has to hold any.
fn entry(mut entry: Map<String, Value>, values: &[Wildcard<'_>]) -> Value {
    if values.contains(&Wildcard::Present) {
        return entry.into();
    }
    let exact = values.iter().filter_map(|value| match value {
        Wildcard::Exact(text) => Some(*text),
        _ => None,
    });
    let exact: Vec<_> = exact.collect();
    let patterns: Vec<_> = values
        .iter()
        .filter(|value| !matches!(value, Wildcard::Exact(_)))
        .map(|value| value.pattern())
        .collect();
    if !exact.is_empty() {
        entry.insert("values".into(), json!(exact));
    }
    if !patterns.is_empty() {
        entry.insert("patterns".into(), json!(patterns));
    }
    if values.len() > 1 {
        entry.insert("match".into(), "any".into());
    }
    entry.into()
}
