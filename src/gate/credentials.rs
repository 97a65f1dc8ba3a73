//! The value of a header that carries a token: a scheme, or none, and the token (RFC 9110, 11.4).

use super::reason::Reason;
use super::split::split_once;
use crate::token::base64url;

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
}

/// A scheme for tokens that are bound to a key or a certificate, where a policy takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoundScheme {
    /// `DPoP` (RFC 9449, 7.1).
    Dpop,
    /// `MTLS_POP`, which Entra's clients send a token under that is bound to a certificate.
    MtlsPop,
}

impl BoundScheme {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dpop => "DPoP",
            Self::MtlsPop => "MTLS_POP",
        }
    }
}

/// The scheme that a token was sent under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SentScheme {
    /// The policy's ordinary one, or none.
    #[default]
    Ordinary,
    /// One for bound tokens.
    Bound(BoundScheme),
}

/// What may stand before a token in a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schemes {
    /// The policy's own.
    pub ordinary: Scheme,
    /// Those that it takes besides.
    pub bound: Vec<BoundScheme>,
}

impl Schemes {
    /// Which of them a word names.
    fn named_by(&self, word: &[u8]) -> Option<SentScheme> {
        let mut bound = self.bound.iter();
        let named = bound.find(|scheme| word.eq_ignore_ascii_case(scheme.name().as_bytes()));
        let ordinary = self.ordinary != Scheme::Forbidden && self.ordinary.is_named_by(word);
        named.map(|scheme| SentScheme::Bound(*scheme)).or_else(|| ordinary.then_some(SentScheme::Ordinary))
    }

    /// Whether one part of a joined header could carry a token of ours.
    fn are_before(&self, part: &[u8]) -> bool {
        let word = split_once(part, b' ').map_or(part, |(first, _)| first);
        self.ordinary.is_named_by(word) || self.named_by(word).is_some()
    }
}

impl From<Scheme> for Schemes {
    fn from(ordinary: Scheme) -> Self {
        Self { ordinary, bound: Vec::new() }
    }
}

/// The scheme that a header's value begins with, of those that are taken.
pub(super) fn sent_scheme(schemes: &Schemes, value: &[u8]) -> SentScheme {
    split_once(value, b' ').and_then(|(first, _)| schemes.named_by(first)).unwrap_or_default()
}

/// Takes the scheme off a header's value. What stands behind it is not looked into: reading it as a token is one look,
/// and [`strictly`] takes another one where that failed.
pub(super) fn token<'a>(schemes: &Schemes, value: &'a [u8]) -> Result<&'a [u8], Reason> {
    match split_once(value, b' ') {
        Some((first, rest)) if schemes.named_by(first).is_some() => Ok(rest.trim_ascii_start()),
        _ => strictly(schemes, value),
    }
}

/// Takes the scheme off a header's value that holds a scheme, one token and nothing else.
pub(super) fn strictly<'a>(schemes: &Schemes, value: &'a [u8]) -> Result<&'a [u8], Reason> {
    // A proxy joins repeated headers with a comma, which no token holds: never the first that fits.
    let mut parts = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    let joined = value.contains(&b',');
    if joined && (parts.any(|part| schemes.are_before(part)) || !value.contains(&b' ')) {
        return Err(Reason::TokenAmbiguous);
    }
    let (first, rest) = match split_once(value, b' ') {
        Some((first, rest)) => (first, rest.trim_ascii_start()),
        None => (value, &b""[..]),
    };
    let token = match schemes.ordinary {
        Scheme::Forbidden => value,
        _ if schemes.named_by(first).is_some() => rest,
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

/// Whether a header's value holds nothing that a server could take for a token: no token of ours, and under no other
/// scheme, or none, anything of the form of one (RFC 7515, 3.1).
pub(super) fn holds_none(schemes: &Schemes, value: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let mut words = value.split(|byte| !fits(byte));
    let is_token = |word: &[u8]| {
        let mut segments = word.split(|byte| *byte == b'.');
        let header = segments.next().and_then(|first| std::str::from_utf8(first).ok()).unwrap_or_default();
        segments.count() >= 2
            && base64url::decode(header).is_ok_and(|text| text.trim_ascii_start().first() == Some(&b'{'))
    };
    strictly(schemes, value) == Err(Reason::TokenNotPresent) && !words.any(is_token)
}

/// The scheme of a bearer token (RFC 6750, 2.1), and of the challenge for one (3).
pub(super) const BEARER: &str = "Bearer";
