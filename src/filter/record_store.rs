//! The shared record of a provider: reading it, and changing it by compare-and-swap.

use super::surroundings::{StoreError, Surroundings};
use crate::keys::{Record, Replaced, Shelf, Snapshot, Version};

/// Where one provider's record is kept.
#[derive(Debug)]
pub(super) struct RecordStore {
    key: String,
    /// Where what anyone has fetched from the same place is kept.
    origin: String,
    /// Whether this VM has looked there.
    inheritance: Inheritance,
    /// The record of this VM alone, on a host without shared data.
    own: Option<Record>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inheritance {
    NotLookedFor,
    LookedFor,
}

/// A store together with the host that has it.
pub(super) struct AtHost<'a> {
    store: &'a mut RecordStore,
    shared: &'a dyn Surroundings,
}

impl RecordStore {
    pub(super) fn new(key: String, origin: String) -> Self {
        Self { key, origin, inheritance: Inheritance::NotLookedFor, own: None }
    }

    /// What another configuration has fetched from the same place, where there is no record of this one's yet; once.
    pub(super) fn inherited(&mut self, shared: &dyn Surroundings) -> Option<Record> {
        if std::mem::replace(&mut self.inheritance, Inheritance::LookedFor) == Inheritance::LookedFor
            || !matches!(shared.read(&self.key), Ok(None))
        {
            return None;
        }
        let (bytes, _) = shared.read(&self.origin).ok()??;
        record(&self.origin, &bytes)
    }

    /// Leaves what was fetched for configurations that have no record of their own yet. If another VM is faster, what it
    /// left is just as new.
    pub(super) fn remember(&self, record: &Record, shared: &dyn Surroundings) {
        let Ok(found) = shared.read(&self.origin) else { return };
        let expected = found.map_or(Version::Missing, |(_, cas)| Version::Number(cas));
        let _ = shared.compare_and_swap(&self.origin, &bytes(&self.origin, record), expected);
    }

    /// The store at its host.
    pub(super) fn at<'a>(&'a mut self, shared: &'a dyn Surroundings) -> AtHost<'a> {
        AtHost { store: self, shared }
    }
}

impl Shelf for AtHost<'_> {
    /// Anything but a record reads as an empty one.
    fn read_unless(&self, known: Version) -> Option<Snapshot> {
        if let Some(record) = self.store.own.clone() {
            return Some(Snapshot { record, version: Version::Missing });
        }
        let key = &self.store.key;
        let (record, version) = match self.shared.read(key) {
            Ok(Some((bytes, cas))) if Version::Number(cas) != known => {
                (record(key, &bytes).unwrap_or_else(Record::empty), Version::Number(cas))
            }
            Ok(None) if known != Version::Missing => (Record::empty(), Version::Missing),
            Ok(_) | Err(_) => return None,
        };
        Some(Snapshot { record, version })
    }

    fn replace(&mut self, record: &Record, expected: Version) -> Replaced {
        let key = &self.store.key;
        let (own, replaced) = match self.shared.compare_and_swap(key, &bytes(key, record), expected) {
            Ok(()) => (None, Replaced::Yes),
            Err(StoreError::Changed) => (None, Replaced::Refused),
            Err(StoreError::Unavailable) => (Some(record.clone()), Replaced::Yes),
        };
        // Once shared data works again, the VM's own record is dropped.
        self.store.own = own;
        replaced
    }
}

/// A record behind its key: nginx finds values by a checksum of the key, so that it could be another provider's.
fn bytes(key: &str, record: &Record) -> Vec<u8> {
    [key.as_bytes(), b"\n", &record.to_bytes()].concat()
}

fn record(key: &str, bytes: &[u8]) -> Option<Record> {
    let bytes = bytes.strip_prefix(key.as_bytes())?.strip_prefix(b"\n")?;
    Record::parse(bytes).ok()
}
