use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use super::*;
use crate::filter::RequestId;
use crate::gate::CertificateDigest;
use crate::keys::Version;
use crate::token::{SandboxEngine, SignatureEngine};

/// Shared data in memory.
#[derive(Default)]
struct Shared {
    reads: Cell<u32>,
    writes: Cell<u32>,
    values: RefCell<HashMap<String, (Vec<u8>, u32)>>,
    failing: Cell<Option<StoreError>>,
    random: Cell<u64>,
}

impl Surroundings for Shared {
    fn read(&self, key: &str) -> Result<Option<(Vec<u8>, u32)>, StoreError> {
        self.reads.set(self.reads.get() + 1);
        if self.failing.get() == Some(StoreError::Unavailable) {
            return Err(StoreError::Unavailable);
        }
        Ok(self.values.borrow().get(key).cloned())
    }

    fn compare_and_swap(&self, key: &str, value: &[u8], expected: Version) -> Result<(), StoreError> {
        self.writes.set(self.writes.get() + 1);
        if let Some(error) = self.failing.get() {
            return Err(error);
        }
        let mut values = self.values.borrow_mut();
        let found = values.get(key).map_or(Version::Missing, |(_, version)| Version::Number(*version));
        if found != expected {
            return Err(StoreError::Changed);
        }
        let next = values.get(key).map_or(1, |(_, version)| version + 1);
        values.insert(key.to_owned(), (value.to_vec(), next));
        Ok(())
    }

    fn random(&self) -> u64 {
        self.random.set(self.random.get() + 1);
        self.random.get()
    }

    fn engine(&self) -> &dyn SignatureEngine {
        &SandboxEngine
    }

    fn certificate(&self, _: RequestId) -> Option<CertificateDigest> {
        None
    }
}

fn digest(number: u64) -> ProofDigest {
    let whole = Sha256::digest(number.to_le_bytes());
    whole.first_chunk().copied().unwrap()
}

const NOW: UnixTime = UnixTime::from_seconds(1_700_000_000);

fn soon() -> UnixTime {
    NOW + Duration::from_secs(60)
}

#[test]
fn what_one_worker_remembers_every_other_one_knows() {
    let (shared, one, other) = (Shared::default(), Proofs::default(), Proofs::default());
    for number in 0..1000 {
        assert_eq!(one.at(&shared).remember(digest(number), soon(), NOW), Novelty::First);
    }
    for number in 0..1000 {
        assert_eq!(other.at(&shared).remember(digest(number), soon(), NOW), Novelty::Repeated);
    }
    let later = soon() + Duration::from_secs(2);
    assert_eq!(other.at(&shared).remember(digest(0), later, later), Novelty::First, "its time is over");
}

#[test]
fn a_proof_costs_one_look_at_shared_data_and_one_write_and_a_replay_no_write() {
    let (shared, proofs) = (Shared::default(), Proofs::default());
    // The first one asks for the workers' secret besides.
    assert_eq!(proofs.at(&shared).remember(digest(0), soon(), NOW), Novelty::First);
    for (number, novelty, writes) in [(1, Novelty::First, 1), (1, Novelty::Repeated, 0)] {
        shared.reads.set(0);
        shared.writes.set(0);
        assert_eq!(proofs.at(&shared).remember(digest(number), soon(), NOW), novelty);
        assert_eq!((shared.reads.get(), shared.writes.get()), (1, writes));
    }
}

#[test]
fn a_hundred_thousand_proofs_stay_within_their_bound_and_so_do_half_a_million() {
    let (shared, proofs) = (Shared::default(), Proofs::default());
    for number in 0..100_000 {
        assert_eq!(proofs.at(&shared).remember(digest(number), soon(), NOW), Novelty::First);
    }
    assert_eq!(proofs.take_forgotten(), 0);
    for number in 100_000..500_000 {
        assert_eq!(proofs.at(&shared).remember(digest(number), soon(), NOW), Novelty::First);
    }
    let values = shared.values.borrow();
    let bytes: usize = values.iter().map(|(key, (value, _))| key.len() + value.len()).sum();
    assert!(
        values.len() <= usize::from(SHELVES) + 1 && bytes < 5_000_000,
        "{} values, {bytes} bytes",
        values.len()
    );
    assert!(proofs.take_forgotten() > 200_000);
    assert_eq!(proofs.take_forgotten(), 0);
}

