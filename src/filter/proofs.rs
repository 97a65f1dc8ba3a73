//! Proofs of possession seen before, and the secret behind nonces: in shared data, so that all workers know them.
//!
//! A proof is kept in one of many small values, which one its digest says: workers that remember different proofs at the
//! same time rarely want the same value. Each is bounded, and so is their number.

use std::cell::{Cell, OnceCell};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::shared_value::SharedValue;
use super::surroundings::{StoreError, Surroundings};
use crate::gate::{Novelty, OwnProofs, ProofDigest, ProofMemory};
use crate::time::UnixTime;
use crate::token::base64url;

/// What one VM holds of it.
#[derive(Debug, Default)]
pub(super) struct Proofs {
    /// Where there is no shared data.
    own: OwnProofs,
    forgotten: Cell<u64>,
    secret: OnceCell<[u8; 32]>,
}

/// The memory at its host.
pub(super) struct AtHost<'a> {
    proofs: &'a Proofs,
    host: &'a dyn Surroundings,
}

impl Proofs {
    /// The memory at its host.
    pub(super) fn at<'a>(&'a self, host: &'a dyn Surroundings) -> AtHost<'a> {
        AtHost { proofs: self, host }
    }

    /// How many proofs were forgotten before their time, since the last call.
    pub(super) fn take_forgotten(&self) -> u64 {
        self.forgotten.take()
    }

    fn forget(&self, number: u64) {
        self.forgotten.set(self.forgotten.get().saturating_add(number));
    }
}

impl ProofMemory for AtHost<'_> {
    fn remember(&self, proof: ProofDigest, until: UnixTime, now: UnixTime) -> Novelty {
        // Nobody outside can choose proofs that push another's out.
        let proof = keyed(&self.secret(), proof);
        let [first, second, ..] = proof;
        let key = format!("validate-jwt/proofs/{:x}", u16::from_le_bytes([first, second]) % SHELVES);
        let place = SharedValue::new(&key, self.host);
        for _ in 0..TRIES {
            let Ok(found) = place.read() else { break };
            let mut kept = Shelf::parse(found.value().unwrap_or_default(), now);
            if kept.holds(proof) {
                return Novelty::Repeated;
            }
            let forgotten = kept.add(proof, until);
            match place.replace(&kept.bytes(), found.version) {
                Ok(()) => {
                    self.proofs.forget(forgotten);
                    return Novelty::First;
                }
                // Another worker was faster, perhaps with this very proof.
                Err(StoreError::Changed) => {}
                Err(StoreError::Unavailable) => break,
            }
        }
        if place.read().is_ok() {
            return Novelty::Unknown;
        }
        let (novelty, forgotten) = self.proofs.own.remember_counting(proof, until, now);
        self.proofs.forget(forgotten);
        novelty
    }

    fn nonce(&self, now: UnixTime) -> Option<String> {
        nonce(&self.secret(), window(now))
    }

    fn knows_nonce(&self, given: &str, now: UnixTime) -> bool {
        let secret = self.secret();
        // Not compared in constant time: the client itself was given the nonce.
        let window = window(now);
        [window, window.wrapping_sub(1)]
            .iter()
            .any(|window| nonce(&secret, *window).as_deref() == Some(given))
    }
}

impl AtHost<'_> {
    /// The secret that all workers make nonces with; the first worker that needs one leaves it for the others.
    fn secret(&self) -> [u8; 32] {
        if let Some(secret) = self.proofs.secret.get() {
            return *secret;
        }
        let mut own = Sha256::new();
        for _ in 0..4 {
            own.update(self.host.random().to_le_bytes());
        }
        let own: [u8; 32] = own.finalize().into();
        let place = SharedValue::new(SECRET, self.host);
        let mut secret = None;
        for _ in 0..TRIES {
            let Ok(found) = place.read() else { break };
            secret = found.value().and_then(|bytes| bytes.try_into().ok());
            if secret.is_some() || place.replace(&own, found.version) == Err(StoreError::Unavailable) {
                break;
            }
        }
        // Without shared data each worker has one of its own: a client is told another nonce by each.
        let secret = secret.unwrap_or(own);
        let _ = self.proofs.secret.set(secret);
        secret
    }
}

/// A proof under the workers' secret.
fn keyed(secret: &[u8; 32], proof: ProofDigest) -> ProofDigest {
    let Ok(mut tag) = Hmac::<Sha256>::new_from_slice(secret) else { return proof };
    tag.update(b"dpop-proof");
    tag.update(&proof);
    tag.finalize().into_bytes().first_chunk().copied().unwrap_or(proof)
}

/// A time, and a tag over it that only the workers can make (RFC 9449, 8).
fn nonce(secret: &[u8; 32], window: u32) -> Option<String> {
    let mut tag = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    tag.update(b"dpop-nonce");
    tag.update(&window.to_be_bytes());
    let tag = tag.finalize().into_bytes();
    Some(base64url::encode([&window.to_be_bytes()[..], tag.first_chunk::<16>()?].concat()))
}

/// The number of the time window that a moment is in.
fn window(now: UnixTime) -> u32 {
    u32::try_from(now.as_microseconds() / 1_000_000 / NONCE_SECONDS).unwrap_or(0)
}

/// One value in shared data: proofs, each with its end in whole seconds.
#[derive(Default)]
struct Shelf(Vec<(ProofDigest, u32)>);

impl Shelf {
    /// Reads a value like a stranger's, but for what is over.
    fn parse(bytes: &[u8], now: UnixTime) -> Self {
        let entries = bytes.as_chunks::<ENTRY>().0.iter().filter_map(|entry| {
            let (proof, until) = entry.split_first_chunk::<12>()?;
            Some((*proof, u32::from_le_bytes(until.try_into().ok()?)))
        });
        let now = seconds(now);
        Self(entries.filter(|(_, until)| *until >= now).take(MOST).collect())
    }

    fn holds(&self, proof: ProofDigest) -> bool {
        self.0.iter().any(|(known, _)| *known == proof)
    }

    /// Adds a proof; gives how many were forgotten for it.
    fn add(&mut self, proof: ProofDigest, until: UnixTime) -> u64 {
        let mut forgotten = 0;
        while self.0.len() >= MOST {
            let oldest =
                self.0.iter().enumerate().min_by_key(|(_, (_, until))| *until).map_or(0, |(at, _)| at);
            self.0.swap_remove(oldest);
            forgotten += 1;
        }
        // Rounded up: a proof is remembered for as long as it could be accepted.
        self.0.push((proof, seconds(until).saturating_add(1)));
        forgotten
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * ENTRY);
        for (proof, until) in &self.0 {
            bytes.extend_from_slice(proof);
            bytes.extend_from_slice(&until.to_le_bytes());
        }
        bytes
    }
}

fn seconds(time: UnixTime) -> u32 {
    u32::try_from(time.as_microseconds() / 1_000_000).unwrap_or(0)
}

/// How many values proofs are spread over, and the most of them in each: 262,144 together.
const SHELVES: u16 = 4096;
const MOST: usize = 64;

/// Bytes of a proof in a value.
const ENTRY: usize = 16;

/// How often a value that other workers change is tried.
const TRIES: u32 = 16;

/// A nonce serves in the window that it was made in, and in the next.
const NONCE_SECONDS: i64 = 120;

const SECRET: &str = "validate-jwt/nonce-secret";

#[cfg(test)]
mod tests;
