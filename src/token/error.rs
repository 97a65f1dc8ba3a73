//! Why a token is not accepted.

use std::fmt;

/// The first thing that is wrong with a token.
///
/// Closed and `Copy`: it says which check failed and nothing of what the token holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenError {
    /// Not three (or five) strict base64url segments of UTF-8 JSON objects, a registered member of the wrong
    /// type, a duplicate member, or a critical extension (RFC 7515, section 5.2; RFC 7519, section 7.2).
    Malformed,
    /// The `typ` is not one that is accepted (RFC 8725, section 3.11).
    TypeNotAllowed,
    /// The `alg` is unknown, not allowed, or does not fit the key (RFC 8725, section 3.1).
    AlgorithmNotAllowed,
    /// No key has the token's `kid`.
    KeyNotFound,
    /// The signature is not the key's over these bytes.
    SignatureInvalid,
    /// `exp` has passed (RFC 7519, section 4.1.4).
    Expired,
    /// `nbf` has not come yet (RFC 7519, section 4.1.5).
    NotYetValid,
    /// There is no `exp`, and one is required.
    ExpirationMissing,
    /// The token lives longer than is allowed.
    LifetimeTooLong,
    /// `iss`, the tenant, or the issuer that the key belongs to is not ours (RFC 8725, section 3.8).
    IssuerNotAllowed,
    /// `aud` does not name us (RFC 7519, section 4.1.3).
    AudienceNotAllowed,
    /// The client application is not one that is accepted.
    ClientNotAllowed,
    /// A required claim is not there.
    ClaimNotFound,
    /// A required claim has another value.
    ClaimValueNotAllowed,
    /// The token is bound to a key or certificate (`cnf`) that the request does not prove (RFC 7800).
    ConfirmationFailed,
    /// An encrypted token could not be decrypted; which step failed is not told (RFC 7516, section 11.5).
    DecryptionFailed,
}

impl fmt::Display for TokenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Malformed => "the token is malformed",
            Self::TypeNotAllowed => "the token type is not allowed",
            Self::AlgorithmNotAllowed => "the signature algorithm is not allowed",
            Self::KeyNotFound => "no key with the token's key id",
            Self::SignatureInvalid => "the signature is invalid",
            Self::Expired => "the token has expired",
            Self::NotYetValid => "the token is not valid yet",
            Self::ExpirationMissing => "the token has no expiration time",
            Self::LifetimeTooLong => "the token's lifetime is too long",
            Self::IssuerNotAllowed => "the issuer is not allowed",
            Self::AudienceNotAllowed => "the audience is not allowed",
            Self::ClientNotAllowed => "the client application is not allowed",
            Self::ClaimNotFound => "a required claim is missing",
            Self::ClaimValueNotAllowed => "a required claim has a value that is not allowed",
            Self::ConfirmationFailed => "the token's proof of possession failed",
            Self::DecryptionFailed => "the token could not be decrypted",
        })
    }
}

impl std::error::Error for TokenError {}
