//! The closed list of reasons: one word for metric, log, response header and published property.

use crate::token::TokenError;

/// Why a request was refused. [`Reason::code`] is stable API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Reason {
    /// There is no token at the configured place.
    TokenNotPresent,
    /// More than one token, or a repeated parameter.
    TokenAmbiguous,
    /// Not a compact token of strict segments.
    TokenMalformed,
    /// `typ`.
    TokenTypeNotAllowed,
    /// `alg` is not allowed, unknown, or does not fit the key.
    AlgorithmNotAllowed,
    /// No key with that `kid`, after an allowed refetch.
    SignatureKeyNotFound,
    /// The signature does not hold.
    SignatureInvalid,
    /// `exp` has passed.
    TokenExpired,
    /// `nbf` is yet to come.
    TokenNotYetValid,
    /// `exp` is missing.
    ExpirationMissing,
    /// `maximum_lifetime`.
    LifetimeTooLong,
    /// `iss`, the tenant, or a key that belongs to another issuer.
    IssuerNotAllowed,
    /// `aud`.
    AudienceNotAllowed,
    /// `azp` or `appid`.
    ClientNotAllowed,
    /// A required claim is missing.
    ClaimNotFound,
    /// A required claim has another value.
    ClaimValueNotAllowed,
    /// `cnf`: the request does not prove possession.
    ConfirmationFailed,
    /// A JWE that cannot be opened.
    DecryptionFailed,
    /// `authorize`.
    InsufficientScope,
    /// `authorize.authentication`.
    InsufficientUserAuthentication,
    /// The DPoP proof is missing, malformed, sent again, not for this request, or not by the bound key.
    ProofInvalid,
    /// The DPoP proof lacks a nonce, or has an old one.
    ProofNonceRequired,
    /// Keys were never loaded, are too old, or did not come in time.
    KeysUnavailable,
    /// A path, or a header, that two programs would read differently.
    RequestAmbiguous,
    /// Route metadata names an unknown policy.
    PolicyNotFound,
}

impl Reason {
    /// Every reason, in the order of the contract's table.
    pub const ALL: [Self; 25] = [
        Self::TokenNotPresent,
        Self::TokenAmbiguous,
        Self::TokenMalformed,
        Self::TokenTypeNotAllowed,
        Self::AlgorithmNotAllowed,
        Self::SignatureKeyNotFound,
        Self::SignatureInvalid,
        Self::TokenExpired,
        Self::TokenNotYetValid,
        Self::ExpirationMissing,
        Self::LifetimeTooLong,
        Self::IssuerNotAllowed,
        Self::AudienceNotAllowed,
        Self::ClientNotAllowed,
        Self::ClaimNotFound,
        Self::ClaimValueNotAllowed,
        Self::ConfirmationFailed,
        Self::DecryptionFailed,
        Self::InsufficientScope,
        Self::InsufficientUserAuthentication,
        Self::ProofInvalid,
        Self::ProofNonceRequired,
        Self::KeysUnavailable,
        Self::RequestAmbiguous,
        Self::PolicyNotFound,
    ];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TokenNotPresent => "token_not_present",
            Self::TokenAmbiguous => "token_ambiguous",
            Self::TokenMalformed => "token_malformed",
            Self::TokenTypeNotAllowed => "token_type_not_allowed",
            Self::AlgorithmNotAllowed => "algorithm_not_allowed",
            Self::SignatureKeyNotFound => "signature_key_not_found",
            Self::SignatureInvalid => "signature_invalid",
            Self::TokenExpired => "token_expired",
            Self::TokenNotYetValid => "token_not_yet_valid",
            Self::ExpirationMissing => "expiration_missing",
            Self::LifetimeTooLong => "lifetime_too_long",
            Self::IssuerNotAllowed => "issuer_not_allowed",
            Self::AudienceNotAllowed => "audience_not_allowed",
            Self::ClientNotAllowed => "client_not_allowed",
            Self::ClaimNotFound => "claim_not_found",
            Self::ClaimValueNotAllowed => "claim_value_not_allowed",
            Self::ConfirmationFailed => "confirmation_failed",
            Self::DecryptionFailed => "decryption_failed",
            Self::InsufficientScope => "insufficient_scope",
            Self::InsufficientUserAuthentication => "insufficient_user_authentication",
            Self::ProofInvalid => "proof_invalid",
            Self::ProofNonceRequired => "proof_nonce_required",
            Self::KeysUnavailable => "keys_unavailable",
            Self::RequestAmbiguous => "request_ambiguous",
            Self::PolicyNotFound => "policy_not_found",
        }
    }

    /// What a caller may read: fixed text of the characters that RFC 6750, 3 allows.
    pub const fn description(self) -> &'static str {
        match self {
            Self::TokenNotPresent => "JWT not present.",
            Self::TokenAmbiguous => "The request carries more than one token.",
            Self::TokenMalformed => "The token is malformed.",
            Self::TokenTypeNotAllowed => "The token type is not allowed.",
            Self::AlgorithmNotAllowed => "The signature algorithm is not allowed.",
            Self::SignatureKeyNotFound => "The signature key was not found.",
            Self::SignatureInvalid => "The signature is invalid.",
            Self::TokenExpired => "The token is expired.",
            Self::TokenNotYetValid => "The token is not valid yet.",
            Self::ExpirationMissing => "The token has no expiration.",
            Self::LifetimeTooLong => "The token lifetime is too long.",
            Self::IssuerNotAllowed => "The issuer is invalid.",
            Self::AudienceNotAllowed => "The audience is invalid.",
            Self::ClientNotAllowed => "The client application is not allowed.",
            Self::ClaimNotFound => "A required claim is missing.",
            Self::ClaimValueNotAllowed => "The value of a required claim is not allowed.",
            Self::ConfirmationFailed => "Proof of possession failed.",
            Self::DecryptionFailed => "The token cannot be decrypted.",
            Self::InsufficientScope => "The token does not grant access to this resource.",
            Self::InsufficientUserAuthentication => {
                "A different or a more recent authentication is required."
            }
            Self::ProofInvalid => "The DPoP proof is invalid.",
            Self::ProofNonceRequired => "The DPoP proof needs a nonce.",
            Self::KeysUnavailable => "Token validation is temporarily unavailable.",
            Self::RequestAmbiguous => "The request is ambiguous.",
            Self::PolicyNotFound => "The request matches no policy.",
        }
    }
}

impl From<TokenError> for Reason {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Malformed => Self::TokenMalformed,
            TokenError::AlgorithmNotAllowed => Self::AlgorithmNotAllowed,
            TokenError::SignatureInvalid => Self::SignatureInvalid,
            TokenError::DecryptionFailed => Self::DecryptionFailed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_own_code_and_a_safe_text() {
        let codes: std::collections::BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        for (at, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, at, "the order of ALL is that of the enum");
            let safe = |byte: u8| matches!(byte, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
            assert!(reason.description().bytes().all(safe), "{}", reason.code());
        }
    }

    /// So that `error_description` tells as much as `reason_header`: the documents say so.
    #[test]
    fn every_error_description_tells_its_reason() {
        let texts: std::collections::BTreeSet<_> =
            Reason::ALL.iter().map(|reason| reason.description()).collect();
        assert_eq!(texts.len(), Reason::ALL.len());
    }
}
