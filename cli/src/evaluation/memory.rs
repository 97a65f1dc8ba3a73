//! The host of a filter that runs here: shared data in memory, cryptography in the program.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use validate_jwt::filter::{RequestId, StoreError, Surroundings};
use validate_jwt::gate::CertificateDigest;
use validate_jwt::keys::Version;
use validate_jwt::token::{SandboxEngine, SignatureEngine};

/// Shared data that nobody shares.
pub(super) struct Memory {
    values: RefCell<HashMap<String, (Vec<u8>, u32)>>,
    drawn: Cell<u64>,
    certificate: Option<CertificateDigest>,
}

impl Memory {
    pub(super) fn new(certificate: Option<CertificateDigest>) -> Self {
        Self { values: RefCell::default(), drawn: Cell::new(0), certificate }
    }
}

impl Surroundings for Memory {
    fn read(&self, key: &str) -> Result<Option<(Vec<u8>, u32)>, StoreError> {
        Ok(self.values.borrow().get(key).cloned())
    }

    fn compare_and_swap(&self, key: &str, value: &[u8], expected: Version) -> Result<(), StoreError> {
        let mut values = self.values.borrow_mut();
        let (found, next) = match values.get(key) {
            Some((_, version)) => (Version::Number(*version), version.wrapping_add(1)),
            None => (Version::Missing, 1),
        };
        if found != expected {
            return Err(StoreError::Changed);
        }
        values.insert(key.to_owned(), (value.to_vec(), next));
        Ok(())
    }

    /// The same numbers in every run: nobody has to be kept from guessing them here, and verdicts stay the same.
    fn random(&self) -> u64 {
        self.drawn.set(self.drawn.get().wrapping_add(1));
        self.drawn.get()
    }

    fn engine(&self) -> &dyn SignatureEngine {
        &SandboxEngine
    }

    fn certificate(&self, _: RequestId) -> Option<CertificateDigest> {
        self.certificate
    }
}
