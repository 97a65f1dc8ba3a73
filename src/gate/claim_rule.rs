//! Rules over claims: `required_claims`, and the word lists of `authorize`.

use serde_json::Number;

use super::reason::Reason;
use super::value_match::ValueMatch;
use crate::token::json::Json;
use crate::token::{ClaimPath, Claims};

/// One entry of `required_claims` or `authorize.claims`.
#[derive(Debug)]
pub struct ClaimRule {
    /// Which claim.
    pub path: ClaimPath,
    /// What it must hold.
    pub demand: ClaimDemand,
    /// Splits the token's string into values.
    pub separator: Option<String>,
}

/// What a claim must hold.
#[derive(Debug, PartialEq, Eq)]
pub enum ClaimDemand {
    /// The claim must be there.
    Present,
    /// Every value listed must be among the claim's values.
    AllOf(Vec<ValueMatch>),
    /// At least one value listed must be among the claim's values.
    AnyOf(Vec<ValueMatch>),
}

/// `{"any": […]}` or `{"all": […]}` of `authorize.scopes` and `authorize.roles`.
#[derive(Debug, PartialEq, Eq)]
pub enum WordRule {
    /// At least one.
    AnyOf(Vec<String>),
    /// Every one.
    AllOf(Vec<String>),
}

/// How the parts of `authorize` combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combine {
    /// Every part must hold.
    All,
    /// One part is enough.
    Any,
}

impl ClaimRule {
    /// Checks the rule.
    ///
    /// # Errors
    ///
    /// [`Reason::ClaimNotFound`] or [`Reason::ClaimValueNotAllowed`].
    pub fn check(&self, claims: &Claims<'_>) -> Result<(), Reason> {
        let found =
            claims.value(&self.path).filter(|found| !is_nothing(found)).ok_or(Reason::ClaimNotFound)?;
        let wanted = match &self.demand {
            ClaimDemand::Present => return Ok(()),
            ClaimDemand::AllOf(wanted) | ClaimDemand::AnyOf(wanted) => wanted,
        };
        let has = |value: &ValueMatch| contains(found, value, self.separator.as_deref());
        let holds = match &self.demand {
            ClaimDemand::AnyOf(_) => wanted.iter().any(has),
            ClaimDemand::AllOf(_) | ClaimDemand::Present => wanted.iter().all(has),
        };
        if holds { Ok(()) } else { Err(Reason::ClaimValueNotAllowed) }
    }
}

impl WordRule {
    /// Whether the rule holds for a token that carries these words.
    pub fn holds<'a>(&self, words: &(impl Iterator<Item = &'a str> + Clone)) -> bool {
        let has = |wanted: &String| words.clone().any(|word| word == wanted);
        match self {
            Self::AnyOf(wanted) => wanted.iter().any(has),
            Self::AllOf(wanted) => wanted.iter().all(has),
        }
    }

    /// The words named in the configuration.
    pub fn words(&self) -> &[String] {
        match self {
            Self::AnyOf(words) | Self::AllOf(words) => words,
        }
    }
}

/// The scopes of a token: a string is words, an array is its items. Entra sends `scp` as a string, others `scope` as a
/// string (RFC 9068, 2.2.3) or as an array.
pub(super) fn scopes<'a>(claims: &'a Claims<'_>) -> impl Iterator<Item = &'a str> + Clone {
    ["scp", "scope"].into_iter().filter_map(|name| claims.members().get(name)).flat_map(|value| {
        let words = value.as_str().unwrap_or_default().split(' ').filter(|word| !word.is_empty());
        words.chain(items(value))
    })
}

/// The roles of a token: a string is one role, whatever blanks it holds, an array is its items.
pub(super) fn roles<'a>(claims: &'a Claims<'_>) -> impl Iterator<Item = &'a str> + Clone {
    claims.members().get("roles").into_iter().flat_map(|value| value.as_str().into_iter().chain(items(value)))
}

/// The texts in an array; nothing of any other value.
fn items<'a>(value: &'a Json<'_>) -> impl Iterator<Item = &'a str> + Clone {
    let items = match value {
        Json::Array(items) => items.as_slice(),
        _ => &[],
    };
    items.iter().filter_map(Json::as_str)
}

/// Whether a claim holds a value: a scalar equals it, a split string or an array has it among its parts.
fn contains(found: &Json<'_>, wanted: &ValueMatch, separator: Option<&str>) -> bool {
    match found {
        Json::Array(items) => items.iter().any(|item| !item.is_array() && contains(item, wanted, separator)),
        Json::String(text) => match separator {
            Some(separator) => text.split(separator).any(|part| wanted.matches(part)),
            None => wanted.matches(text),
        },
        Json::Bool(flag) => wanted.matches(if *flag { "true" } else { "false" }),
        Json::Number(number) => wanted.matches(&text_of(number)),
        Json::Null | Json::Object(_) => false,
    }
}

/// Whether a claim says nothing, as if it were missing.
fn is_nothing(found: &Json<'_>) -> bool {
    match found {
        Json::Null => true,
        Json::Array(items) => items.is_empty(),
        Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_) => false,
    }
}

/// A number as it is compared: its JSON text, but a whole one without fraction and exponent.
fn text_of(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() && float == 0.0 => "0".to_owned(),
        Some(float) if number.is_f64() && float.fract() == 0.0 => float.to_string(),
        _ => number.to_string(),
    }
}
