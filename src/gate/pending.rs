//! What a request waits for, and what happens to it if that never comes.

use std::time::Duration;

use super::reason::Reason;
use super::verdict::Verdict;
use crate::keys::{Keyring, ProviderId, Want};
use crate::time::UnixTime;

/// A request that waits: made where the lack is found, kept until there is a verdict.
#[derive(Debug)]
pub struct Pending<F = Verdict> {
    /// What could change the verdict.
    pub demand: Demand,
    /// The verdict without it.
    pub fallback: F,
}

/// What a request waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demand {
    /// Keys.
    Keys(KeyDemand),
}

/// Which providers' keys a request needs, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDemand {
    /// The providers; never empty.
    pub providers: Vec<ProviderId>,
    /// Why.
    pub want: Want,
}

impl<F> Pending<F> {
    /// A request that waits for keys.
    pub(super) fn for_keys(providers: Vec<ProviderId>, want: Want, fallback: F) -> Self {
        Self { demand: Demand::Keys(KeyDemand { providers, want }), fallback }
    }

    /// The same with another fallback.
    pub(super) fn map<G>(self, with: impl FnOnce(F) -> G) -> Pending<G> {
        Pending { demand: self.demand, fallback: with(self.fallback) }
    }
}

impl Pending {
    /// The verdict where what is demanded will not come.
    pub fn settle(mut self, keyring: &Keyring, now: UnixTime) -> Verdict {
        if let Verdict::Refuse(rejection) = &mut self.fallback
            && rejection.reason == Reason::KeysUnavailable
        {
            rejection.retry_after = Some(self.demand.retry_after(keyring, now));
        }
        self.fallback
    }

    /// The verdict where nobody knows whether it would have come: the request can wait no longer, or too many do.
    pub fn give_up(mut self, keyring: &Keyring, now: UnixTime) -> Verdict {
        if let Verdict::Refuse(rejection) = &mut self.fallback
            && rejection.reason != Reason::KeysUnavailable
        {
            rejection.reason = Reason::KeysUnavailable;
            rejection.retry_after = Some(RETRY_SOON);
            return self.fallback;
        }
        self.settle(keyring, now)
    }
}

impl Demand {
    /// Both: either may bring another verdict.
    #[must_use]
    pub(super) fn and(self, other: Self) -> Self {
        let (Self::Keys(mut all), Self::Keys(other)) = (self, other);
        all.want = all.want.max(other.want);
        for id in other.providers {
            if !all.providers.contains(&id) {
                all.providers.push(id);
            }
        }
        Self::Keys(all)
    }

    /// When another attempt of the caller is worthwhile.
    fn retry_after(&self, keyring: &Keyring, now: UnixTime) -> Duration {
        let Self::Keys(keys) = self;
        let pauses = keys.providers.iter().map(|id| keyring.retry_after(*id, now));
        pauses.min().unwrap_or(RETRY_SOON)
    }
}

/// `Retry-After` where nothing better is known.
const RETRY_SOON: Duration = Duration::from_secs(1);
