//! The record of one provider, for one run and nobody else.

use validate_jwt::keys::{Record, Replaced, Shelf, Snapshot, Version};

/// A shelf without rivals.
#[derive(Debug, Default)]
pub(super) struct OwnShelf {
    record: Option<Record>,
    changes: u32,
}

impl OwnShelf {
    fn version(&self) -> Version {
        if self.record.is_some() { Version::Number(self.changes) } else { Version::Missing }
    }
}

impl Shelf for OwnShelf {
    fn read_unless(&self, known: Version) -> Option<Snapshot> {
        let record = self.record.clone().filter(|_| known != self.version())?;
        Some(Snapshot { record, version: self.version() })
    }

    fn replace(&mut self, record: &Record, expected: Version) -> Replaced {
        if expected != self.version() {
            return Replaced::Refused;
        }
        self.record = Some(record.clone());
        self.changes += 1;
        Replaced::Yes
    }
}
