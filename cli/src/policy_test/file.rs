//! What a file of policy tests holds, as it is written. Unknown members are errors, with their place.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use validate_jwt::gate::Reason;

use crate::evaluation::Fate;

/// A file of policy tests.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TestFile {
    pub(super) configuration: WrittenConfiguration,
    /// When tokens are minted, in seconds since 1970.
    #[serde(default = "start")]
    pub(super) now: i64,
    #[serde(default)]
    pub(super) providers: BTreeMap<String, WrittenProvider>,
    /// What every request has that does not say otherwise.
    #[serde(default)]
    pub(super) defaults: WrittenRequest,
    pub(super) tests: Vec<WrittenTest>,
}

/// Any time will do, as long as it stays the same: 2027-01-15T08:00:00Z.
const fn start() -> i64 {
    1_800_000_000
}

/// The policy that is tested.
#[derive(Debug)]
pub(super) enum WrittenConfiguration {
    /// The name of a file; or, where it begins with `<`, a policy in XML.
    Text(String),
    /// The configuration itself.
    Tree(Value),
}

/// A provider, as far as the configuration does not say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WrittenProvider {
    /// The issuer that its discovery document names.
    pub(super) issuer: Option<String>,
    /// What its tokens are signed with.
    pub(super) algorithm: Option<TestAlgorithm>,
}

/// What a test key signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum TestAlgorithm {
    /// ECDSA on P-256.
    #[serde(rename = "ES256")]
    Es256,
    /// RSA with PKCS #1 v1.5: what most providers use. Its key takes a second to find.
    #[serde(rename = "RS256")]
    Rs256,
}

/// One test.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenTest {
    pub(super) name: String,
    #[serde(default)]
    pub(super) request: WrittenRequest,
    /// How many seconds after `now` the request comes.
    #[serde(default)]
    pub(super) after: i64,
    /// The providers whose documents cannot be fetched.
    #[serde(default)]
    pub(super) missing: Vec<String>,
    pub(super) expect: Expectation,
}

/// A request, or what requests have by default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WrittenRequest {
    pub(super) method: Option<String>,
    pub(super) url: Option<String>,
    pub(super) host: Option<String>,
    pub(super) path: Option<String>,
    pub(super) headers: BTreeMap<String, Texts>,
    /// What route metadata says.
    pub(super) route: Option<String>,
    /// `null` takes the default one away.
    #[serde(deserialize_with = "some")]
    pub(super) token: Option<WrittenToken>,
    /// A DPoP proof, by a key to which the token is bound.
    pub(super) proof: Option<WrittenProof>,
    /// SHA-256 of the client's certificate.
    pub(super) certificate: Option<String>,
}

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum WrittenToken {
    /// No token.
    Absent,
    /// This text.
    Text(String),
    /// One that is minted.
    Minted(Mint),
}

/// A token to mint.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Mint {
    /// Whose; where there are several.
    pub(super) provider: Option<String>,
    /// Further claims; `null` takes one away.
    pub(super) claims: BTreeMap<String, Value>,
    /// Further members of the header; `null` takes one away.
    pub(super) header: BTreeMap<String, Value>,
    /// `exp`, in seconds from `now`.
    pub(super) expires_in: Option<i64>,
    /// `nbf`, likewise.
    pub(super) not_before_in: Option<i64>,
    /// `iat`, likewise.
    pub(super) issued_in: Option<i64>,
    pub(super) signed_by: Option<Signer>,
}

/// Who signs a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Signer {
    /// The provider.
    Provider,
    /// Somebody else, under the provider's `kid`.
    Stranger,
    /// Nobody: `alg` is `none`.
    Nobody,
}

/// A DPoP proof to make.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WrittenProof {
    pub(super) claims: BTreeMap<String, Value>,
    pub(super) header: BTreeMap<String, Value>,
}

/// One text or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Texts(pub(super) Vec<String>);

/// What is expected. Only what is written is compared.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FullExpectation {
    pub(super) outcome: Option<Fate>,
    /// 200 for a request that goes on.
    pub(super) status: Option<u16>,
    #[serde(deserialize_with = "reason")]
    pub(super) reason: Option<Reason>,
    pub(super) policy: Option<String>,
    /// Headers that the upstream gets; `null` for one that it does not.
    pub(super) upstream: BTreeMap<String, Option<Texts>>,
    /// Headers of the filter's own answer, likewise.
    pub(super) answer: BTreeMap<String, Option<Texts>>,
    /// What `WWW-Authenticate` holds, among others.
    pub(super) challenge: Option<Texts>,
}

