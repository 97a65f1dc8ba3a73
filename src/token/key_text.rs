//! Keys as an operator writes them down: components, base64 secrets, PEM and certificates.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::key_material::KeyMaterial;
use super::rsa_public::RsaPublicKey;
use super::{Key, KeyUnusable, base64url, der};

impl Key {
    /// An RSA key from modulus and exponent, base64url (RFC 7518, section 6.3.1).
    ///
    /// # Errors
    ///
    /// [`KeyUnusable::Malformed`] for what is not base64url, and what [`RsaPublicKey::new`] refuses.
    pub fn from_rsa_components(modulus: &str, exponent: &str) -> Result<Self, KeyUnusable> {
        let bytes = |text| base64url::decode(text).map_err(|_| KeyUnusable::Malformed);
        Ok(Self::from_material(KeyMaterial::Rsa(RsaPublicKey::new(&bytes(modulus)?, &bytes(exponent)?)?)))
    }

    /// A shared secret from standard base64, padded or not; whitespace is ignored.
    ///
    /// # Errors
    ///
    /// [`KeyUnusable::Malformed`] for what is not base64, [`KeyUnusable::WeakSecret`] for less than 32 bytes.
    pub fn from_symmetric(base64: &str) -> Result<Self, KeyUnusable> {
        Ok(Self::from_material(KeyMaterial::from_secret(&decode_base64(base64)?)?))
    }

    /// The public key of an X.509 certificate, PEM or base64 DER. Nothing else of it is looked at: neither its
    /// dates nor who signed it.
    ///
    /// # Errors
    ///
    /// [`KeyUnusable::Malformed`] for what is not one certificate, [`KeyUnusable::PrivateKey`] for a PEM text
    /// that holds a private key, and what the key itself lacks.
    pub fn from_certificate(text: &str) -> Result<Self, KeyUnusable> {
        let certificate = match pem(text)? {
            Some(("CERTIFICATE", bytes)) => bytes,
            Some(_) => return Err(KeyUnusable::Malformed),
            None => decode_base64(text)?,
        };
        let mut info = public_key_of_certificate(&certificate).ok_or(KeyUnusable::Malformed)?;
        Ok(Self::from_material(KeyMaterial::from_subject_public_key_info(&mut info)?))
    }

    /// A public key as PEM `SubjectPublicKeyInfo` (RFC 7468, section 13).
    ///
    /// # Errors
    ///
    /// [`KeyUnusable::Malformed`] for anything else, [`KeyUnusable::PrivateKey`] for a private key, and what the
    /// key itself lacks.
    pub fn from_public_key_pem(text: &str) -> Result<Self, KeyUnusable> {
        match pem(text)? {
            Some(("PUBLIC KEY", bytes)) => {
                let mut document = der::Reader::new(&bytes);
                let material = KeyMaterial::from_subject_public_key_info(&mut document)?;
                if document.is_empty() {
                    Ok(Self::from_material(material))
                } else {
                    Err(KeyUnusable::Malformed)
                }
            }
            _ => Err(KeyUnusable::Malformed),
        }
    }
}

/// A reader that stands before the `SubjectPublicKeyInfo` of a certificate (RFC 5280, section 4.1).
fn public_key_of_certificate(certificate: &[u8]) -> Option<der::Reader<'_>> {
    let mut document = der::Reader::new(certificate);
    let mut certificate = document.sequence()?;
    let mut contents = certificate.sequence()?;
    let _version = contents.read(der::tag::CONTEXT_0);
    let _serial_number = contents.read(der::tag::INTEGER)?;
    let _signature_algorithm = contents.sequence()?;
    let _issuer = contents.sequence()?;
    let _validity = contents.sequence()?;
    let _subject = contents.sequence()?;
    document.is_empty().then_some(contents)
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

/// Decodes standard base64, padded or not, without its whitespace.
pub(super) fn decode_base64(text: &str) -> Result<Vec<u8>, KeyUnusable> {
    let text: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(text).map_err(|_| KeyUnusable::Malformed)
}

const STANDARD: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
