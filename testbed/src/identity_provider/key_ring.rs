//! The keys of the identity provider, and how they change.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::token::{Algorithm, RsaFixture, SigningKey};

/// The tenants' RSA keys, of which one signs, and the ordinary provider's keys of every type.
pub(super) struct KeyRing {
    entra: Mutex<Entra>,
    plain: Vec<SigningKey>,
}

struct Entra {
    published: Vec<SigningKey>,
    current: SigningKey,
    rotations: usize,
}

impl KeyRing {
    pub(super) fn new() -> Self {
        let first = SigningKey::rsa(RsaFixture::First);
        let entra = Entra { published: vec![first.clone()], current: first, rotations: 0 };
        let plain = vec![
            SigningKey::rsa(RsaFixture::Bits3072).with_key_id("rsa"),
            SigningKey::p256(),
            SigningKey::p384(),
            SigningKey::p521(),
            SigningKey::ed25519(),
        ];
        Self { entra: Mutex::new(entra), plain }
    }

    pub(super) fn current(&self) -> SigningKey {
        self.lock().current.clone()
    }

    pub(super) fn published(&self) -> Vec<SigningKey> {
        self.lock().published.clone()
    }

    pub(super) fn announce(&self) -> SigningKey {
        let mut entra = self.lock();
        let next = entra.next();
        entra.published.push(next.clone());
        next
    }

    pub(super) fn promote(&self) {
        let mut entra = self.lock();
        if let Some(latest) = entra.published.last().cloned() {
            entra.current = latest;
        }
    }

    pub(super) fn replace(&self) -> SigningKey {
        let mut entra = self.lock();
        let next = entra.next();
        entra.published = vec![next.clone()];
        entra.current = next.clone();
        next
    }

    pub(super) fn publish(&self, key: SigningKey) {
        self.lock().published.push(key);
    }

    pub(super) fn remove(&self, key_id: &str) {
        self.lock().published.retain(|key| key.key_id() != key_id);
    }

    pub(super) fn all_plain(&self) -> &[SigningKey] {
        &self.plain
    }

    pub(super) fn plain(&self, algorithm: Algorithm) -> Option<SigningKey> {
        let wanted = match algorithm {
            Algorithm::Rs256
            | Algorithm::Rs384
            | Algorithm::Rs512
            | Algorithm::Ps256
            | Algorithm::Ps384
            | Algorithm::Ps512 => Algorithm::Rs256,
            other => other,
        };
        self.plain.iter().find(|key| key.default_algorithm() == wanted).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Entra> {
        self.entra.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entra {
    /// Another key under an identifier that was never used: minting RSA keys is slow, so the material comes round
    /// again after three rotations.
    fn next(&mut self) -> SigningKey {
        self.rotations += 1;
        let fixture = [RsaFixture::First, RsaFixture::Second, RsaFixture::Third][self.rotations % 3];
        let key = SigningKey::rsa(fixture);
        if self.rotations < 3 {
            return key;
        }
        let key_id = format!("{}-{}", fixture.key_id(), self.rotations);
        key.with_key_id(key_id)
    }
}
