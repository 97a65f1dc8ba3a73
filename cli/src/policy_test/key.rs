//! Test keys: the same ones in every run, but for RSA's, of whose tokens nothing but the signature differs.

use getrandom::SysRng;
use p256::ecdsa::signature::Signer as _;
use rsa::pkcs1v15;
use rsa::signature::SignatureEncoding as _;
use rsa::traits::PublicKeyParts as _;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use validate_jwt::token::base64url;

use super::file::TestAlgorithm;

/// A key that signs.
pub(super) enum TestKey {
    Ecdsa(p256::ecdsa::SigningKey),
    Rsa(Box<rsa::PrivateKey>),
}

impl TestKey {
    /// The key of this name; nothing where the operating system has no random numbers.
    pub(super) fn of(name: &str, algorithm: TestAlgorithm) -> Option<Self> {
        match algorithm {
            TestAlgorithm::Es256 => Self::ecdsa(name),
            TestAlgorithm::Rs256 => {
                rsa::PrivateKey::new(&mut SysRng, RSA_BITS).ok().map(|key| Self::Rsa(Box::new(key)))
            }
        }
    }

    /// Nearly every number of 256 bits is a key: the first is taken that is.
    pub(super) fn ecdsa(name: &str) -> Option<Self> {
        let candidate = |number: u8| {
            let seed = Sha256::new().chain_update([number]).chain_update(name).finalize();
            p256::ecdsa::SigningKey::from_slice(&seed).ok()
        };
        (0..=u8::MAX).find_map(candidate).map(Self::Ecdsa)
    }

    /// `alg`.
    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            Self::Ecdsa(_) => "ES256",
            Self::Rsa(_) => "RS256",
        }
    }

    /// The members of its public key, in the order of their names.
    pub(super) fn jwk(&self) -> Value {
        match self {
            Self::Ecdsa(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                // SEC 1, uncompressed: 0x04, x, y.
                let (x, y) =
                    point.as_bytes().get(1..).unwrap_or_default().split_at_checked(32).unwrap_or_default();
                json!({"crv": "P-256", "kty": "EC", "x": base64url::encode(x), "y": base64url::encode(y)})
            }
            Self::Rsa(key) => json!({
                "e": base64url::encode(key.e_bytes()),
                "kty": "RSA",
                "n": base64url::encode(key.n_bytes()),
            }),
        }
    }

    /// Its thumbprint (RFC 7638).
    pub(super) fn thumbprint(&self) -> String {
        base64url::encode(Sha256::digest(self.jwk().to_string()))
    }

    /// Signs; nothing where the operating system has no random numbers.
    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Ecdsa(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                Some(signature.to_bytes().to_vec())
            }
            Self::Rsa(key) => {
                let key = pkcs1v15::SigningKey::<Sha256>::new((**key).clone());
                Some(key.try_sign(message).ok()?.to_vec())
            }
        }
    }
}

const RSA_BITS: usize = 2048;
