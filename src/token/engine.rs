//! Signature verification: a trait, so that the proxy's own cryptography can replace ours.

use ed25519_dalek::Signature as Ed25519Signature;
use jwt_compact::alg::{Hs256, Hs384, Hs512};
use jwt_compact::{Algorithm as HmacAlgorithm, AlgorithmSignature};
use p256::ecdsa::signature::Verifier;

use super::hash::Hash;
use super::key_material::KeyMaterial;
use super::{Algorithm, Key, TokenError};

/// Verifies signatures.
pub trait SignatureEngine {
    /// Whether `signature` is the key's over `message`, in the form of JSON Web Algorithms (RFC 7518, section 3):
    /// for ECDSA that is `r || s`.
    ///
    /// # Errors
    ///
    /// [`TokenError::AlgorithmNotAllowed`] if the algorithm does not fit the key, always for
    /// [`Algorithm::None`]; [`TokenError::SignatureInvalid`] for everything else.
    fn verify(
        &self,
        algorithm: Algorithm,
        key: &Key,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), TokenError>;
}

/// The engine that works on every host: `RustCrypto` in the sandbox.
#[derive(Clone, Copy, Debug, Default)]
pub struct SandboxEngine;

impl SignatureEngine for SandboxEngine {
    fn verify(
        &self,
        algorithm: Algorithm,
        key: &Key,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), TokenError> {
        if !key.fits(algorithm) {
            return Err(TokenError::AlgorithmNotAllowed);
        }
        let holds = match (algorithm, key.material()) {
            (Algorithm::Rs256, KeyMaterial::Rsa(key)) => key.verify_pkcs1(Hash::Sha256, message, signature),
            (Algorithm::Rs384, KeyMaterial::Rsa(key)) => key.verify_pkcs1(Hash::Sha384, message, signature),
            (Algorithm::Rs512, KeyMaterial::Rsa(key)) => key.verify_pkcs1(Hash::Sha512, message, signature),
            (Algorithm::Ps256, KeyMaterial::Rsa(key)) => key.verify_pss(Hash::Sha256, message, signature),
            (Algorithm::Ps384, KeyMaterial::Rsa(key)) => key.verify_pss(Hash::Sha384, message, signature),
            (Algorithm::Ps512, KeyMaterial::Rsa(key)) => key.verify_pss(Hash::Sha512, message, signature),
            (Algorithm::Es256, KeyMaterial::P256(key)) => {
                signature.len() == 64
                    && p256::ecdsa::Signature::from_slice(signature)
                        .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            (Algorithm::Es384, KeyMaterial::P384(key)) => {
                signature.len() == 96
                    && p384::ecdsa::Signature::from_slice(signature)
                        .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            (Algorithm::Es512, KeyMaterial::P521(key)) => {
                signature.len() == 132
                    && p521::ecdsa::Signature::from_slice(signature)
                        .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            (Algorithm::EdDsa, KeyMaterial::Ed25519(key)) => signature
                .try_into()
                .is_ok_and(|bytes| key.verify_strict(message, &Ed25519Signature::from_bytes(bytes)).is_ok()),
            (Algorithm::Hs256, KeyMaterial::Symmetric(secret)) => {
                verify_hmac(&Hs256, secret.hs256(), message, signature)
            }
            (Algorithm::Hs384, KeyMaterial::Symmetric(secret)) => {
                verify_hmac(&Hs384, secret.hs384(), message, signature)
            }
            (Algorithm::Hs512, KeyMaterial::Symmetric(secret)) => {
                verify_hmac(&Hs512, secret.hs512(), message, signature)
            }
            _ => return Err(TokenError::AlgorithmNotAllowed),
        };
        if holds { Ok(()) } else { Err(TokenError::SignatureInvalid) }
    }
}

/// Compares in constant time; a tag of another length is refused first.
fn verify_hmac<A: HmacAlgorithm>(algorithm: &A, key: &A::VerifyingKey, message: &[u8], tag: &[u8]) -> bool {
    // `try_from_slice` takes the length for granted.
    A::Signature::LENGTH.is_some_and(|length| length.get() == tag.len())
        && A::Signature::try_from_slice(tag).is_ok_and(|tag| algorithm.verify_signature(&tag, key, message))
}
