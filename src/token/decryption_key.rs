//! Keys that encrypted tokens are decrypted with; all of them secret.

use std::fmt;

use jwt_compact::alg::SecretBytes;
use jwt_compact::jwk::RsaPrivateParts;
use rsa::{BoxedUint, PrivateKey};
use serde_json::{Map, Value};
use sha2::{Digest, Sha512};

use super::jwk_members::{JwkMembers, NamedAlgorithm};
use super::key_text::{Pem, decode_base64, split_pem};
use super::public_key_info::RSA_ENCRYPTION;
use super::rsa_public::{RsaPublicKey, without_leading_zeros};
use super::{KeyId, KeyUnusable, der};

/// A secret or private key for encrypted tokens. No `Debug` shows it.
#[derive(Clone)]
pub struct DecryptionKey {
    id: Option<KeyId>,
    /// The one `alg` that the key's own `alg` allows.
    algorithm: Option<Box<str>>,
    pub(super) material: DecryptionMaterial,
    /// What stands in for a content encryption key that could not be had is derived from this.
    pub(super) fallback_secret: [u8; 64],
}

#[derive(Clone)]
pub(super) enum DecryptionMaterial {
    Secret(Box<[u8]>),
    Rsa { key: Box<PrivateKey>, modulus_length: usize },
}

impl DecryptionKey {
    /// A shared secret from base64: for `dir` and AES key wrapping.
    ///
    /// # Errors
    ///
    /// [`KeyUnusable::Malformed`] for what is not base64, [`KeyUnusable::NotForDecryption`] for a length that no
    /// algorithm takes.
    pub(crate) fn from_symmetric(base64: &str) -> Result<Self, KeyUnusable> {
        Self::from_secret(&decode_base64(base64)?)
    }

    /// A key from a JWK: `oct`, or `RSA` with its private members.
    ///
    /// # Errors
    ///
    /// Why it is not used; [`KeyUnusable::NotForDecryption`] for a public key, other types, a `use` that is not
    /// `enc`, `key_ops` without `decrypt` or `unwrapKey`, and an `alg` that is registered for something else.
    pub fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, KeyUnusable> {
        let jwk = JwkMembers::of(jwk);
        let usable = jwk.text("use")?.is_none_or(|purpose| purpose == "enc")
            && jwk.texts("key_ops")?.is_none_or(|operations| {
                operations.contains(&"decrypt") || operations.contains(&"unwrapKey")
            });
        let algorithm = match jwk.algorithm()? {
            NamedAlgorithm::Absent => None,
            NamedAlgorithm::Encryption(name) => Some(name.into()),
            NamedAlgorithm::Signature(_) | NamedAlgorithm::Other => {
                return Err(KeyUnusable::NotForDecryption);
            }
        };
        let key = match jwk.needed_text("kty")? {
            "oct" if usable => Self::from_secret(&jwk.bytes("k")?)?,
            "RSA" if usable && jwk.has("d") && !jwk.has("oth") => {
                let (modulus, exponent) = (jwk.bytes("n")?, jwk.bytes("e")?);
                let secret = |name| jwk.bytes(name).map(SecretBytes::owned);
                let private = private_parts(secret("d")?, secret("p")?, secret("q")?);
                Self::from_rsa(&modulus, &exponent, &private)?
            }
            _ => return Err(KeyUnusable::NotForDecryption),
        };
        Ok(Self { id: jwk.id()?, algorithm, ..key })
    }

    /// An RSA private key as PEM, PKCS#8 or PKCS#1, not encrypted.
    ///
    /// # Errors
    ///
    /// [`KeyUnusable::NotForDecryption`] for any other PEM document, [`KeyUnusable::Malformed`] for what is none,
    /// and what the key itself lacks.
    pub(crate) fn from_private_key_pem(text: &str) -> Result<Self, KeyUnusable> {
        let Pem::One { label, content } = split_pem(text) else { return Err(KeyUnusable::Malformed) };
        let document = decode_base64(content)?;
        let key = match label {
            "RSA PRIVATE KEY" => &*document,
            "PRIVATE KEY" => rsa_key_of_pkcs8(&document)?,
            _ => return Err(KeyUnusable::NotForDecryption),
        };
        let (modulus, exponent, private) = read_pkcs1(key).ok_or(KeyUnusable::Malformed)?;
        Self::from_rsa(modulus, exponent, &private)
    }

