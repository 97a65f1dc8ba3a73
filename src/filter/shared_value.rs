//! One value in shared data, behind its key: nginx finds values by a checksum of the key, so that what it finds could be
//! another key's.

use super::surroundings::{StoreError, Surroundings};
use crate::keys::Version;

/// Where a value is.
pub(super) struct SharedValue<'a> {
    key: &'a str,
    host: &'a dyn Surroundings,
}

/// What was found there.
pub(super) struct Found<'a> {
    key: &'a str,
    bytes: Vec<u8>,
    /// For [`SharedValue::replace`].
    pub(super) version: Version,
}

impl<'a> SharedValue<'a> {
    pub(super) fn new(key: &'a str, host: &'a dyn Surroundings) -> Self {
        Self { key, host }
    }

    /// What is there now.
    ///
    /// # Errors
    ///
    /// As [`Surroundings::read`].
    pub(super) fn read(&self) -> Result<Found<'a>, StoreError> {
        let (bytes, version) = match self.host.read(self.key)? {
            Some((bytes, version)) => (bytes, Version::Number(version)),
            None => (Vec::new(), Version::Missing),
        };
        Ok(Found { key: self.key, bytes, version })
    }

    /// Replaces what was found.
    ///
    /// # Errors
    ///
    /// As [`Surroundings::compare_and_swap`].
    pub(super) fn replace(&self, value: &[u8], expected: Version) -> Result<(), StoreError> {
        self.host.compare_and_swap(self.key, &[self.key.as_bytes(), b"\n", value].concat(), expected)
    }
}

impl Found<'_> {
    /// The value; `None` where there is none, or another key's.
    pub(super) fn value(&self) -> Option<&[u8]> {
        self.bytes.strip_prefix(self.key.as_bytes())?.strip_prefix(b"\n")
    }
}
