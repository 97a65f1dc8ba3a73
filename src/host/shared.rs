//! The shared record of a provider: reading it, and changing it by compare-and-swap.

use std::cell::RefCell;

use super::abi::{self, HostError};
use crate::keys::{Record, Snapshot, Version};

/// Where one provider's record is kept.
pub(super) struct RecordStore {
    key: String,
    /// The record of this VM alone, on a host without shared data.
    own: RefCell<Option<Record>>,
}

/// What became of a change.
pub(super) enum Published {
    /// It is there.
    Yes,
    /// Somebody was faster.
    Refused,
}

impl RecordStore {
    pub(super) fn new(key: String) -> Self {
        Self { key, own: RefCell::new(None) }
    }

    /// Reads the record, unless it is still of the version known. What is no record reads as an empty one.
    pub(super) fn read_unless(&self, known: Version) -> Option<Snapshot> {
        let own = self.own.borrow().clone();
        if let Some(record) = own {
            return Some(Snapshot { record, version: Version::Missing });
        }
        let (record, version) = match abi::shared_data(&self.key) {
            Ok((bytes, cas)) if Version::Number(cas) != known => {
                (self.record(&bytes).unwrap_or_else(Record::empty), Version::Number(cas))
            }
            Err(HostError::NotFound) if known != Version::Missing => (Record::empty(), Version::Missing),
            Ok(_) | Err(_) => return None,
        };
        Some(Snapshot { record, version })
    }

    /// Replaces the record, if it is still of the version expected.
    ///
    /// A missing record is created with a version that nothing ever has: a host that ignores the version
    /// of what is missing (Envoy) creates it, and refuses where another VM was faster. A host that demands
    /// 0 for a missing value (nginx) refuses; then 0 is tried, which is guarded there.
    pub(super) fn publish(&self, record: &Record, expected: Version) -> Published {
        let bytes = [self.key.as_bytes(), b"\n", &record.to_bytes()].concat();
        let outcome = match expected {
            Version::Number(cas) => abi::set_shared_data(&self.key, &bytes, cas),
            Version::Missing => match abi::set_shared_data(&self.key, &bytes, abi::NO_VERSION) {
                Err(HostError::CasMismatch) if abi::shared_data(&self.key) == Err(HostError::NotFound) => {
                    abi::set_shared_data(&self.key, &bytes, 0)
                }
                outcome => outcome,
            },
        };
        let (own, published) = match outcome {
            Ok(()) => (None, Published::Yes),
            Err(HostError::CasMismatch) => (None, Published::Refused),
            Err(_) => (Some(record.clone()), Published::Yes),
        };
        // Shared data that works again is what counts.
        *self.own.borrow_mut() = own;
        published
    }

    /// The record behind its key: nginx finds values by a checksum of the key, so that it could be another
    /// provider's.
    fn record(&self, bytes: &[u8]) -> Option<Record> {
        let bytes = bytes.strip_prefix(self.key.as_bytes())?.strip_prefix(b"\n")?;
        Record::parse(bytes).ok()
    }
}
