//! Decryption of encrypted tokens (RFC 7516, section 5.2; RFC 7518, section 4).
//!
//! Key management by `dir`, `A128KW`, `A192KW`, `A256KW`, `RSA-OAEP` and `RSA-OAEP-256`. Not here, on purpose:
//! `RSA1_5` (padding oracles), PBES2 (work chosen by the sender), ECDH-ES, AES-GCM key wrapping, and `zip`
//! (output chosen by the sender).
//!
//! Where unwrapping the content encryption key fails, a key that nobody can foresee takes its place and the
//! content is opened all the same, so that neither the answer nor the work tells which of the two steps failed
//! (RFC 7516, section 11.5). That key is derived from the token and the decryption key, not drawn at random.

use aes::{Aes128, Aes192, Aes256};
use aes_kw::AesKw;
use hmac::{Hmac, KeyInit, Mac};
use rsa::Oaep;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::content_encryption::{ContentEncryption, Sealed};
use super::decryption_key::DecryptionMaterial;
use super::{DecryptionKey, EncryptedToken, TokenError, base64url};

impl EncryptedToken<'_> {
    /// Decrypts the token: what comes out is the text of a nested token, or a stranger's bytes.
    ///
    /// Keys of the token's `kid` are tried; if there are none, all keys that fit its `alg` are.
    ///
    /// # Errors
    ///
    /// [`TokenError::Malformed`] if a segment is not base64url, [`TokenError::DecryptionFailed`] for everything
    /// else: an `alg` or `enc` that is not supported, any `zip`, no key, and whatever goes wrong with one.
    pub fn decrypt(&self, keys: &[DecryptionKey]) -> Result<Vec<u8>, TokenError> {
        let decode = |segment| base64url::decode(segment).map_err(|_| TokenError::Malformed);
        let encrypted_key = decode(self.encrypted_key)?;
        let initialization_vector = decode(self.initialization_vector)?;
        let ciphertext = decode(self.ciphertext)?;
        let tag = decode(self.authentication_tag)?;
        let sealed = Sealed {
            additional_data: self.header_segment.as_bytes(),
            initialization_vector: &initialization_vector,
            ciphertext: &ciphertext,
            tag: &tag,
        };
        self.open(keys, &encrypted_key, sealed).ok_or(TokenError::DecryptionFailed)
    }

    fn open(&self, keys: &[DecryptionKey], encrypted_key: &[u8], sealed: Sealed<'_>) -> Option<Vec<u8>> {
        if self.header.has_compression() {
            return None;
        }
        let algorithm = self.header.algorithm_name();
        let management = KeyManagement::from_name(algorithm)?;
        let encryption_name = self.header.encryption_name()?;
        let encryption = ContentEncryption::from_name(encryption_name)?;
        if !encryption.could_have_made(&sealed) {
            return None;
        }
        let named = self.header.key_id().is_some_and(|id| keys.iter().any(|key| key.id() == Some(id)));
        keys.iter()
            .filter(|key| !named || key.id() == self.header.key_id())
            .filter(|key| key.allows(algorithm, encryption_name) && management.takes(key, encryption))
            .find_map(|key| {
                let content_key = management.content_key(key, encryption, encrypted_key);
                let fallback = fallback_key(key, encrypted_key)?;
                let content_key = match &content_key {
                    Some(content_key) if content_key.len() == encryption.key_length() => content_key,
                    _ => fallback.get(..encryption.key_length())?,
                };
                encryption.open(content_key, sealed)
            })
    }
}

/// A value of `alg` of an encrypted token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyManagement {
    Direct,
    /// AES key wrapping, by the length of the wrapping key in bytes.
    AesKeyWrap(usize),
    RsaOaep,
    RsaOaep256,
}

impl KeyManagement {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "dir" => Self::Direct,
            "A128KW" => Self::AesKeyWrap(16),
            "A192KW" => Self::AesKeyWrap(24),
            "A256KW" => Self::AesKeyWrap(32),
            "RSA-OAEP" => Self::RsaOaep,
            "RSA-OAEP-256" => Self::RsaOaep256,
            _ => return None,
        })
    }

    /// Whether a key is of the type and length that this takes.
    fn takes(self, key: &DecryptionKey, encryption: ContentEncryption) -> bool {
        match (self, &key.material) {
            (Self::Direct, DecryptionMaterial::Secret(secret)) => secret.len() == encryption.key_length(),
            (Self::AesKeyWrap(length), DecryptionMaterial::Secret(secret)) => secret.len() == length,
            (Self::RsaOaep | Self::RsaOaep256, DecryptionMaterial::Rsa { .. }) => true,
            _ => false,
        }
    }

    /// The content encryption key, if this is how it was encrypted.
    fn content_key(
        self,
        key: &DecryptionKey,
        encryption: ContentEncryption,
        encrypted: &[u8],
    ) -> Option<Vec<u8>> {
        match (self, &key.material) {
            (Self::Direct, DecryptionMaterial::Secret(secret)) => {
                encrypted.is_empty().then(|| secret.to_vec())
            }
            (Self::AesKeyWrap(_), DecryptionMaterial::Secret(secret)) => {
                unwrap_key(secret, encrypted, encryption.key_length())
            }
            (Self::RsaOaep, DecryptionMaterial::Rsa { key, modulus_length })
                if encrypted.len() == *modulus_length =>
            {
                key.decrypt(Oaep::<Sha1>::new(), encrypted).ok()
            }
            (Self::RsaOaep256, DecryptionMaterial::Rsa { key, modulus_length })
                if encrypted.len() == *modulus_length =>
            {
                key.decrypt(Oaep::<Sha256>::new(), encrypted).ok()
            }
            _ => None,
        }
    }
}

/// RFC 3394, section 2.2.2.
fn unwrap_key(wrapping_key: &[u8], wrapped: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut key = vec![0; length];
    if wrapped.len() != length.checked_add(aes_kw::IV_LEN)? {
        return None;
    }
    match wrapping_key.len() {
        16 => AesKw::<Aes128>::new_from_slice(wrapping_key).ok()?.unwrap_key(wrapped, &mut key).ok()?.len(),
        24 => AesKw::<Aes192>::new_from_slice(wrapping_key).ok()?.unwrap_key(wrapped, &mut key).ok()?.len(),
        _ => AesKw::<Aes256>::new_from_slice(wrapping_key).ok()?.unwrap_key(wrapped, &mut key).ok()?.len(),
    };
    Some(key)
}

/// As many bytes as the longest content encryption key has.
fn fallback_key(key: &DecryptionKey, encrypted_key: &[u8]) -> Option<[u8; 64]> {
    let mut mac = Hmac::<Sha512>::new_from_slice(&key.fallback_secret).ok()?;
    mac.update(encrypted_key);
    Some(mac.finalize().into_bytes().into())
}
