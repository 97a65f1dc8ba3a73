//! Where a request carries its token.

use super::header_name::HeaderName;

/// The one configured place of the token (`behaviour.md`, section 3: never a second one).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// A header.
    Header {
        /// Which one; `authorization` unless configured.
        name: HeaderName,
        /// What stands before the token.
        scheme: Scheme,
    },
    /// A query parameter, percent-decoded once. Its name as it reads after decoding.
    Query(String),
    /// A cookie.
    Cookie(String),
}

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
