//! Keys that sign tokens, and what is published of them.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::Signer;
use getrandom::SysRng;
use hmac::{Hmac, KeyInit, Mac};
use p256::elliptic_curve::Generate;
use rsa::PrivateKey;
use rsa::pkcs1v15;
use rsa::pkcs8::{DecodePrivateKey, EncodePublicKey, LineEnding};
use rsa::pss;
use rsa::signature::{RandomizedSigner, SignatureEncoding};
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};

use super::algorithm::Algorithm;
use super::fixtures::RsaFixture;

/// A key that signs tokens, with its identifier. Cheap to clone.
#[derive(Clone)]
pub struct SigningKey {
    key_id: String,
    secret: Arc<Secret>,
}

enum Secret {
    Rsa { key: PrivateKey, fixture: RsaFixture },
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
    Symmetric(Vec<u8>),
}

impl SigningKey {
    /// One of the RSA keys in `testbed/keys`, with its thumbprint as identifier.
    ///
    /// # Panics
    ///
    /// When somebody spoilt a file in `testbed/keys`.
    pub fn rsa(fixture: RsaFixture) -> Self {
        let key = PrivateKey::from_pkcs8_pem(fixture.private_pem());
        let key = key.expect("the PEM files in testbed/keys are PKCS#8");
        Self::new(fixture.key_id(), Secret::Rsa { key, fixture })
    }

    /// A fresh key for ES256.
    pub fn p256() -> Self {
        Self::new("p256", Secret::P256(p256::ecdsa::SigningKey::generate()))
    }

    /// A fresh key for ES384.
    pub fn p384() -> Self {
        Self::new("p384", Secret::P384(p384::ecdsa::SigningKey::generate()))
    }

    /// A fresh key for ES512.
    pub fn p521() -> Self {
        Self::new("p521", Secret::P521(p521::ecdsa::SigningKey::generate()))
    }

