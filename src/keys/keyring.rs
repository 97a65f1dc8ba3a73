//! What requests see of each provider: its issuer and its keys, and until when the keys may be used.

use std::rc::Rc;
use std::time::Duration;

use super::provider_id::ProviderId;
use crate::time::UnixTime;
use crate::token::{IssuerPattern, KeySet};

/// The views of all providers, by id.
#[derive(Debug, Default)]
pub struct Keyring {
    providers: Vec<ProviderView>,
    generation: u64,
    revision: u64,
}

/// One provider, as requests see it.
#[derive(Debug, Clone)]
pub struct ProviderView {
    /// Its issuer, once known.
    pub issuer: Option<IssuerPattern>,
    /// Its usable keys, once known.
    pub keys: Option<Rc<KeySet>>,
    /// Until when the keys serve.
    pub serves_until: UnixTime,
    /// When the next attempt to fetch is due.
    pub next_attempt: UnixTime,
}

impl Default for ProviderView {
    /// Nothing is known.
    fn default() -> Self {
        Self { issuer: None, keys: None, serves_until: UnixTime::EPOCH, next_attempt: UnixTime::EPOCH }
    }
}

impl Keyring {
    /// A keyring for this many providers, all of them unknown yet.
    pub fn new(providers: usize) -> Self {
        Self { providers: vec![ProviderView::default(); providers], generation: 0, revision: 0 }
    }

    /// The provider's issuer, once known.
    pub fn issuer(&self, id: ProviderId) -> Option<&IssuerPattern> {
        self.providers.get(id.0)?.issuer.as_ref()
    }

    /// The provider's keys, while they serve.
    pub fn keys(&self, id: ProviderId, now: UnixTime) -> Option<&Rc<KeySet>> {
        let view = self.providers.get(id.0)?;
        view.keys.as_ref().filter(|_| now < view.serves_until)
    }

    /// How long a caller should wait before asking again, while keys are missing.
    pub fn retry_after(&self, id: ProviderId, now: UnixTime) -> Duration {
        let due = self.providers.get(id.0).map_or(now, |view| view.next_attempt);
        due.saturating_duration_since(now)
    }

    /// Replaces the view of a provider.
    pub fn install(&mut self, id: ProviderId, view: ProviderView) {
        if let Some(slot) = self.providers.get_mut(id.0) {
            let same_keys = match (&slot.keys, &view.keys) {
                (Some(old), Some(new)) => Rc::ptr_eq(old, new),
                (None, None) => true,
                _ => false,
            };
            if !same_keys || slot.issuer != view.issuer {
                self.generation = self.generation.wrapping_add(1);
                self.revision = self.revision.wrapping_add(1);
            } else if slot.serves_until != view.serves_until {
                self.revision = self.revision.wrapping_add(1);
            }
            *slot = view;
        }
    }

    /// Changes whenever any provider's issuer or keys do.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Changes whenever another decision may be due: with issuers and keys, and with the time until which they serve.
    pub fn revision(&self) -> u64 {
        self.revision
    }
}