#[test]
fn after_a_restart_a_proof_is_new_and_the_nonce_in_it_is_not() {
    let (before, worker) = (Shared::default(), Proofs::default());
    let nonce = worker.at(&before).nonce(NOW).unwrap();
    assert_eq!(worker.at(&before).remember(digest(1), soon(), NOW), Novelty::First);
    let (after, worker) = (Shared::default(), Proofs::default());
    after.random.set(100);
    assert_eq!(worker.at(&after).remember(digest(1), soon(), NOW), Novelty::First);
    assert!(!worker.at(&after).knows_nonce(&nonce, NOW));
}

#[test]
fn beyond_the_bound_the_proofs_that_end_first_go_first() {
    let mut shelf = Shelf::default();
    for number in 0..MOST {
        shelf.add(digest(number as u64), NOW + Duration::from_secs(number as u64));
    }
    assert_eq!(shelf.add(digest(1 << 20), soon()), 1);
    assert!(!shelf.holds(digest(0)) && shelf.holds(digest(1)) && shelf.holds(digest(1 << 20)));
}

#[test]
fn where_nobody_can_tell_whether_a_proof_came_before_it_counts_as_one_that_did() {
    let (shared, proofs) = (Shared::default(), Proofs::default());
    shared.failing.set(Some(StoreError::Changed));
    assert_eq!(proofs.at(&shared).remember(digest(1), soon(), NOW), Novelty::Unknown);
    // Without shared data a worker remembers for itself.
    shared.failing.set(Some(StoreError::Unavailable));
    assert_eq!(proofs.at(&shared).remember(digest(1), soon(), NOW), Novelty::First);
    assert_eq!(proofs.at(&shared).remember(digest(1), soon(), NOW), Novelty::Repeated);
}

#[test]
fn a_value_that_somebody_else_wrote_is_read_like_a_strangers() {
    let (shared, proofs) = (Shared::default(), Proofs::default());
    let first = proofs.at(&shared).remember(digest(1), soon(), NOW);
    assert_eq!(first, Novelty::First);
    let key = shared.values.borrow().keys().find(|key| key.contains("/proofs/")).unwrap().clone();
    for value in [vec![], vec![0xff; 7], vec![0xff; 1 << 20], b"validate-jwt/proofs/0xyz".to_vec()] {
        shared.values.borrow_mut().insert(key.clone(), (value, 7));
        assert_eq!(proofs.at(&shared).remember(digest(1), soon(), NOW), Novelty::First);
        assert_eq!(proofs.at(&shared).remember(digest(1), soon(), NOW), Novelty::Repeated);
        assert!(shared.values.borrow()[&key].0.len() <= key.len() + MOST * ENTRY);
    }
}

#[test]
fn a_nonce_serves_at_every_worker_for_its_time_and_none_of_another_secret_does() {
    let (shared, one, other) = (Shared::default(), Proofs::default(), Proofs::default());
    let nonce = one.at(&shared).nonce(NOW).unwrap();
    assert!(other.at(&shared).knows_nonce(&nonce, NOW));
    assert!(other.at(&shared).knows_nonce(&nonce, NOW + Duration::from_secs(120)));
    assert!(!other.at(&shared).knows_nonce(&nonce, NOW + Duration::from_secs(240)));
    assert!(!other.at(&shared).knows_nonce(&nonce, NOW - Duration::from_secs(240)));
    for stranger in ["", "x", &format!("x{nonce}"), &nonce.to_lowercase()] {
        assert!(!other.at(&shared).knows_nonce(stranger, NOW), "{stranger}");
    }
    // After a restart.
    let (fresh, restarted) = (Shared::default(), Proofs::default());
    fresh.random.set(100);
    assert!(!restarted.at(&fresh).knows_nonce(&nonce, NOW));
    // Without shared data a worker knows its own.
    let alone = Shared::default();
    alone.failing.set(Some(StoreError::Unavailable));
    let worker = Proofs::default();
    let own = worker.at(&alone).nonce(NOW).unwrap();
    assert!(worker.at(&alone).knows_nonce(&own, NOW));
}