    /// A fresh key for `EdDSA`.
    ///
    /// # Panics
    ///
    /// When the operating system has no random bytes.
    pub fn ed25519() -> Self {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).expect("the operating system has random bytes");
        Self::new("ed25519", Secret::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed)))
    }

    /// A symmetric key for HS256, HS384 and HS512; any bytes, such as a public key's for confusion attacks.
    pub fn symmetric(secret: impl Into<Vec<u8>>) -> Self {
        Self::new("symmetric", Secret::Symmetric(secret.into()))
    }

    fn new(key_id: impl Into<String>, secret: Secret) -> Self {
        Self { key_id: key_id.into(), secret: Arc::new(secret) }
    }

    /// The same key under another identifier.
    #[must_use]
    pub fn with_key_id(&self, key_id: impl Into<String>) -> Self {
        Self { key_id: key_id.into(), secret: self.secret.clone() }
    }

    /// Its identifier, `kid`.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The algorithm that a token gets when its recipe names none.
    pub fn default_algorithm(&self) -> Algorithm {
        match *self.secret {
            Secret::Rsa { .. } => Algorithm::Rs256,
            Secret::P256(_) => Algorithm::Es256,
            Secret::P384(_) => Algorithm::Es384,
            Secret::P521(_) => Algorithm::Es512,
            Secret::Ed25519(_) => Algorithm::EdDsa,
            Secret::Symmetric(_) => Algorithm::Hs256,
        }
    }

    /// The key as an identity provider publishes it, with `alg`; a symmetric key as `oct`, secret and all.
    pub fn public_jwk(&self) -> Value {
        let mut jwk = self.bare_jwk();
        jwk["use"] = json!("sig");
        jwk["kid"] = json!(self.key_id);
        jwk["alg"] = json!(self.default_algorithm().name());
        jwk
    }

    /// The key as Entra ID publishes it: no `alg`, but `x5t` and, for RSA, `x5c`.
    pub fn entra_jwk(&self) -> Value {
        let mut jwk = self.bare_jwk();
        jwk["use"] = json!("sig");
        jwk["kid"] = json!(self.key_id);
        jwk["x5t"] = json!(self.key_id);
        if let Secret::Rsa { fixture, .. } = &*self.secret {
            jwk["x5c"] = json!([STANDARD.encode(fixture.certificate())]);
        }
        jwk
    }

    /// The public key in PEM (`SubjectPublicKeyInfo`); only RSA keys have one here.
    pub fn public_pem(&self) -> Option<String> {
        match &*self.secret {
            Secret::Rsa { key, .. } => key.to_public_key().to_public_key_pem(LineEnding::LF).ok(),
            _ => None,
        }
    }

    fn bare_jwk(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let point = |curve, point: &[u8]| {
            // SEC 1, uncompressed: 0x04, x, y.
            let (x, y) = point[1..].split_at(point.len() / 2);
            json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y)})
        };
        match &*self.secret {
            Secret::Rsa { key, .. } => {
                json!({"kty": "RSA", "n": encode(&key.n_bytes()), "e": encode(&key.e_bytes())})
            }
            Secret::P256(key) => point("P-256", key.verifying_key().to_sec1_point(false).as_bytes()),
            Secret::P384(key) => point("P-384", key.verifying_key().to_sec1_point(false).as_bytes()),
            Secret::P521(key) => point("P-521", key.verifying_key().to_sec1_point(false).as_bytes()),
            Secret::Ed25519(key) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": encode(key.verifying_key().as_bytes())})
            }
            Secret::Symmetric(secret) => json!({"kty": "oct", "k": encode(secret)}),
        }
    }

    /// Signs; `None` when the key's type cannot make such a signature.
    pub(super) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Option<Vec<u8>> {
        let signature = match (&*self.secret, algorithm) {
            (Secret::Rsa { key, .. }, _) => return sign_rsa(key, algorithm, message),
            (Secret::P256(key), Algorithm::Es256) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            (Secret::P384(key), Algorithm::Es384) => {
                let signature: p384::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            (Secret::P521(key), Algorithm::Es512) => {
                let signature: p521::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            (Secret::Ed25519(key), Algorithm::EdDsa) => key.sign(message).to_bytes().to_vec(),
            (Secret::Symmetric(secret), Algorithm::Hs256) => authenticate::<Hmac<Sha256>>(secret, message)?,
            (Secret::Symmetric(secret), Algorithm::Hs384) => authenticate::<Hmac<Sha384>>(secret, message)?,
            (Secret::Symmetric(secret), Algorithm::Hs512) => authenticate::<Hmac<Sha512>>(secret, message)?,
            _ => return None,
        };
        Some(signature)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({}, {})", self.default_algorithm(), self.key_id)
    }
}

fn sign_rsa(key: &PrivateKey, algorithm: Algorithm, message: &[u8]) -> Option<Vec<u8>> {
    let key = key.clone();
    let rng = &mut SysRng;
    let signature = match algorithm {
        Algorithm::Rs256 => pkcs1v15::SigningKey::<Sha256>::new(key).try_sign(message).ok()?.to_vec(),
        Algorithm::Rs384 => pkcs1v15::SigningKey::<Sha384>::new(key).try_sign(message).ok()?.to_vec(),
        Algorithm::Rs512 => pkcs1v15::SigningKey::<Sha512>::new(key).try_sign(message).ok()?.to_vec(),
        Algorithm::Ps256 => {
            pss::SigningKey::<Sha256>::new(key).try_sign_with_rng(rng, message).ok()?.to_vec()
        }
        Algorithm::Ps384 => {
            pss::SigningKey::<Sha384>::new(key).try_sign_with_rng(rng, message).ok()?.to_vec()
        }
        Algorithm::Ps512 => {
            pss::SigningKey::<Sha512>::new(key).try_sign_with_rng(rng, message).ok()?.to_vec()
        }
        _ => return None,
    };
    Some(signature)
}

fn authenticate<M: Mac + KeyInit>(secret: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let mut mac = <M as KeyInit>::new_from_slice(secret).ok()?;
    mac.update(message);
    Some(mac.finalize().into_bytes().to_vec())
}
