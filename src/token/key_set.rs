//! The usable keys of one provider, and how a JWKS document becomes them (RFC 7517, section 5).

use std::fmt;
use std::rc::Rc;

use serde_json::value::RawValue;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::document::{Members, NotAnObject};
use super::jwk_members::FetchedJwk;
use super::skipped_keys::{SkippedKey, SkippedKeys};
use super::{Key, KeyId};

/// Keys, found by their id in logarithmic time.
#[derive(Clone, Debug)]
pub struct KeySet {
    /// Sorted by id, those without one first; keys of the same id in the order they came in.
    keys: Vec<Rc<Key>>,
    fingerprint: u32,
}

impl KeySet {
    /// A set of these keys. Several keys of one id all stay.
    pub fn new(mut keys: Vec<Rc<Key>>) -> Self {
        keys.sort_by(|left, right| left.id().cmp(&right.id()));
        Self { fingerprint: fingerprint(&keys), keys }
    }

    /// The keys that may have signed a token: those of its `kid`; if there are none, those that have no id at all;
    /// for a token without `kid`, all of them. Callers filter by [`Key::fits`].
    pub(crate) fn candidates(&self, key_id: Option<&KeyId>) -> impl Iterator<Item = &Key> {
        let candidates = match key_id {
            None => self.keys.as_slice(),
            Some(_) => match self.of_id(key_id) {
                [] => self.of_id(None),
                keys => keys,
            },
        };
        candidates.iter().map(Rc::as_ref)
    }

    /// Whether there is a key of exactly this id.
    pub fn contains(&self, key_id: &KeyId) -> bool {
        !self.of_id(Some(key_id)).is_empty()
    }

    /// All keys, sorted by id.
    pub fn keys(&self) -> &[Rc<Key>] {
        &self.keys
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// The same number wherever the same keys serve, and nearly always another one for others.
    pub fn fingerprint(&self) -> u32 {
        self.fingerprint
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    fn of_id(&self, id: Option<&KeyId>) -> &[Rc<Key>] {
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
        let mut skipped = SkippedKeys::default();
        for (position, entry) in split_document(document)?.into_iter().enumerate() {
            let (described, read) = match FetchedJwk::of(entry) {
                Ok(jwk) => {
                    (jwk.members().described(), Key::from_fetched(jwk.members()).map(|key| (key, jwk)))
                }
                Err(why) => ((None, None), Err(why)),
            };
            match read {
                Ok(_) if keys.len() >= limit => return Err(KeySetError::TooManyKeys),
                Ok((key, jwk)) => keys.push(PublishedKey { jwk: jwk.into_kept(), key: Rc::new(key) }),
                Err(why) => {
                    let (id, kind) = described;
                    skipped.add(SkippedKey { position, id, kind, why });
                }
            }
        }
        if keys.is_empty() {
            return Err(KeySetError::NoUsableKey(skipped));
        }
        let key_set = Self::new(keys.iter().map(|one| Rc::clone(&one.key)).collect());
        Ok(KeyDocument { key_set, keys, skipped })
    }
}

/// What a JWKS document held.
#[derive(Clone, Debug)]
pub struct KeyDocument {
    /// The usable keys, at least one.
    pub key_set: KeySet,
    /// The same keys in the document's order.
    pub keys: Vec<PublishedKey>,
    /// The others.
    pub skipped: SkippedKeys,
}

/// A usable key of a JWKS document.
#[derive(Clone, Debug)]
pub struct PublishedKey {
    /// As it was sent, but for members that are not read.
    pub jwk: Map<String, Value>,
    /// Parsed.
    pub key: Rc<Key>,
}

/// Why a document yields no set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySetError {
    /// Not a JSON object in UTF-8.
    NotAnObject(NotAnObject),
    /// `keys` is missing, given twice or not an array.
    NoKeysArray,
    /// Not one usable key, for these reasons.
    NoUsableKey(SkippedKeys),
    /// More usable keys than allowed.
    TooManyKeys,
}

impl fmt::Display for KeySetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject(found) => found.fmt(f),
            Self::NoKeysArray => f.write_str("no array \"keys\", or more than one"),
            Self::NoUsableKey(skipped) if skipped.total() == 0 => f.write_str("no usable key: it is empty"),
            Self::NoUsableKey(skipped) => write!(f, "no usable key: {skipped}"),
            Self::TooManyKeys => f.write_str("more usable keys than limits.keys"),
        }
    }
}

impl std::error::Error for KeySetError {}

/// The start of the SHA-256 of every id and its public key, in order.
fn fingerprint(keys: &[Rc<Key>]) -> u32 {
    let mut hash = Sha256::new();
    for key in keys {
        let id = key.id().map_or("", KeyId::as_str);
        for part in [id.as_bytes(), &key.public_bytes()] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
    }
    let [first, second, third, fourth, ..] = hash.finalize().0;
    u32::from_be_bytes([first, second, third, fourth])
}

/// The entries of `keys`, unparsed, so that each can be odd on its own.
fn split_document(document: &[u8]) -> Result<Vec<&RawValue>, KeySetError> {
    let members = Members::of(document, &["keys"]).map_err(KeySetError::NotAnObject)?;
    let keys = members.get("keys").ok().flatten().ok_or(KeySetError::NoKeysArray)?;
    serde_json::from_str(keys.get()).map_err(|_| KeySetError::NoKeysArray)
}
