//! Keys from JSON Web Keys (RFC 7517; RFC 7518, section 6; RFC 8037, section 2).

use serde_json::{Map, Value};

use super::key_material::{Curve, KeyMaterial};
use super::rsa_public::RsaPublicKey;
use super::{Algorithm, Key, KeyId, KeyUnusable, base64url};

impl Key {
    /// A public key from a JWK of a document that was fetched. Private members are ignored, and noted.
    ///
    /// # Errors
    ///
    /// Why the key is not used; a shared secret (`oct`) is [`KeyUnusable::SymmetricNotAllowed`], because a
    /// document that everyone can fetch holds no secret.
    pub fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, KeyUnusable> {
        if text(jwk, "kty")? == "oct" {
            return Err(KeyUnusable::SymmetricNotAllowed);
        }
        read(jwk)
    }

    /// A key from a JWK that the operator wrote down: like [`Key::from_jwk`], and shared secrets too.
    ///
    /// # Errors
    ///
    /// Why the key is not used; [`KeyUnusable::PrivateKey`] if it holds private members.
    pub fn from_inline_jwk(jwk: &Map<String, Value>) -> Result<Self, KeyUnusable> {
        let key = read(jwk)?;
        if key.has_private_members { Err(KeyUnusable::PrivateKey) } else { Ok(key) }
    }
}

fn read(jwk: &Map<String, Value>) -> Result<Key, KeyUnusable> {
    check_purpose(jwk)?;
    let material = match text(jwk, "kty")? {
        "RSA" => KeyMaterial::Rsa(RsaPublicKey::new(&bytes(jwk, "n")?, &bytes(jwk, "e")?)?),
        "EC" => {
            let curve = Curve::from_name(text(jwk, "crv")?).ok_or(KeyUnusable::UnknownCurve)?;
            KeyMaterial::from_coordinates(curve, &bytes(jwk, "x")?, &bytes(jwk, "y")?)?
        }
        "OKP" => match text(jwk, "crv")? {
            "Ed25519" => KeyMaterial::from_ed25519(&bytes(jwk, "x")?)?,
            _ => return Err(KeyUnusable::UnknownCurve),
        },
        "oct" => KeyMaterial::from_secret(&bytes(jwk, "k")?)?,
        _ => return Err(KeyUnusable::UnknownKeyType),
    };
    let has_private_members = !matches!(material, KeyMaterial::Symmetric(_))
        && PRIVATE_MEMBERS.iter().any(|name| jwk.contains_key(*name));
    let mut key = Key::from_material(material);
    if let Some(algorithm) = pinned_algorithm(jwk)? {
        if !key.fits(algorithm) {
            return Err(match key.material {
                KeyMaterial::Symmetric(_) if algorithm.is_symmetric() => KeyUnusable::WeakSecret,
                _ => KeyUnusable::AlgorithmMismatch,
            });
        }
        key.algorithm = Some(algorithm);
        key.usable_for = super::AlgorithmSet::of(&[algorithm]);
    }
    key.id = optional_text(jwk, "kid")?.map(KeyId::new);
    key.issuer = optional_text(jwk, "issuer")?.map(Into::into);
    key.has_private_members = has_private_members;
    Ok(key)
}

/// `use` and `key_ops` (RFC 7517, sections 4.2 and 4.3), where present, must allow verification.
fn check_purpose(jwk: &Map<String, Value>) -> Result<(), KeyUnusable> {
    if optional_text(jwk, "use")?.is_some_and(|purpose| purpose != "sig") {
        return Err(KeyUnusable::NotForSignatures);
    }
    match jwk.get("key_ops") {
        None => Ok(()),
        Some(Value::Array(operations)) if !operations.iter().all(Value::is_string) => {
            Err(KeyUnusable::Malformed)
        }
        Some(Value::Array(operations)) if operations.iter().any(|operation| operation == "verify") => Ok(()),
        Some(Value::Array(_)) => Err(KeyUnusable::NotForSignatures),
        Some(_) => Err(KeyUnusable::Malformed),
    }
}

/// `alg` (RFC 7517, section 4.4). `Ed25519` is the newer name (RFC 9864) of what tokens call `EdDSA`.
fn pinned_algorithm(jwk: &Map<String, Value>) -> Result<Option<Algorithm>, KeyUnusable> {
    match optional_text(jwk, "alg")? {
        None => Ok(None),
        Some("Ed25519") => Ok(Some(Algorithm::EdDsa)),
        Some(name) => match Algorithm::from_name(name) {
            None | Some(Algorithm::None) => Err(KeyUnusable::NotForSignatures),
            known => Ok(known),
        },
    }
}

fn optional_text<'a>(jwk: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, KeyUnusable> {
    jwk.get(name).map(|value| value.as_str().ok_or(KeyUnusable::Malformed)).transpose()
}

fn text<'a>(jwk: &'a Map<String, Value>, name: &str) -> Result<&'a str, KeyUnusable> {
    optional_text(jwk, name)?.ok_or(KeyUnusable::Malformed)
}

fn bytes(jwk: &Map<String, Value>, name: &str) -> Result<Vec<u8>, KeyUnusable> {
    base64url::decode(text(jwk, name)?).map_err(|_| KeyUnusable::Malformed)
}

/// Members that only a private key has (RFC 7518, sections 6.2.2 and 6.3.2; RFC 8037, section 2).
const PRIVATE_MEMBERS: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];
