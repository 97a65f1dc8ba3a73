//! Why a token is not genuine.

use std::fmt;

/// The first thing that is wrong with a token.
///
/// Closed and `Copy`: it says which check failed and nothing of what the token holds. What is wrong with a genuine token
/// is a [`Reason`](crate::gate::Reason) of the gate's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenError {
    /// Not three (or five) strict base64url segments of UTF-8 JSON objects, a registered member of the wrong
    /// type, a duplicate member, or a critical extension (RFC 7515, section 5.2; RFC 7519, section 7.2).
    Malformed,
    /// The `alg` does not fit the key (RFC 8725, section 3.1).
    AlgorithmNotAllowed,
    /// The signature is not the key's over these bytes.
    SignatureInvalid,
    /// An encrypted token could not be decrypted; which step failed is not told (RFC 7516, section 11.5).
    DecryptionFailed,
}

impl fmt::Display for TokenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Malformed => "the token is malformed",
            Self::AlgorithmNotAllowed => "the signature algorithm is not allowed",
            Self::SignatureInvalid => "the signature is invalid",
            Self::DecryptionFailed => "the token could not be decrypted",
        })
    }
}

impl std::error::Error for TokenError {}
