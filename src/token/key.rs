//! A key that signatures are verified with, checked once and prepared for use.

use std::borrow::Cow;
use std::fmt;

use jwt_compact::jwk::JsonWebKey;
use sha2::{Digest, Sha256};

use super::issuer::IssuerPattern;
use super::key_material::KeyMaterial;
use super::{Algorithm, AlgorithmSet, KeyId, base64url};

/// Why a key is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyUnusable {
    /// Not an object, or not what a text of its kind (PEM, DER, base64) looks like.
    Malformed,
    /// A member that a key of this type has is not there.
    MemberMissing(&'static str),
    /// A member of another type than its own, such as a number for `kid`.
    MemberType(&'static str),
    /// A member that is neither base64url nor ordinary base64.
    MemberEncoding(&'static str),
    /// A member that is read, given twice: two readers would take different values.
    MemberTwice(&'static str),
    /// A certificate alone, of another type than the key says.
    CertificateMismatch,
    /// A `kty`, or the algorithm of a public key, that is not known.
    UnknownKeyType,
    /// A `crv` that is not known.
    UnknownCurve,
    /// Meant for something else by this member: `use` is not `sig`, `key_ops` lacks `verify`, `alg` is a registered name
    /// of something else than a signature algorithm that is known here.
    NotForSignatures(&'static str),
    /// `alg` does not go with the key's type, curve or length.
    AlgorithmMismatch,
    /// An RSA modulus of less than 2048 bits (RFC 7518, section 3.3).
    WeakRsa,
    /// An RSA modulus of more than 8192 bits: verification would take too long.
    LargeRsa,
    /// An RSA modulus that is even, or an exponent that is even, less than 3 or longer than 32 bits.
    InvalidRsa,
    /// A point off its curve, of the wrong length, or of small order.
    InvalidPoint,
    /// A shared secret where only public keys are taken (a fetched document).
    SymmetricNotAllowed,
    /// A shared secret shorter than the hash (RFC 7518, section 3.2).
    WeakSecret,
    /// A private key where a public one belongs.
    PrivateKey,
    /// Not a key that tokens are decrypted with: a public key, another `use` or `alg`, or a secret of a length
    /// that no algorithm takes.
    NotForDecryption,
}

impl fmt::Display for KeyUnusable {
    /// What is wrong, in words for an operator.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::MemberMissing(name) => return write!(f, "{name} is missing"),
            Self::MemberType(name) => return write!(f, "{name} has the wrong type"),
            Self::MemberEncoding(name) => return write!(f, "{name} is not base64url"),
            Self::MemberTwice(name) => return write!(f, "{name} is given twice"),
            Self::NotForSignatures(name) => return write!(f, "not for signatures, by its {name}"),
            Self::CertificateMismatch => "its certificate holds a key of another type",
            Self::Malformed => "malformed",
            Self::UnknownKeyType => "unknown key type",
            Self::UnknownCurve => "unknown curve",
            Self::AlgorithmMismatch => "the key's algorithm does not fit its type",
            Self::WeakRsa => "an RSA modulus of less than 2048 bits",
            Self::LargeRsa => "an RSA modulus of more than 8192 bits",
            Self::InvalidRsa => "an RSA modulus or exponent that is not sound",
            Self::InvalidPoint => "not a sound point of the curve",
            Self::SymmetricNotAllowed => "a symmetric key where only public keys are accepted",
            Self::WeakSecret => "a secret shorter than the hash of its algorithm",
            Self::PrivateKey => "a private key where a public one belongs",
            Self::NotForDecryption => "not a key that tokens can be decrypted with",
        })
    }
}

impl std::error::Error for KeyUnusable {}

/// A usable key: whatever made it (JWK, certificate, PEM, components) has passed every check.
#[derive(Clone)]
pub struct Key {
    pub(super) id: Option<KeyId>,
    pub(super) issuer: Option<IssuerPattern>,
    pub(super) algorithm: Option<Algorithm>,
    pub(super) has_private_members: bool,
    pub(super) usable_for: AlgorithmSet,
    pub(super) material: KeyMaterial,
    pub(super) subject_public_key_info: Option<Box<[u8]>>,
}

impl Key {
    pub(super) fn from_material(material: KeyMaterial) -> Self {
        Self {
            id: None,
            issuer: None,
            algorithm: None,
            has_private_members: false,
            usable_for: material.algorithms(),
            subject_public_key_info: material.subject_public_key_info().map(Into::into),
            material,
        }
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

    /// The issuer that the key serves, as Entra writes it beside each key: an URL that may hold `{tenantid}`.
    pub fn issuer(&self) -> Option<&IssuerPattern> {
        self.issuer.as_ref()
    }

    /// Its public key as bytes, to tell keys apart by; nothing of a shared secret.
    pub(super) fn public_bytes(&self) -> Cow<'_, [u8]> {
        match (&self.subject_public_key_info, &self.material) {
            (Some(info), _) => Cow::Borrowed(info),
            (None, KeyMaterial::Ed25519(key)) => Cow::Owned(key.to_bytes().to_vec()),
            (None, _) => Cow::Borrowed(&[]),
        }
    }

    /// Its thumbprint (RFC 7638) with SHA-256, base64url: a name for a key that has none. None for a shared secret, which
    /// its hash would help to guess.
    pub fn thumbprint(&self) -> Option<String> {
        // `JsonWebKey::thumbprint` takes a hash of an older release of its traits, and writing it as text is 40 kB of code.
        let members = self.required_members()?;
        let members: Vec<_> = members.iter().map(|(name, value)| format!(r#""{name}":"{value}""#)).collect();
        Some(base64url::encode(Sha256::digest(format!("{{{}}}", members.join(",")))))
    }

    /// The members that a JWK of it has to have, as the RFCs write them, in the order of their names (RFC 7638, 3.2); none
    /// for a shared secret.
    pub(super) fn required_members(&self) -> Option<Vec<(&'static str, String)>> {
        let encode = |bytes: &[u8]| base64url::encode(bytes);
        Some(match self.material.wire_form()? {
            JsonWebKey::Rsa { modulus, public_exponent, .. } => {
                vec![("e", encode(&public_exponent)), ("kty", "RSA".to_owned()), ("n", encode(&modulus))]
            }
            JsonWebKey::EllipticCurve { curve, x, y, .. } => {
                let curve = curve.into_owned();
                vec![("crv", curve), ("kty", "EC".to_owned()), ("x", encode(&x)), ("y", encode(&y))]
            }
            JsonWebKey::KeyPair { curve, x, .. } => {
                vec![("crv", curve.into_owned()), ("kty", "OKP".to_owned()), ("x", encode(&x))]
            }
            _ => return None,
        })
    }

    /// The one algorithm that the key's own `alg` allows, if it has one.
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm
    }

    /// Whether the document also held the private half. It is not kept; whoever published it should know.
    pub(crate) fn has_private_members(&self) -> bool {
        self.has_private_members
    }

    /// What the key is made of.
    pub(super) fn material(&self) -> &KeyMaterial {
        &self.material
    }

    /// What the key can verify: what its type and length allow, cut down to its own `alg`.
    pub fn usable_for(&self) -> AlgorithmSet {
        self.usable_for
    }

    /// Whether the key can verify signatures of that algorithm (RFC 8725, section 3.1).
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        self.usable_for.contains(algorithm)
    }

    /// The public key as DER `SubjectPublicKeyInfo` (RFC 5280, section 4.1), made once; none for a secret.
    pub fn subject_public_key_info_der(&self) -> Option<&[u8]> {
        self.subject_public_key_info.as_deref()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Key")
            .field("id", &self.id)
            .field("usable_for", &self.usable_for)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn thumbprints_are_those_of_the_rfcs() {
        let modulus = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        for (jwk, expected) in [
            // RFC 7638, section 3.1.
            (
                json!({"kty": "RSA", "n": modulus, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}),
                Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
            ),
            // RFC 8037, appendix A.3.
            (
                json!({"kty": "OKP", "crv": "Ed25519", "x": x}),
                Some("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
            ),
            (json!({"kty": "oct", "k": "A".repeat(43)}), None),
        ] {
            let key = Key::from_inline_jwk(jwk.as_object().unwrap()).unwrap();
            assert_eq!(key.thumbprint().as_deref(), expected);
        }
    }
}
