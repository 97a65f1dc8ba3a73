//! The verdict cache: what a full verification said of these very bytes, repeated.
//!
//! An entry belongs to one requirement and to the keys of one moment; it ends with the token's own time
//! and with the keys that it was verified with. Only accepted tokens are kept, so that junk displaces
//! nothing, and a flood of tokens that each come once does not displace one that keeps coming back
//! (`quick_cache` keeps new entries on probation).

use std::hash::{Hash, Hasher};
use std::num::NonZeroUsize;
use std::rc::Rc;

use quick_cache::unsync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, Equivalent, Weighter};

use super::accepted::Accepted;

/// What a verdict is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// The policy's index.
    pub(super) policy: usize,
    /// The requirement's in it.
    pub(super) requirement: usize,
    /// That of the place where the token was, in the requirement: each reads what stands there in its own way.
    pub(super) token: usize,
}

/// Bounds of the cache, per VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheBounds {
    /// Most entries.
    pub max_entries: NonZeroUsize,
    /// Most bytes, tokens and what they forward together.
    pub max_bytes: usize,
}

/// How often a policy's tokens were looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheLookups {
    /// Found, and still good.
    pub hits: u64,
    /// Not found, and looked at until there was a verdict.
    pub misses: u64,
}

/// Accepted tokens of one VM.
pub(super) struct VerdictCache {
    entries: Cache<Entry, Rc<Accepted>, Weight, DefaultHashBuilder>,
    /// The keyring that all entries were verified with.
    generation: u64,
}

impl VerdictCache {
    pub(super) fn new(bounds: CacheBounds) -> Self {
        let entries = bounds.max_entries.get();
        // An entry weighs its bytes, and at least its share: the sum then keeps both bounds.
        let least = u64::try_from(bounds.max_bytes / entries).unwrap_or(u64::MAX).max(1);
        let capacity = u64::try_from(bounds.max_bytes).unwrap_or(u64::MAX);
        let hasher = DefaultHashBuilder::default();
        let entries = Cache::with(entries, capacity, Weight { least }, hasher, DefaultLifecycle::default());
        Self { entries, generation: 0 }
    }

    /// What is left of the token of these bytes, if it was accepted at this place with these keys.
    pub(super) fn find(&mut self, place: Place, presented: &[u8], generation: u64) -> Option<Rc<Accepted>> {
        if self.generation != generation {
            self.entries.clear();
            self.generation = generation;
            return None;
        }
        self.entries.get(&Sought { place, presented }).cloned()
    }

    /// Keeps an accepted token.
    pub(super) fn keep(&mut self, place: Place, presented: &[u8], accepted: Rc<Accepted>, generation: u64) {
        if self.generation == generation {
            self.entries.insert(Entry { place, presented: presented.into() }, accepted);
        }
    }

    /// Forgets a token whose time has passed.
    pub(super) fn forget(&mut self, place: Place, presented: &[u8]) {
        self.entries.remove(&Sought { place, presented });
    }
}

impl std::fmt::Debug for VerdictCache {
    /// The entries are tokens: only their number is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerdictCache").field("entries", &self.entries.len()).finish_non_exhaustive()
    }
}

/// The key of an entry, what was presented (the token with its scheme): compared in full, never by a digest alone.
#[derive(Clone, PartialEq, Eq)]
struct Entry {
    place: Place,
    presented: Box<[u8]>,
}

/// The same, borrowed.
struct Sought<'a> {
    place: Place,
    presented: &'a [u8],
}

impl Hash for Entry {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Sought { place: self.place, presented: &self.presented }.hash(state);
    }
}

impl Hash for Sought<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.place.hash(state);
        self.presented.len().hash(state);
        // The end of a signature differs wherever the rest does, and nobody without the key chooses it: hashing
        // more would only take longer. Whoever has a good token can encrypt it under a public key many times with the
        // same end, but opening each of them costs far more than stepping over it does later.
        self.presented.last_chunk::<HASHED>().map_or(self.presented, |end| end).hash(state);
    }
}

impl Equivalent<Entry> for Sought<'_> {
    fn equivalent(&self, key: &Entry) -> bool {
        self.place == key.place && same(self.presented, &key.presented)
    }
}

/// Whether these are the same bytes. The comparison of the C library that the module is linked with takes one byte at
/// a time, which is most of what a hit costs.
fn same(a: &[u8], b: &[u8]) -> bool {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let words = || a.iter().zip(b).map(|(a, b)| (u64::from_ne_bytes(*a), u64::from_ne_bytes(*b)));
    a.len() == b.len() && a_rest == b_rest && words().all(|(a, b)| a == b)
}

/// Weighs entries in bytes.
#[derive(Clone)]
struct Weight {
    least: u64,
}

impl Weighter<Entry, Rc<Accepted>> for Weight {
    fn weight(&self, key: &Entry, accepted: &Rc<Accepted>) -> u64 {
        let bytes = key.presented.len().saturating_add(accepted.weight()).saturating_add(OVERHEAD);
        u64::try_from(bytes).unwrap_or(u64::MAX).max(self.least)
    }
}

/// How many bytes at the end of what was presented choose an entry's place in the table.
const HASHED: usize = 64;

/// What an entry takes beside its token and what that left, bytes.
const OVERHEAD: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_differ_anywhere_are_not_the_same() {
        for length in 0..40 {
            let bytes = vec![7; length];
            assert!(same(&bytes, &bytes.clone()), "{length}");
            for at in 0..length {
                let mut other = bytes.clone();
                other[at] ^= 0x80;
                assert!(!same(&bytes, &other) && !same(&other, &bytes), "{length}, {at}");
            }
            assert!(!same(&bytes, &vec![7; length + 1]) && !same(&vec![7; length + 8], &bytes), "{length}");
        }
    }
}
