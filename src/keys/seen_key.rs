//! A key in a provider's record, parsed once, when it is first needed.

use std::cell::OnceCell;
use std::rc::Rc;

use serde_json::{Map, Value};

use crate::excerpt::Excerpt;
use crate::time::UnixTime;
use crate::token::{Key, PublishedKey};

/// A key as the provider sent it, and when it was last in its document. Copies share the parsed key.
#[derive(Debug, Clone)]
pub struct SeenKey {
    /// Last time in a fetched document.
    pub seen: UnixTime,
    sent: Rc<Sent>,
}

#[derive(Debug)]
struct Sent {
    jwk: Map<String, Value>,
    /// The key that it makes, or none, once somebody asked.
    key: OnceCell<Option<Rc<Key>>>,
}

impl SeenKey {
    /// A key that is not parsed yet.
    pub(super) fn new(seen: UnixTime, jwk: Map<String, Value>) -> Self {
        Self { seen, sent: Rc::new(Sent { jwk, key: OnceCell::new() }) }
    }

    /// A key of a fetched document, parsed when the document was judged.
    pub(super) fn fetched(seen: UnixTime, published: PublishedKey) -> Self {
        let PublishedKey { jwk, key } = published;
        Self { seen, sent: Rc::new(Sent { jwk, key: OnceCell::from(Some(key)) }) }
    }

    /// The same key, seen at another time.
    pub(super) fn seen_at(&self, seen: UnixTime) -> Self {
        Self { seen, sent: Rc::clone(&self.sent) }
    }

    /// The JWK.
    pub fn jwk(&self) -> &Map<String, Value> {
        &self.sent.jwk
    }

    /// The key, if it is usable: anybody may have written the record.
    pub(super) fn key(&self) -> Option<&Rc<Key>> {
        self.sent.key.get_or_init(|| Key::from_jwk(&self.sent.jwk).ok().map(Rc::new)).as_ref()
    }

    /// Its `kid`.
    pub(super) fn kid(&self) -> Option<&str> {
        self.jwk().get("kid").and_then(Value::as_str)
    }

    /// What it is called in the log: its `kid`, or its thumbprint.
    pub(super) fn name(&self) -> Excerpt {
        let thumbprint = || self.key()?.thumbprint().map(|thumbprint| format!("thumbprint:{thumbprint}"));
        match self.kid() {
            Some(kid) => Excerpt::name(kid),
            None => Excerpt::name(&thumbprint().unwrap_or_default()),
        }
    }

    /// Whether it is the same key, whenever it was seen.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.sent, &other.sent) || self.jwk() == other.jwk()
    }
}

impl PartialEq for SeenKey {
    fn eq(&self, other: &Self) -> bool {
        self.seen == other.seen && self.is_same(other)
    }
}

/// Whether two records hold the same keys, whenever they were seen.
pub(super) fn same_keys(left: &[SeenKey], right: &[SeenKey]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.is_same(right))
}

/// Lets keys that were read from shared data share what is parsed of the same keys already. `known` is searched as
/// [`merge`](super::merge::merge) sorts it; keys in another order are parsed again.
pub(super) fn share(read: &mut [SeenKey], known: &[SeenKey]) {
    for key in read {
        let first = known.partition_point(|other| other.kid() < key.kid());
        let named = known.iter().skip(first).take_while(|other| other.kid() == key.kid());
        if let Some(same) = named.into_iter().find(|other| other.is_same(key)) {
            *key = same.seen_at(key.seen);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(id: Option<&str>, x: &str) -> SeenKey {
        let mut jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": x});
        if let Some(id) = id {
            jwk["kid"] = id.into();
        }
        SeenKey::new(UnixTime::EPOCH, jwk.as_object().unwrap().clone())
    }

    #[test]
    fn a_key_that_is_read_again_is_not_parsed_again() {
        let [one, other] =
            ["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"];
        let known = [key(None, one), key(None, other), key(Some("a"), one), key(Some("b"), other)];
        let mut read = [key(Some("b"), other), key(Some("a"), other), key(None, other), key(Some("c"), one)];
        share(&mut read, &known);
        let parsed = |key: &SeenKey| Rc::as_ptr(key.key().unwrap());
        assert_eq!(parsed(&read[0]), parsed(&known[3]));
        assert_eq!(parsed(&read[2]), parsed(&known[1]));
        assert!(
            known.iter().all(|known| parsed(known) != parsed(&read[1]) && parsed(known) != parsed(&read[3]))
        );
    }
}
