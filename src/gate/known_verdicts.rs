//! The verdict cache as requests see it, with the count of their lookups.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::accepted::Accepted;
use super::cache::{CacheBounds, CacheLookups, Place, VerdictCache};
use super::circumstances::Circumstances;
use super::policy::Requirement;

/// What is known of tokens that came before.
#[derive(Debug)]
pub(super) struct KnownVerdicts {
    cache: Option<RefCell<VerdictCache>>,
    /// By policy, since they were last taken.
    lookups: Vec<Cell<CacheLookups>>,
}

impl KnownVerdicts {
    /// Nothing yet, for so many policies; without bounds nothing ever.
    pub(super) fn new(bounds: Option<CacheBounds>, policies: usize) -> Self {
        Self {
            cache: bounds.map(|bounds| RefCell::new(VerdictCache::new(bounds))),
            lookups: std::iter::repeat_with(Cell::default).take(policies).collect(),
        }
    }

    /// The lookups of every policy since the last call.
    pub(super) fn take_lookups(&self) -> impl Iterator<Item = CacheLookups> {
        self.lookups.iter().map(Cell::take)
    }

    /// An accepted token of the same bytes, where its time and its keys still hold.
    pub(super) fn find(
        &self,
        requirement: &Requirement,
        place: Place,
        presented: &[u8],
        circumstances: &Circumstances<'_>,
    ) -> Option<Rc<Accepted>> {
        let mut cache = self.cache.as_ref()?.try_borrow_mut().ok()?;
        let found = cache.find(place, presented, circumstances.keyring.generation())?;
        if !found.still_holds(requirement, circumstances.keyring, circumstances.now) {
            cache.forget(place, presented);
            return None;
        }
        self.count(place, CacheLookups { hits: 1, misses: 0 });
        Some(found)
    }

    /// Keeps an accepted token.
    pub(super) fn keep(&self, place: Place, presented: &[u8], accepted: &Rc<Accepted>, generation: u64) {
        if let Some(cache) = &self.cache
            && let Ok(mut cache) = cache.try_borrow_mut()
        {
            cache.keep(place, presented, accepted.clone(), generation);
        }
    }

    /// Counts a token that was looked for in vain, once there is a verdict.
    pub(super) fn count_miss(&self, place: Place) {
        self.count(place, CacheLookups { hits: 0, misses: 1 });
    }

    fn count(&self, place: Place, one: CacheLookups) {
        if let Some(lookups) = self.lookups.get(place.policy).filter(|_| self.cache.is_some()) {
            let CacheLookups { hits, misses } = lookups.get();
            lookups.set(CacheLookups {
                hits: hits.saturating_add(one.hits),
                misses: misses.saturating_add(one.misses),
            });
        }
    }
}
