//! The usable keys of one provider, and how a JWKS document becomes them (RFC 7517, section 5).

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Key, KeyId, KeyUnusable, json};

/// Keys, found by their id in logarithmic time.
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    /// Sorted by id, those without one first; keys of the same id in the order they came in.
    keys: Vec<Key>,
}

impl KeySet {
    /// A set of these keys. Several keys of one id all stay.
    pub fn new(mut keys: Vec<Key>) -> Self {
        keys.sort_by(|left, right| left.id().cmp(&right.id()));
        Self { keys }
    }

    /// The keys that may have signed a token: those of its `kid`; if there are none, those that have no id at all;
    /// for a token without `kid`, all of them. Callers filter by [`Key::fits`].
    pub fn candidates(&self, key_id: Option<&KeyId>) -> impl Iterator<Item = &Key> {
        let candidates = match key_id {
            None => self.keys.as_slice(),
            Some(_) => match self.of_id(key_id) {
                [] => self.of_id(None),
                keys => keys,
            },
        };
        candidates.iter()
    }

    /// Whether there is a key of exactly this id.
    pub fn contains(&self, key_id: &KeyId) -> bool {
        !self.of_id(Some(key_id)).is_empty()
    }

    /// All keys, sorted by id.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The keys themselves.
    pub fn into_keys(self) -> Vec<Key> {
        self.keys
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    fn of_id(&self, id: Option<&KeyId>) -> &[Key] {
        let start = self.keys.partition_point(|key| key.id() < id);
        let end = self.keys.partition_point(|key| key.id() <= id);
        self.keys.get(start..end).unwrap_or_default()
    }

    /// Reads a JWKS document that was fetched. An odd entry is skipped and counted; it never spoils the set.
    ///
    /// # Errors
    ///
    /// See [`KeySetError`]; `limit` is the largest number of usable keys.
    pub fn from_jwks_document(document: &[u8], limit: usize) -> Result<KeyDocument, KeySetError> {
        let mut keys = Vec::new();
        let mut jwks = Vec::new();
        let mut skipped = SkippedKeys::default();
        for entry in split_document(document)? {
            let key = json::parse_object(entry.get().as_bytes())
                .map(Map::from)
                .map_err(|_| KeyUnusable::Malformed)
                .and_then(|jwk| Ok((Key::from_jwk(&jwk)?, jwk)));
            match key {
                Ok(_) if keys.len() >= limit => return Err(KeySetError::TooManyKeys),
                Ok((key, jwk)) => {
                    keys.push(key);
                    jwks.push(jwk);
                }
                Err(reason) => skipped.count(reason),
            }
        }
        if keys.is_empty() {
            return Err(KeySetError::NoUsableKey);
        }
        Ok(KeyDocument { key_set: Self::new(keys), jwks, skipped })
    }
}

/// What a JWKS document held.
#[derive(Clone, Debug)]
pub struct KeyDocument {
    /// The usable keys, at least one.
    pub key_set: KeySet,
    /// The same keys as they were sent, in the document's order.
    pub jwks: Vec<Map<String, Value>>,
    /// The others.
    pub skipped: SkippedKeys,
}

/// How many keys of a document are not used, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SkippedKeys(BTreeMap<KeyUnusable, usize>);

impl SkippedKeys {
    /// The reasons that occurred, each with its number of keys.
    pub fn iter(&self) -> impl Iterator<Item = (KeyUnusable, usize)> {
        self.0.iter().map(|(reason, number)| (*reason, *number))
    }

    /// How many keys in all.
    pub fn total(&self) -> usize {
        self.0.values().sum()
    }

    fn count(&mut self, reason: KeyUnusable) {
        let number = self.0.entry(reason).or_default();
        *number = number.saturating_add(1);
    }
}

/// Why a document yields no set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySetError {
    /// Not a JSON object in UTF-8 with distinct member names.
    NotAnObject,
    /// `keys` is missing or not an array.
    NoKeysArray,
    /// Not one usable key.
    NoUsableKey,
    /// More usable keys than allowed.
    TooManyKeys,
}

impl fmt::Display for KeySetError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotAnObject => "not a JSON object",
            Self::NoKeysArray => "no array of keys",
            Self::NoUsableKey => "no usable key",
            Self::TooManyKeys => "too many keys",
        })
    }
}

impl std::error::Error for KeySetError {}

/// The entries of `keys`, unparsed, so that each can be odd on its own.
fn split_document(document: &[u8]) -> Result<Vec<&RawValue>, KeySetError> {
    let mut deserializer = serde_json::Deserializer::from_slice(document);
    let keys = deserializer.deserialize_map(Document).map_err(|_| KeySetError::NotAnObject)?;
    deserializer.end().map_err(|_| KeySetError::NotAnObject)?;
    let keys = keys.ok_or(KeySetError::NoKeysArray)?;
    serde_json::from_str(keys.get()).map_err(|_| KeySetError::NoKeysArray)
}

/// Reads a document's outermost object and keeps `keys` as it stands.
struct Document;

impl<'de> Visitor<'de> for Document {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JWKS document")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut keys = None;
        while let Some(name) = members.next_key::<String>()? {
            if name != "keys" {
                members.next_value::<IgnoredAny>()?;
            } else if keys.replace(members.next_value()?).is_some() {
                return Err(A::Error::custom("keys given twice"));
            }
        }
        Ok(keys)
    }
}
