//! Keys from JSON Web Keys (RFC 7517; RFC 7518, section 6; RFC 8037, section 2).

use jwt_compact::alg::SecretBytes;
use jwt_compact::jwk::JsonWebKey;
use serde_json::{Map, Value};

use super::issuer::IssuerPattern;
use super::jwk_members::{JwkMembers, NamedAlgorithm};
use super::key_material::{Curve, ED25519, KeyMaterial};
use super::key_text::decode_base64;
use super::{AlgorithmSet, Key, KeyUnusable};

impl Key {
    /// A public key from a JWK of a document that was fetched. Private members are ignored, and noted.
    ///
    /// # Errors
    ///
    /// Why the key is not used; a shared secret (`oct`) is [`KeyUnusable::SymmetricNotAllowed`], because a
    /// document that everyone can fetch holds no secret.
    pub fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, KeyUnusable> {
        Self::from_fetched(JwkMembers::of(jwk))
    }

    /// A key from a JWK that the operator wrote down: like [`Key::from_jwk`], and shared secrets too.
    ///
    /// # Errors
    ///
    /// Why the key is not used; [`KeyUnusable::PrivateKey`] if it holds private members.
    pub(crate) fn from_inline_jwk(jwk: &Map<String, Value>) -> Result<Self, KeyUnusable> {
        let key = read(JwkMembers::of(jwk))?;
        if key.has_private_members { Err(KeyUnusable::PrivateKey) } else { Ok(key) }
    }

    pub(super) fn from_fetched(jwk: JwkMembers<'_>) -> Result<Self, KeyUnusable> {
        if jwk.text("kty")? == Some("oct") {
            return Err(KeyUnusable::SymmetricNotAllowed);
        }
        read(jwk)
    }
}

fn read(jwk: JwkMembers<'_>) -> Result<Key, KeyUnusable> {
    check_purpose(jwk)?;
    let material = if jwk.has("x5c") && !jwk.has_material() {
        certified(jwk)?
    } else {
        KeyMaterial::from_wire_form(&wire_form(jwk)?)?
    };
    let has_private_members =
        !matches!(material, KeyMaterial::Symmetric(_)) && PRIVATE_MEMBERS.iter().any(|name| jwk.has(name));
    let mut key = Key::from_material(material);
    match jwk.algorithm()? {
        NamedAlgorithm::Absent => {}
        NamedAlgorithm::Encryption(_) | NamedAlgorithm::Other => {
            return Err(KeyUnusable::NotForSignatures("alg"));
        }
        NamedAlgorithm::Signature(algorithm) if key.fits(algorithm) => {
            key.algorithm = Some(algorithm);
            key.usable_for = AlgorithmSet::of(&[algorithm]);
        }
        NamedAlgorithm::Signature(algorithm) => {
            return Err(match key.material {
                KeyMaterial::Symmetric(_) if algorithm.is_symmetric() => KeyUnusable::WeakSecret,
                _ => KeyUnusable::AlgorithmMismatch,
            });
        }
    }
    key.id = jwk.id()?;
    key.issuer = jwk.text("issuer")?.map(IssuerPattern::parse);
    key.has_private_members = has_private_members;
    Ok(key)
}

/// The key that the members say.
fn wire_form(jwk: JwkMembers<'_>) -> Result<JsonWebKey<'_>, KeyUnusable> {
    Ok(match jwk.needed_text("kty")? {
        "RSA" => JsonWebKey::Rsa {
            modulus: jwk.bytes("n")?.into(),
            public_exponent: jwk.bytes("e")?.into(),
            private_parts: None,
        },
        "EC" => JsonWebKey::EllipticCurve {
            curve: Curve::from_name(jwk.needed_text("crv")?).ok_or(KeyUnusable::UnknownCurve)?.name().into(),
            x: jwk.bytes("x")?.into(),
            y: jwk.bytes("y")?.into(),
            secret: None,
        },
        "OKP" => match jwk.needed_text("crv")? {
            ED25519 => JsonWebKey::KeyPair { curve: ED25519.into(), x: jwk.bytes("x")?.into(), secret: None },
            _ => return Err(KeyUnusable::UnknownCurve),
        },
        "oct" => JsonWebKey::Symmetric { secret: SecretBytes::owned(jwk.bytes("k")?) },
        _ => return Err(KeyUnusable::UnknownKeyType),
    })
}

/// The key of the first certificate of `x5c` (RFC 7517, section 4.7), where the JWK has no other. Only the key is taken:
/// nothing is believed because a certificate says it or somebody signed it. A `kty` and a `crv` beside it must agree.
fn certified(jwk: JwkMembers<'_>) -> Result<KeyMaterial, KeyUnusable> {
    let malformed = KeyUnusable::MemberType("x5c");
    let chain = jwk.texts("x5c")?.unwrap_or_default();
    let certificate =
        decode_base64(chain.first().ok_or(malformed)?).map_err(|_| KeyUnusable::MemberEncoding("x5c"))?;
    let material = KeyMaterial::from_certificate(&certificate)?;
    let (kind, curve) = match material.wire_form() {
        Some(JsonWebKey::EllipticCurve { curve, .. }) => ("EC", Some(curve)),
        Some(JsonWebKey::KeyPair { curve, .. }) => ("OKP", Some(curve)),
        _ => ("RSA", None),
    };
    let agrees = jwk.text("kty")?.is_none_or(|stated| stated == kind)
        && jwk.text("crv")?.is_none_or(|stated| Some(stated) == curve.as_deref());
    if agrees { Ok(material) } else { Err(KeyUnusable::CertificateMismatch) }
}

/// `use` and `key_ops` (RFC 7517, sections 4.2 and 4.3), where present, must allow verification. `jwt-svid` is SPIFFE's
/// word for a key that verifies tokens (JWT-SVID, section 7).
fn check_purpose(jwk: JwkMembers<'_>) -> Result<(), KeyUnusable> {
    if jwk.text("use")?.is_some_and(|purpose| !["sig", "jwt-svid"].contains(&purpose)) {
        return Err(KeyUnusable::NotForSignatures("use"));
    }
    match jwk.texts("key_ops")? {
        Some(operations) if !operations.contains(&"verify") => Err(KeyUnusable::NotForSignatures("key_ops")),
        _ => Ok(()),
    }
}

/// Members that only a private key has (RFC 7518, sections 6.2.2 and 6.3.2; RFC 8037, section 2).
const PRIVATE_MEMBERS: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];
