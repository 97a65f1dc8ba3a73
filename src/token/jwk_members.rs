//! The members of a JWK, public or private (RFC 7517, section 4; RFC 7518, section 6). This is the one place that reads
//! them, and the place that is lenient with providers: `null` counts as absent, numbers may be in either base64 alphabet,
//! padded or not, and an unregistered `alg` is ignored. What a key may be used for follows from its type.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::document::Members;
use super::key_text::decode_base64;
use super::{Algorithm, KeyId, KeyUnusable, json};
use crate::excerpt::Excerpt;

/// A JWK, looked at.
#[derive(Clone, Copy)]
pub(super) struct JwkMembers<'a> {
    members: &'a Map<String, Value>,
    twice: &'a [&'static str],
}

/// A JWK of a document that was fetched: the members that are read, but for those of a private key.
pub(super) struct FetchedJwk {
    members: Map<String, Value>,
    twice: Vec<&'static str>,
}

/// What a JWK's `alg` says (RFC 7517, section 4.4).
pub(super) enum NamedAlgorithm<'a> {
    /// A signature algorithm that the filter knows.
    Signature(Algorithm),
    /// A registered name for encryption, of a key or of content.
    Encryption(&'a str),
    /// A registered name of something else.
    Other,
    /// None, or a name that is not registered: it says nothing.
    Absent,
}

impl FetchedJwk {
    /// Reads an entry of a key set.
    pub(super) fn of(entry: &RawValue) -> Result<Self, KeyUnusable> {
        let given = Members::of_text(entry.get(), FETCHED).map_err(|_| KeyUnusable::Malformed)?;
        let (mut members, mut twice) = (Map::new(), Vec::new());
        for name in given.names() {
            match given.get(name) {
                Ok(None) => {}
                Ok(Some(value)) => {
                    let value = json::parse_value(value.get().as_bytes());
                    let value = value.map_err(|_| KeyUnusable::MemberType(name))?;
                    members.insert(name.to_owned(), value.into());
                }
                Err(_) => twice.push(name),
            }
        }
        Ok(Self { members, twice })
    }

    pub(super) fn members(&self) -> JwkMembers<'_> {
        JwkMembers { members: &self.members, twice: &self.twice }
    }

    /// The JWK without what was not needed to read it: a certificate beside the key itself says nothing.
    pub(super) fn into_kept(mut self) -> Map<String, Value> {
        if self.members().has_material() {
            self.members.remove("x5c");
        }
        self.members
    }
}

impl<'a> JwkMembers<'a> {
    /// The members of a JWK that has each of them once.
    pub(super) fn of(members: &'a Map<String, Value>) -> Self {
        Self { members, twice: &[] }
    }

    /// Whether there is such a member.
    pub(super) fn has(self, name: &str) -> bool {
        self.members.get(name).is_some_and(|value| !value.is_null()) || self.twice.contains(&name)
    }

    /// Whether any of the members is there that a key is made of; otherwise there is at most a certificate.
    pub(super) fn has_material(self) -> bool {
        MATERIAL.iter().any(|name| self.has(name))
    }

    /// A member that must be a text where it is present.
    pub(super) fn text(self, name: &'static str) -> Result<Option<&'a str>, KeyUnusable> {
        let value = self.value(name)?;
        value.map(|value| value.as_str().ok_or(KeyUnusable::MemberType(name))).transpose()
    }

    /// A member that must be a text.
    pub(super) fn needed_text(self, name: &'static str) -> Result<&'a str, KeyUnusable> {
        self.text(name)?.ok_or(KeyUnusable::MemberMissing(name))
    }

    /// A member that must be bytes.
    pub(super) fn bytes(self, name: &'static str) -> Result<Vec<u8>, KeyUnusable> {
        decode_base64(self.needed_text(name)?).map_err(|_| KeyUnusable::MemberEncoding(name))
    }

    /// A member that must be an array of texts where it is present.
    pub(super) fn texts(self, name: &'static str) -> Result<Option<Vec<&'a str>>, KeyUnusable> {
        let Some(value) = self.value(name)? else { return Ok(None) };
        let texts = value.as_array().and_then(|items| items.iter().map(Value::as_str).collect());
        texts.map(Some).ok_or(KeyUnusable::MemberType(name))
    }

    /// `kid`.
    pub(super) fn id(self) -> Result<Option<KeyId>, KeyUnusable> {
        Ok(self.text("kid")?.map(KeyId::new))
    }

    /// `alg`.
    pub(super) fn algorithm(self) -> Result<NamedAlgorithm<'a>, KeyUnusable> {
        let Some(name) = self.text("alg")? else { return Ok(NamedAlgorithm::Absent) };
        Ok(match Algorithm::from_name(name) {
            Some(Algorithm::None) => NamedAlgorithm::Other,
            Some(algorithm) => NamedAlgorithm::Signature(algorithm),
            None if ENCRYPTION.contains(&name) => NamedAlgorithm::Encryption(name),
            None if OTHERS.contains(&name) => NamedAlgorithm::Other,
            None => NamedAlgorithm::Absent,
        })
    }

    /// Name and type for a log line, as far as there are any.
    pub(super) fn described(self) -> (Option<Excerpt>, Option<Excerpt>) {
        let text = |name| self.text(name).ok().flatten();
        let kind = match (text("kty"), text("crv")) {
            (Some(kind), Some(curve)) => Some(Excerpt::word(&format!("{kind} {curve}"))),
            (kind, curve) => kind.or(curve).map(Excerpt::word),
        };
        (text("kid").map(Excerpt::name), kind)
    }

    fn value(self, name: &'static str) -> Result<Option<&'a Value>, KeyUnusable> {
        if self.twice.contains(&name) {
            return Err(KeyUnusable::MemberTwice(name));
        }
        Ok(self.members.get(name).filter(|value| !value.is_null()))
    }
}

/// Members that a key is made of.
const MATERIAL: [&str; 5] = ["n", "e", "x", "y", "k"];

/// Members that are read of a fetched key.
const FETCHED: &[&str] = &["kty", "use", "key_ops", "alg", "kid", "issuer", "n", "e", "crv", "x", "y", "x5c"];

/// Registered names of `alg` and `enc` (IANA, JSON Web Signature and Encryption Algorithms) for encryption.
const ENCRYPTION: &[&str] = &[
    "RSA1_5",
    "RSA-OAEP",
    "RSA-OAEP-256",
    "RSA-OAEP-384",
    "RSA-OAEP-512",
    "A128KW",
    "A192KW",
    "A256KW",
    "dir",
    "ECDH-ES",
    "ECDH-ES+A128KW",
    "ECDH-ES+A192KW",
    "ECDH-ES+A256KW",
    "A128GCMKW",
    "A192GCMKW",
    "A256GCMKW",
    "PBES2-HS256+A128KW",
    "PBES2-HS384+A192KW",
    "PBES2-HS512+A256KW",
    "A128CBC-HS256",
    "A192CBC-HS384",
    "A256CBC-HS512",
    "A128GCM",
    "A192GCM",
    "A256GCM",
    "A128CBC",
    "A192CBC",
    "A256CBC",
    "A128CTR",
    "A192CTR",
    "A256CTR",
];

/// The other registered names that the filter has no signature algorithm for.
const OTHERS: &[&str] = &["ES256K", "Ed448", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87", "HS1", "RS1"];
