//! The value of a header that carries a token: a scheme, or none, and the token (RFC 9110, 11.4).

use super::reason::Reason;
use super::split::split_once;

/// The authentication scheme before a token in a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    /// `Bearer ` is taken off where present, a bare token is accepted too: `validate_jwt` without
    /// `require_scheme`, and with any header but `Authorization`.
    BearerOptional,
    /// This scheme must be there, compared ignoring case.
    Required(String),
    /// The bare token only: `validate_azure_ad_token` with a header of one's own.
    Forbidden,
}

impl Scheme {
    /// Whether a word is the scheme that stands before a token of ours.
    fn is_named_by(&self, word: &[u8]) -> bool {
        let name = match self {
            Self::Required(name) => name.as_str(),
            Self::BearerOptional | Self::Forbidden => BEARER,
        };
        word.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Whether one part of a joined header could carry a token of ours.
    fn is_before(&self, part: &[u8]) -> bool {
        self.is_named_by(split_once(part, b' ').map_or(part, |(first, _)| first))
    }
}

/// Takes the scheme off a header's value. What stands behind it is not looked into: reading it as a token is one look,
/// and [`strictly`] takes another one where that failed.
pub(super) fn token<'a>(scheme: &Scheme, value: &'a [u8]) -> Result<&'a [u8], Reason> {
    match split_once(value, b' ') {
        Some((first, rest)) if *scheme != Scheme::Forbidden && scheme.is_named_by(first) => {
            Ok(rest.trim_ascii_start())
        }
        _ => strictly(scheme, value),
    }
}

/// Takes the scheme off a header's value that holds a scheme, one token and nothing else.
pub(super) fn strictly<'a>(scheme: &Scheme, value: &'a [u8]) -> Result<&'a [u8], Reason> {
    // A proxy joins repeated headers with a comma, which no token holds: never the first that fits.
    let mut parts = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    let joined = value.contains(&b',');
    if joined && (parts.any(|part| scheme.is_before(part)) || !value.contains(&b' ')) {
        return Err(Reason::TokenAmbiguous);
    }
    let (first, rest) = match split_once(value, b' ') {
        Some((first, rest)) => (first, rest.trim_ascii_start()),
        None => (value, &b""[..]),
    };
    let token = match scheme {
        Scheme::Forbidden => value,
        _ if scheme.is_named_by(first) => rest,
        Scheme::BearerOptional if rest.is_empty() => value,
        _ => return Err(Reason::TokenNotPresent),
    };
    if token.is_empty() {
        Err(Reason::TokenNotPresent)
    } else if token.iter().any(u8::is_ascii_whitespace) {
        Err(Reason::TokenMalformed)
    } else {
        Ok(token)
    }
}

/// The scheme of a bearer token (RFC 6750, 2.1), and of the challenge for one (3).
pub(super) const BEARER: &str = "Bearer";
