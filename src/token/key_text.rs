//! Keys as an operator writes them down: components, base64 secrets, PEM and certificates.

use super::key_material::KeyMaterial;
use super::rsa_public::RsaPublicKey;
use super::{Key, KeyUnusable, base64url};

impl Key {
    /// An RSA key from modulus and exponent, base64url or ordinary base64 (RFC 7518, section 6.3.1).
    ///
    /// # Errors
    ///
    /// [`KeyUnusable::Malformed`] for what is neither; the other errors for a key that is not sound.
    pub fn from_rsa_components(modulus: &str, exponent: &str) -> Result<Self, KeyUnusable> {
        let key = RsaPublicKey::new(&decode_base64(modulus)?, &decode_base64(exponent)?)?;
        Ok(Self::from_material(KeyMaterial::Rsa(key)))
    }

    /// A shared secret from base64 of either alphabet, padded or not; whitespace is ignored.
    ///
    /// # Errors
    ///
    /// [`KeyUnusable::Malformed`] for what is not base64, [`KeyUnusable::WeakSecret`] for less than 32 bytes.
    pub(crate) fn from_symmetric(base64: &str) -> Result<Self, KeyUnusable> {
        Ok(Self::from_material(KeyMaterial::from_secret(&decode_base64(base64)?)?))
    }

    /// The public key of an X.509 certificate, PEM or base64 DER. Nothing else of it is looked at: neither its
    /// dates nor who signed it.
    ///
    /// # Errors
    ///
    /// [`KeyUnusable::Malformed`] for what is not one certificate, [`KeyUnusable::PrivateKey`] for a PEM text
    /// that holds a private key, and what the key itself lacks.
    pub(crate) fn from_certificate(text: &str) -> Result<Self, KeyUnusable> {
        let certificate = match pem(text)? {
            Some(("CERTIFICATE", bytes)) => bytes,
            Some(_) => return Err(KeyUnusable::Malformed),
            None => decode_base64(text)?,
        };
        Ok(Self::from_material(KeyMaterial::from_certificate(&certificate)?))
    }

    /// A public key as PEM `SubjectPublicKeyInfo` (RFC 7468, section 13).
    ///
    /// # Errors
    ///
    /// [`KeyUnusable::Malformed`] for anything else, [`KeyUnusable::PrivateKey`] for a private key, and what the
    /// key itself lacks.
    pub(crate) fn from_public_key_pem(text: &str) -> Result<Self, KeyUnusable> {
        match pem(text)? {
            Some(("PUBLIC KEY", bytes)) => {
                Ok(Self::from_material(KeyMaterial::from_subject_public_key_info(&bytes)?))
            }
            _ => Err(KeyUnusable::Malformed),
        }
    }
}

/// The label and content of a PEM text (RFC 7468) that holds one document; `None` if there is no PEM in it.
fn pem(text: &str) -> Result<Option<(&str, Vec<u8>)>, KeyUnusable> {
    let (label, content) = match split_pem(text) {
        Pem::Absent => return Ok(None),
        Pem::Broken => return Err(KeyUnusable::Malformed),
        Pem::One { label, content } => (label, content),
    };
    if label.ends_with("PRIVATE KEY") {
        return Err(KeyUnusable::PrivateKey);
    }
    Ok(Some((label, decode_base64(content)?)))
}

/// A PEM text, taken apart.
pub(super) enum Pem<'a> {
    /// No `-----BEGIN`.
    Absent,
    /// Begun, but not one whole document.
    Broken,
    /// One document.
    One { label: &'a str, content: &'a str },
}

pub(super) fn split_pem(text: &str) -> Pem<'_> {
    let Some((_, text)) = text.split_once("-----BEGIN ") else { return Pem::Absent };
    let document = text.split_once("-----").and_then(|(label, text)| {
        let (content, text) = text.split_once("-----END ")?;
        let rest = text.strip_prefix(label)?.strip_prefix("-----")?;
        rest.trim().is_empty().then_some(Pem::One { label, content })
    });
    document.unwrap_or(Pem::Broken)
}

/// Decodes base64 of either alphabet, padded or not, without its whitespace. There is one way to read each such text, and
/// who writes a key down is trusted with it; a token's base64url has one spelling only.
pub(super) fn decode_base64(text: &str) -> Result<Vec<u8>, KeyUnusable> {
    let url = |byte| match byte {
        b'+' => b'-',
        b'/' => b'_',
        other => other,
    };
    let mut digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).map(url).collect();
    let padded = digits.len();
    while digits.last() == Some(&b'=') {
        digits.pop();
    }
    if padded > digits.len().next_multiple_of(4) {
        return Err(KeyUnusable::Malformed);
    }
    base64url::decode(digits).map_err(|_| KeyUnusable::Malformed)
}