    /// The same key under another id, or under none.
    #[must_use]
    pub(crate) fn with_id(self, id: Option<KeyId>) -> Self {
        Self { id, ..self }
    }

    /// `kid`.
    pub fn id(&self) -> Option<&KeyId> {
        self.id.as_ref()
    }

    /// Whether the key's own `alg` allows a token's; for `dir` it may also name the content encryption.
    pub(super) fn allows(&self, algorithm: &str, encryption: &str) -> bool {
        self.algorithm
            .as_deref()
            .is_none_or(|allowed| allowed == algorithm || (algorithm == "dir" && allowed == encryption))
    }

    fn from_secret(secret: &[u8]) -> Result<Self, KeyUnusable> {
        if !matches!(secret.len(), 16 | 24 | 32 | 48 | 64) {
            return Err(KeyUnusable::NotForDecryption);
        }
        Ok(Self::new(DecryptionMaterial::Secret(secret.into()), secret))
    }

    fn from_rsa(modulus: &[u8], exponent: &[u8], private: &RsaPrivateParts<'_>) -> Result<Self, KeyUnusable> {
        let modulus_length = RsaPublicKey::new(modulus, exponent)?.modulus_length();
        let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(without_leading_zeros(bytes));
        let RsaPrivateParts { private_exponent, prime_factor_p, prime_factor_q, .. } = private;
        let key = PrivateKey::from_components(
            number(modulus),
            number(exponent),
            number(private_exponent),
            vec![number(prime_factor_p), number(prime_factor_q)],
        )
        .map_err(|_| KeyUnusable::InvalidRsa)?;
        let material = DecryptionMaterial::Rsa { key: Box::new(key), modulus_length };
        Ok(Self::new(material, private_exponent))
    }

    fn new(material: DecryptionMaterial, secret: &[u8]) -> Self {
        let fallback_secret =
            Sha512::new().chain_update(b"validate-jwt fallback").chain_update(secret).finalize();
        Self { id: None, algorithm: None, material, fallback_secret: fallback_secret.into() }
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DecryptionKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The private numbers of a key with two primes.
fn private_parts<'a>(d: SecretBytes<'a>, p: SecretBytes<'a>, q: SecretBytes<'a>) -> RsaPrivateParts<'a> {
    RsaPrivateParts {
        private_exponent: d,
        prime_factor_p: p,
        prime_factor_q: q,
        p_crt_exponent: None,
        q_crt_exponent: None,
        q_crt_coefficient: None,
        other_prime_factors: Vec::new(),
    }
}

/// `RSAPrivateKey` (RFC 8017, appendix A.1.2): modulus, public exponent, and what is private.
fn read_pkcs1(document: &[u8]) -> Option<(&[u8], &[u8], RsaPrivateParts<'_>)> {
    let mut document = der::Reader::new(document);
    let mut key = document.sequence()?;
    if key.read(der::tag::INTEGER)? != [0] || !document.is_empty() {
        return None;
    }
    let (modulus, exponent) = (key.unsigned_integer()?, key.unsigned_integer()?);
    let mut secret = || key.unsigned_integer().map(SecretBytes::borrowed);
    let private = private_parts(secret()?, secret()?, secret()?);
    Some((modulus, exponent, private))
}

/// The `RSAPrivateKey` within a `PrivateKeyInfo` (RFC 5208, section 5).
fn rsa_key_of_pkcs8(document: &[u8]) -> Result<&[u8], KeyUnusable> {
    let mut info = der::Reader::new(document).sequence().ok_or(KeyUnusable::Malformed)?;
    let _version = info.read(der::tag::INTEGER).ok_or(KeyUnusable::Malformed)?;
    let mut algorithm = info.sequence().ok_or(KeyUnusable::Malformed)?;
    if algorithm.read(der::tag::OBJECT_IDENTIFIER) != Some(RSA_ENCRYPTION) {
        return Err(KeyUnusable::NotForDecryption);
    }
    info.read(der::tag::OCTET_STRING).ok_or(KeyUnusable::Malformed)
}
