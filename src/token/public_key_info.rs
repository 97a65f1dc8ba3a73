//! Public keys as DER: `SubjectPublicKeyInfo` (RFC 5280, section 4.1), alone or in a certificate.

use super::key_material::{Curve, KeyMaterial};
use super::rsa_public::RsaPublicKey;
use super::{KeyUnusable, der};

impl KeyMaterial {
    /// The key of a `SubjectPublicKeyInfo`, and nothing beside it.
    pub(super) fn from_subject_public_key_info(info: &[u8]) -> Result<Self, KeyUnusable> {
        let mut document = der::Reader::new(info);
        let material = read(&mut document)?;
        if document.is_empty() { Ok(material) } else { Err(KeyUnusable::Malformed) }
    }

    /// The public key of an X.509 certificate. Nothing else of it is looked at.
    pub(super) fn from_certificate(certificate: &[u8]) -> Result<Self, KeyUnusable> {
        read(&mut public_key_of_certificate(certificate).ok_or(KeyUnusable::Malformed)?)
    }

    /// The public key as `SubjectPublicKeyInfo` (RFC 3279, section 2.3; RFC 5480, section 2; RFC 8410, section 4); none
    /// for a secret.
    pub(super) fn subject_public_key_info(&self) -> Option<Vec<u8>> {
        let curve_key = |curve: Curve, point: &[u8]| {
            let parameters = der::element(der::tag::OBJECT_IDENTIFIER, &[curve.object_identifier()]);
            write(EC_PUBLIC_KEY, &parameters, point)
        };
        match self {
            Self::Rsa(key) => Some(write(RSA_ENCRYPTION, &der::element(der::tag::NULL, &[]), &key.to_der())),
            Self::P256(key) => Some(curve_key(Curve::P256, key.to_sec1_point(false).as_bytes())),
            Self::P384(key) => Some(curve_key(Curve::P384, key.to_sec1_point(false).as_bytes())),
            Self::P521(key) => Some(curve_key(Curve::P521, key.to_sec1_point(false).as_bytes())),
            Self::Ed25519(key) => Some(write(ED25519, &[], key.as_bytes())),
            Self::Symmetric(_) => None,
        }
    }
}

impl Curve {
    fn from_object_identifier(identifier: &[u8]) -> Option<Self> {
        [Self::P256, Self::P384, Self::P521].into_iter().find(|curve| curve.object_identifier() == identifier)
    }

    fn object_identifier(self) -> &'static [u8] {
        match self {
            Self::P256 => &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7],
            Self::P384 => &[0x2b, 0x81, 4, 0, 0x22],
            Self::P521 => &[0x2b, 0x81, 4, 0, 0x23],
        }
    }
}

fn read(info: &mut der::Reader<'_>) -> Result<KeyMaterial, KeyUnusable> {
    let malformed = KeyUnusable::Malformed;
    let mut info = info.sequence().ok_or(malformed)?;
    let mut identifier = info.sequence().ok_or(malformed)?;
    let key = info.bit_string().ok_or(malformed)?;
    if !info.is_empty() {
        return Err(malformed);
    }
    match identifier.read(der::tag::OBJECT_IDENTIFIER).ok_or(malformed)? {
        RSA_ENCRYPTION => {
            let mut key = der::Reader::new(key).sequence().ok_or(malformed)?;
            let modulus = key.unsigned_integer().ok_or(malformed)?;
            let exponent = key.unsigned_integer().ok_or(malformed)?;
            Ok(KeyMaterial::Rsa(RsaPublicKey::new(modulus, exponent)?))
        }
        EC_PUBLIC_KEY => {
            let curve = identifier.read(der::tag::OBJECT_IDENTIFIER).and_then(Curve::from_object_identifier);
            KeyMaterial::from_point(curve.ok_or(KeyUnusable::UnknownCurve)?, key)
        }
        ED25519 => KeyMaterial::from_ed25519(key),
        _ => Err(KeyUnusable::UnknownKeyType),
    }
}

fn write(algorithm: &[u8], parameters: &[u8], key: &[u8]) -> Vec<u8> {
    let identifier = der::element(der::tag::OBJECT_IDENTIFIER, &[algorithm]);
    let identifier = der::element(der::tag::SEQUENCE, &[&identifier, parameters]);
    der::element(der::tag::SEQUENCE, &[&identifier, &der::element(der::tag::BIT_STRING, &[&[0], key])])
}

/// A reader that stands before the `SubjectPublicKeyInfo` of a certificate.
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

/// 1.2.840.113549.1.1.1.
pub(super) const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
/// 1.2.840.10045.2.1.
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
/// 1.3.101.112.
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
