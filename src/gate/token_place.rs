//! Where a request carries its token; a place finds the token and can take it out.

use std::borrow::Cow;

use super::cookie;
use super::credentials::{self, Schemes, SentScheme};
use super::header_edit::HeaderEdit;
use super::header_name::HeaderName;
use super::query;
use super::reason::Reason;
use super::request::Request;

/// One place for a token (RFC 6750, 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenPlace {
    /// A header.
    Header {
        /// Which one; `authorization` unless configured.
        name: HeaderName,
        /// What stands before the token.
        schemes: Schemes,
    },
    /// A query parameter, percent-decoded once. Its name as it reads after decoding.
    Query(String),
    /// A cookie.
    Cookie(String),
}

impl TokenPlace {
    /// The header that the token is in; a query parameter is in none.
    pub(crate) fn header(&self) -> Option<HeaderName> {
        match self {
            Self::Header { name, .. } => Some(name.clone()),
            Self::Cookie(_) => Some(HeaderName::cookie()),
            Self::Query(_) => None,
        }
    }

    /// What stands at this place, once: a header's whole value, scheme and all; a query parameter, decoded; a cookie.
    /// Nothing has looked into it yet. `at` is this place's number.
    fn find<'a>(&'a self, at: usize, request: &'a Request) -> Result<Presented<'a>, Reason> {
        let value = match self {
            Self::Header { name, .. } => only(request.values(name.as_str())).map(Cow::Borrowed),
            Self::Query(parameter) => only(query::values(request.target(), parameter))
                .and_then(|value| query::percent_decoded(value).ok_or(Reason::TokenMalformed)),
            Self::Cookie(name) => only(cookie::values(request, name)).map(Cow::Borrowed),
        }?;
        Ok(Presented { place: self, at, value })
    }
}

/// The places of one requirement. A token is taken from any of them, and from one only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPlaces {
    first: TokenPlace,
    rest: Vec<TokenPlace>,
}

impl TokenPlaces {
    /// One place and any further ones.
    pub fn new(first: TokenPlace, rest: Vec<TokenPlace>) -> Self {
        Self { first, rest }
    }

    /// Every place.
    pub fn iter(&self) -> impl Iterator<Item = &TokenPlace> + Clone {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// Whether all of them are cookies.
    pub(crate) fn are_cookies(&self) -> bool {
        self.iter().all(|place| matches!(place, TokenPlace::Cookie(_)))
    }

    /// What the request presents as its token.
    ///
    /// # Errors
    ///
    /// [`Reason::TokenNotPresent`], [`Reason::TokenAmbiguous`], or [`Reason::TokenMalformed`] for a query parameter
    /// with a broken escape.
    pub(super) fn find<'a>(&'a self, request: &'a Request) -> Result<Presented<'a>, Reason> {
        // A single place is not looked into before the verdict cache was asked.
        if self.rest.is_empty() {
            return self.first.find(0, request);
        }
        let present = |(at, place): (usize, &'a TokenPlace)| match place.find(at, request) {
            Err(Reason::TokenNotPresent) => None,
            Ok(presented) if presented.is_of_another_scheme() => None,
            found => Some(found),
        };
        let mut found = self.iter().enumerate().filter_map(present);
        let first = found.next().unwrap_or(Err(Reason::TokenNotPresent))?;
        found.next().map_or(Ok(first), |_| Err(Reason::TokenAmbiguous))
    }

    /// Whether nothing stands at any of the places that a server could take for a token.
    pub(super) fn hold_none(&self, request: &Request) -> bool {
        self.iter().all(|place| match place {
            TokenPlace::Header { name, schemes } => {
                request.values(name.as_str()).all(|value| credentials::holds_none(schemes, value))
            }
            TokenPlace::Query(_) | TokenPlace::Cookie(_) => {
                place.find(0, request).is_err_and(|reason| reason == Reason::TokenNotPresent)
            }
        })
    }
}

/// The edits that take tokens out of a request: all at once, since places share the query and the cookies.
pub(super) fn removal<'a>(
    places: impl Iterator<Item = &'a TokenPlace>,
    request: &Request,
) -> Vec<HeaderEdit> {
    let (mut edits, mut parameters, mut cookies) = (Vec::new(), Vec::new(), Vec::new());
    for place in places {
        match place {
            TokenPlace::Header { name, .. } => edits.push(HeaderEdit::Remove(name.into())),
            TokenPlace::Query(parameter) => parameters.push(parameter.as_str()),
            TokenPlace::Cookie(name) => cookies.push(name.as_str()),
        }
    }
    if !parameters.is_empty() {
        edits.push(HeaderEdit::SetPath(query::without(request.target(), &parameters)));
    }
    if !cookies.is_empty() {
        edits.push(cookie::without(request, &cookies));
    }
    edits
}

/// What stood at a place of the token.
pub(super) struct Presented<'a> {
    place: &'a TokenPlace,
    /// Which of the places that is.
    at: usize,
    value: Cow<'a, [u8]>,
}

impl Presented<'_> {
    /// Which of its places the token stood at.
    pub(super) fn place(&self) -> usize {
        self.at
    }

    /// The scheme that the token was sent under.
    pub(super) fn scheme(&self) -> SentScheme {
        match self.place {
            TokenPlace::Header { schemes, .. } => credentials::sent_scheme(schemes, &self.value),
            TokenPlace::Query(_) | TokenPlace::Cookie(_) => SentScheme::Ordinary,
        }
    }

    /// The bytes as they were presented, with the scheme.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.value
    }

    /// The token in it. Bytes stay bytes: whether they are a token is not decided here.
    ///
    /// # Errors
    ///
    /// [`Reason::TokenNotPresent`], [`Reason::TokenAmbiguous`] or [`Reason::TokenMalformed`].
    pub(super) fn token(&self) -> Result<&[u8], Reason> {
        match self.place {
            TokenPlace::Header { schemes, .. } => credentials::token(schemes, &self.value),
            TokenPlace::Query(_) | TokenPlace::Cookie(_) => Ok(&self.value),
        }
    }

    /// Why what [`Presented::token`] gave cannot be read.
    pub(super) fn malformed(&self) -> Reason {
        self.strictly().err().unwrap_or(Reason::TokenMalformed)
    }

    fn is_of_another_scheme(&self) -> bool {
        self.strictly() == Err(Reason::TokenNotPresent)
    }

    fn strictly(&self) -> Result<&[u8], Reason> {
        match self.place {
            TokenPlace::Header { schemes, .. } => credentials::strictly(schemes, &self.value),
            TokenPlace::Query(_) | TokenPlace::Cookie(_) => Ok(&self.value),
        }
    }
}

/// Exactly one non-empty value.
fn only<'a>(mut values: impl Iterator<Item = &'a [u8]>) -> Result<&'a [u8], Reason> {
    let value = values.next().ok_or(Reason::TokenNotPresent)?;
    match values.next() {
        Some(_) => Err(Reason::TokenAmbiguous),
        None if value.is_empty() => Err(Reason::TokenNotPresent),
        None => Ok(value),
    }
}

#[cfg(test)]
mod tests;
