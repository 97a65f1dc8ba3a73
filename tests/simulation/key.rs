//! Simulated keys and signatures: a signature is a fingerprint of the public key and the message.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use serde_json::{Value, json};
use validate_jwt::token::{Algorithm, Key, SignatureEngine, TokenError, base64url};

use crate::pool::POINTS;

/// A key pair: the place of its public key in the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct KeyPair(pub(crate) usize);

impl KeyPair {
    /// Its JWK under an id.
    pub(crate) fn jwk(self, id: Option<&str>) -> Value {
        let (x, y) = POINTS[self.0];
        let mut jwk = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y});
        if let Some(id) = id {
            jwk["kid"] = json!(id);
        }
        jwk
    }

    /// Signs a text; without the pair nobody could.
    pub(crate) fn sign(self, text: &[u8]) -> String {
        base64url::encode(signature(&PUBLIC[self.0], text))
    }
}

/// Checks simulated signatures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SimulatedEngine;

impl SignatureEngine for SimulatedEngine {
    fn verify(&self, _: Algorithm, key: &Key, message: &[u8], found: &[u8]) -> Result<(), TokenError> {
        let public = key.subject_public_key_info_der().expect("keys of the pool are on P-256");
        if signature(public, message) == found { Ok(()) } else { Err(TokenError::SignatureInvalid) }
    }
}

fn signature(public: &[u8], message: &[u8]) -> Vec<u8> {
    let mut hasher = DefaultHasher::new();
    (public, message).hash(&mut hasher);
    hasher.finish().to_le_bytes().to_vec()
}

static PUBLIC: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let public = |at| {
        let jwk = KeyPair(at).jwk(None);
        let key = Key::from_jwk(jwk.as_object().expect("an object")).expect("a usable key");
        key.subject_public_key_info_der().expect("a public key").to_vec()
    };
    (0..POINTS.len()).map(public).collect()
});
