//! The shared record of a provider: reading it, and changing it by compare-and-swap.

use super::shared_value::{Found, SharedValue};
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
            || !SharedValue::new(&self.key, shared)
                .read()
                .is_ok_and(|found| found.version == Version::Missing)
        {
            return None;
        }
        record(&SharedValue::new(&self.origin, shared).read().ok()?)
    }

    /// Leaves what was fetched for configurations that have no record of their own yet. If another VM is faster, what it
    /// left is just as new.
    pub(super) fn remember(&self, record: &Record, shared: &dyn Surroundings) {
        let origin = SharedValue::new(&self.origin, shared);
        if let Ok(found) = origin.read() {
            let _ = origin.replace(&record.to_bytes(), found.version);
        }
    }

    /// The store at its host.
    pub(super) fn at<'a>(&'a mut self, shared: &'a dyn Surroundings) -> AtHost<'a> {
        AtHost { store: self, shared }
    }
}

impl AtHost<'_> {
    fn value(&self) -> SharedValue<'_> {
        SharedValue::new(&self.store.key, self.shared)
    }
}

impl Shelf for AtHost<'_> {
    /// Anything but a record reads as an empty one.
    fn read_unless(&self, known: Version) -> Option<Snapshot> {
        if let Some(record) = self.store.own.clone() {
            return Some(Snapshot { record, version: Version::Missing });
        }
        let found = self.value().read().ok().filter(|found| found.version != known)?;
        Some(Snapshot { record: record(&found).unwrap_or_else(Record::empty), version: found.version })
    }

    fn replace(&mut self, record: &Record, expected: Version) -> Replaced {
        let (own, replaced) = match self.value().replace(&record.to_bytes(), expected) {
            Ok(()) => (None, Replaced::Yes),
            Err(StoreError::Changed) => (None, Replaced::Refused),
            Err(StoreError::Unavailable) => (Some(record.clone()), Replaced::Yes),
        };
        // Once shared data works again, the VM's own record is dropped.
        self.store.own = own;
        replaced
    }
}

fn record(found: &Found<'_>) -> Option<Record> {
    Record::parse(found.value()?).ok()
}
