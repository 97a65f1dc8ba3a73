//! Rules over claims: `required_claims`, and the word lists of `authorize`.

use crate::token::json::Json;
use crate::token::{ClaimPath, Claims, TokenError};

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
    AllOf(Vec<String>),
    /// At least one value listed must be among the claim's values.
    AnyOf(Vec<String>),
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
    /// [`TokenError::ClaimNotFound`] or [`TokenError::ClaimValueNotAllowed`].
    pub fn check(&self, claims: &Claims<'_>) -> Result<(), TokenError> {
        let found = claims.value(&self.path).ok_or(TokenError::ClaimNotFound)?;
        let wanted = match &self.demand {
            ClaimDemand::Present => return Ok(()),
            ClaimDemand::AllOf(wanted) | ClaimDemand::AnyOf(wanted) => wanted,
        };
        let has = |value: &String| contains(found, value, self.separator.as_deref());
        let holds = match &self.demand {
            ClaimDemand::AnyOf(_) => wanted.iter().any(has),
            ClaimDemand::AllOf(_) | ClaimDemand::Present => wanted.iter().all(has),
        };
        if holds { Ok(()) } else { Err(TokenError::ClaimValueNotAllowed) }
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

/// The words of the claims named, each a space-separated string or an array of strings.
///
/// Entra sends `scp` as a string, others `scope` as a string (RFC 9068, 2.2.3) or as an array; `roles`
/// is an array.
pub(super) fn words<'a>(
    claims: &'a Claims<'_>,
    names: &'a [&'a str],
) -> impl Iterator<Item = &'a str> + Clone {
    names.iter().filter_map(|name| claims.members().get(name)).flat_map(|value| {
        let (text, list) = match value {
            Json::String(text) => (text.as_ref(), [].as_slice()),
            Json::Array(list) => ("", list.as_slice()),
            _ => ("", [].as_slice()),
        };
        text.split(' ').filter(|word| !word.is_empty()).chain(list.iter().filter_map(Json::as_str))
    })
}

/// Whether a claim holds a value: a scalar equals it, a split string or an array has it among its parts.
fn contains(found: &Json<'_>, wanted: &str, separator: Option<&str>) -> bool {
    match found {
        Json::Array(items) => items.iter().any(|item| !item.is_array() && contains(item, wanted, separator)),
        Json::String(text) => match separator {
            Some(separator) => text.split(separator).any(|part| part == wanted),
            None => text == wanted,
        },
        Json::Bool(flag) => wanted == if *flag { "true" } else { "false" },
        Json::Number(number) => number.to_string() == wanted,
        Json::Null | Json::Object(_) => false,
    }
}
