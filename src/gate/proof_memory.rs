//! What is known of DPoP proofs that came before (RFC 9449, 11.1), and of the nonces that were given out (8).

use std::cell::RefCell;
use std::collections::HashMap;

use crate::time::UnixTime;

/// A proof, by the bytes of a digest over its key and its `jti`.
pub type ProofDigest = [u8; 12];

/// Whether a proof has come before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Novelty {
    /// It has not.
    First,
    /// It has: somebody sends it again.
    Repeated,
    /// Nobody can tell now: it counts as one that has.
    Unknown,
}

/// The memory for proofs and nonces.
pub trait ProofMemory {
    /// Remembers a proof until a time, and says whether it was known.
    fn remember(&self, proof: ProofDigest, until: UnixTime, now: UnixTime) -> Novelty;

    /// A nonce for clients to put into their next proofs; `None` where there can be none now.
    fn nonce(&self, now: UnixTime) -> Option<String>;

    /// Whether this nonce was given out a short while ago.
    fn knows_nonce(&self, nonce: &str, now: UnixTime) -> bool;
}

/// A memory of one VM's own, without nonces: for hosts without shared data, and for trying a configuration.
#[derive(Debug, Default)]
pub struct OwnProofs(RefCell<HashMap<ProofDigest, UnixTime>>);

impl OwnProofs {
    /// How many proofs it holds at most: beyond that the oldest go first.
    pub const MOST: usize = 16_384;

    /// Remembers a proof; gives besides how many were forgotten for it.
    pub(crate) fn remember_counting(
        &self,
        proof: ProofDigest,
        until: UnixTime,
        now: UnixTime,
    ) -> (Novelty, u64) {
        let Ok(mut known) = self.0.try_borrow_mut() else { return (Novelty::Unknown, 0) };
        if known.get(&proof).is_some_and(|until| *until >= now) {
            return (Novelty::Repeated, 0);
        }
        let mut forgotten = 0;
        if known.len() >= Self::MOST {
            known.retain(|_, until| *until >= now);
        }
        if known.len() >= Self::MOST {
            // An eighth at a time: looking for the oldest one each time would cost more than all the rest.
            let mut times: Vec<UnixTime> = known.values().copied().collect();
            times.sort_unstable();
            let edge = times.get(Self::MOST / 8).copied().unwrap_or(now);
            let before = known.len();
            known.retain(|_, until| *until > edge);
            forgotten = u64::try_from(before.saturating_sub(known.len())).unwrap_or(u64::MAX);
        }
        known.insert(proof, until);
        (Novelty::First, forgotten)
    }
}

impl ProofMemory for OwnProofs {
    fn remember(&self, proof: ProofDigest, until: UnixTime, now: UnixTime) -> Novelty {
        self.remember_counting(proof, until, now).0
    }

    fn nonce(&self, _: UnixTime) -> Option<String> {
        None
    }

    fn knows_nonce(&self, _: &str, _: UnixTime) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn digest(number: usize) -> ProofDigest {
        let mut digest = ProofDigest::default();
        digest[..8].copy_from_slice(&number.to_le_bytes());
        digest
    }

    #[test]
    fn a_proof_is_known_until_its_time_is_over() {
        let (own, now) = (OwnProofs::default(), UnixTime::from_seconds(1000));
        let until = now + Duration::from_secs(60);
        assert_eq!(own.remember(digest(1), until, now), Novelty::First);
        assert_eq!(own.remember(digest(2), until, now), Novelty::First);
        assert_eq!(own.remember(digest(1), until, until), Novelty::Repeated);
        let later = until + Duration::from_secs(1);
        assert_eq!(own.remember(digest(1), later, later), Novelty::First);
    }

    #[test]
    fn beyond_the_bound_the_oldest_proofs_go_first_and_are_counted() {
        let (own, now) = (OwnProofs::default(), UnixTime::from_seconds(1000));
        let until = |number: usize| now + Duration::from_millis(number as u64);
        for number in 0..OwnProofs::MOST {
            assert_eq!(own.remember_counting(digest(number), until(number), now), (Novelty::First, 0));
        }
        let (novelty, forgotten) = own.remember_counting(digest(1 << 20), until(1 << 20), now);
        assert_eq!(novelty, Novelty::First);
        assert!(forgotten > 0);
        assert_eq!(own.remember(digest(OwnProofs::MOST - 1), until(1 << 20), now), Novelty::Repeated);
        assert_eq!(own.remember(digest(0), until(1 << 20), now), Novelty::First);
    }
}