/// What is expected, in full or as a word: an outcome, or the reason of a refusal.
#[derive(Debug)]
pub(super) struct Expectation(pub(super) FullExpectation);

impl<'de> Deserialize<'de> for Fate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Self::ALL
            .into_iter()
            .find(|fate| fate.word() == word)
            .ok_or_else(|| D::Error::custom(format!("expected an outcome ({}), found {word:?}", outcomes())))
    }
}

fn outcomes() -> String {
    Fate::ALL.map(Fate::word).join(", ")
}

fn reason<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Reason>, D::Error> {
    let code = String::deserialize(deserializer)?;
    let known = Reason::ALL.into_iter().find(|reason| reason.code() == code);
    known.map(Some).ok_or_else(|| D::Error::custom(format!("expected a reason, found {code:?}")))
}

/// A member that is there, `null` among it.
fn some<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl<'de> Deserialize<'de> for WrittenConfiguration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = WrittenConfiguration;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a file, a configuration, or a policy in XML")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(WrittenConfiguration::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Value::deserialize(MapAccessDeserializer::new(map)).map(WrittenConfiguration::Tree)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl<'de> Deserialize<'de> for WrittenToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = WrittenToken;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a token to mint, a token as text, or null")
            }

            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(WrittenToken::Absent)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(WrittenToken::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Mint::deserialize(MapAccessDeserializer::new(map)).map(WrittenToken::Minted)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Texts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or a list of texts")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Texts(vec![text.to_owned()]))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = list.next_element()? {
                    texts.push(text);
                }
                Ok(Texts(texts))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl<'de> Deserialize<'de> for Expectation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Expectation;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an outcome, a reason, or what is expected in full")
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<Self::Value, E> {
                let outcome = Fate::ALL.into_iter().find(|fate| fate.word() == word);
                let reason = Reason::ALL.into_iter().find(|reason| reason.code() == word);
                if outcome.is_none() && reason.is_none() {
                    let outcomes = outcomes();
                    return Err(E::custom(format!(
                        "expected an outcome ({outcomes}) or the reason of a refusal, found {word:?}"
                    )));
                }
                let outcome = outcome.or(Some(Fate::Rejected));
                Ok(Expectation(FullExpectation { outcome, reason, ..FullExpectation::default() }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                FullExpectation::deserialize(MapAccessDeserializer::new(map)).map(Expectation)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl WrittenRequest {
    /// This request, with the defaults for what it does not say.
    pub(super) fn over(self, defaults: &Self) -> Self {
        let places_itself = self.url.is_some() || self.host.is_some() || self.path.is_some();
        let mut headers = defaults.headers.clone();
        headers.extend(self.headers);
        Self {
            method: self.method.or_else(|| defaults.method.clone()),
            url: self.url.or_else(|| defaults.url.clone().filter(|_| !places_itself)),
            host: self.host.or_else(|| defaults.host.clone()),
            path: self.path.or_else(|| defaults.path.clone()),
            headers,
            route: self.route.or_else(|| defaults.route.clone()),
            token: match (self.token, &defaults.token) {
                (Some(WrittenToken::Minted(mint)), Some(WrittenToken::Minted(known))) => {
                    Some(WrittenToken::Minted(mint.over(known)))
                }
                (Some(token), _) => Some(token),
                (None, default) => default.clone(),
            },
            proof: self.proof.or_else(|| defaults.proof.clone()),
            certificate: self.certificate.or_else(|| defaults.certificate.clone()),
        }
    }
}

impl Mint {
    fn over(self, defaults: &Self) -> Self {
        let merged = |own: BTreeMap<String, Value>, known: &BTreeMap<String, Value>| {
            let mut all = known.clone();
            all.extend(own);
            all
        };
        Self {
            provider: self.provider.or_else(|| defaults.provider.clone()),
            claims: merged(self.claims, &defaults.claims),
            header: merged(self.header, &defaults.header),
            expires_in: self.expires_in.or(defaults.expires_in),
            not_before_in: self.not_before_in.or(defaults.not_before_in),
            issued_in: self.issued_in.or(defaults.issued_in),
            signed_by: self.signed_by.or(defaults.signed_by),
        }
    }
}
