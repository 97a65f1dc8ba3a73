//! Shared data: one store for all workers, in which another one is sometimes faster.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use validate_jwt::filter::{RequestId, StoreError, Surroundings};
use validate_jwt::gate::CertificateDigest;
use validate_jwt::keys::Version;
use validate_jwt::token::SignatureEngine;

use crate::chance::Chance;
use crate::key::SimulatedEngine;

/// The store, with the chance that a swap is lost.
#[derive(Debug, Clone)]
pub(crate) struct Shared(Rc<RefCell<Store>>);

#[derive(Debug)]
struct Store {
    values: HashMap<String, (Vec<u8>, u32)>,
    versions: u32,
    chance: Chance,
    lost_swaps: u64,
}

impl Shared {
    pub(crate) fn new(seed: u64, lost_swaps: u64) -> Self {
        let chance = Chance::new(seed ^ 0x5a5a);
        Self(Rc::new(RefCell::new(Store { values: HashMap::new(), versions: 0, chance, lost_swaps })))
    }

    /// From now on no swap is lost.
    pub(crate) fn calm(&self) {
        self.0.borrow_mut().lost_swaps = 0;
    }

    /// How many values there are, and the bytes of all.
    pub(crate) fn size(&self) -> (usize, usize) {
        let store = self.0.borrow();
        (store.values.len(), store.values.values().map(|(value, _)| value.len()).sum())
    }
}

impl Surroundings for Shared {
    fn read(&self, key: &str) -> Result<Option<(Vec<u8>, u32)>, StoreError> {
        Ok(self.0.borrow().values.get(key).cloned())
    }

    fn compare_and_swap(&self, key: &str, value: &[u8], expected: Version) -> Result<(), StoreError> {
        let mut store = self.0.borrow_mut();
        let percent = store.lost_swaps;
        let lost = store.chance.percent(percent);
        store.versions += 1;
        let version = store.versions;
        if lost && let Some((_, found)) = store.values.get_mut(key) {
            // Another worker wrote what was there already.
            *found = version;
        }
        let found = store.values.get(key).map_or(Version::Missing, |(_, version)| Version::Number(*version));
        if found != expected {
            return Err(StoreError::Changed);
        }
        store.versions += 1;
        let version = store.versions;
        store.values.insert(key.to_owned(), (value.to_vec(), version));
        Ok(())
    }

    /// Nothing that these histories ask for.
    fn random(&self) -> u64 {
        0
    }

    fn engine(&self) -> &dyn SignatureEngine {
        &SimulatedEngine
    }

    fn certificate(&self, _: RequestId) -> Option<CertificateDigest> {
        None
    }
}
