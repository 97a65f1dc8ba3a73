//! When: what follows from the record's times and from each configuration's own.

use std::time::Duration;

use super::{Lifecycle, Task};
use crate::keys::event::Want;
use crate::keys::keyring::ProviderView;
use crate::time::UnixTime;

impl Lifecycle {
    /// Whether a fetch is under way, here or in another VM: requests may go on waiting for it.
    pub(crate) fn is_fetching(&self, now: UnixTime) -> bool {
        self.task != Task::Idle || self.leased_elsewhere(now)
    }

    /// When keys that a request wants may be there: now, while a fetch is under way; else when the next attempt is
    /// due. Nothing where no attempt is made for them.
    pub(crate) fn expected_at(&self, want: Want, now: UnixTime) -> Option<UnixTime> {
        if self.is_fetching(now) {
            return Some(now);
        }
        match want {
            Want::UnknownKey | Want::ReplacedKey if self.serves(now) => None,
            Want::UnknownKey | Want::ReplacedKey | Want::FirstKeys => {
                let due = self.due_at();
                Some(self.awaited_at().map_or(due, |at| at.min(due)))
            }
        }
    }

    /// When the next attempt is made while requests wait for keys, in the first `max_wait` of an outage: they do not
    /// wait for longer than `retry_initial` each time.
    pub(super) fn awaited_at(&self) -> Option<UnixTime> {
        let record = &self.snapshot.record;
        let window_end = record.failing_since? + self.refresh.max_wait;
        let at = record.last_error.as_ref()?.at + self.refresh.retry_initial;
        (at < window_end).then_some(at)
    }

    /// When the machine wants its next tick, at the latest.
    pub fn wake_at(&self, now: UnixTime) -> UnixTime {
        let record = &self.snapshot.record;
        match (&self.task, record.lease) {
            (Task::Fetching(fetching), _) => fetching.until,
            // What another VM fetches is looked for by those that wait for it, and seen in passing by the others.
            (_, Some(lease)) if self.leased_elsewhere(now) => lease.until,
            _ => self.due_at(),
        }
    }

    /// Whether requests find keys.
    pub(super) fn serves(&self, now: UnixTime) -> bool {
        let ProviderView { keys, serves_until, .. } = self.view();
        keys.is_some() && now < *serves_until
    }

    pub(super) fn serves_until(&self) -> UnixTime {
        self.snapshot.record.fetched_at.map_or(UnixTime::EPOCH, |at| at + self.refresh.max_stale)
    }

    /// When the keys at hand were fetched.
    pub fn fetched_at(&self) -> Option<UnixTime> {
        self.snapshot.record.fetched_at
    }

    pub(super) fn due_at(&self) -> UnixTime {
        self.snapshot.record.due_at(&self.refresh)
    }

    /// Whether a refresh or a retry is due.
    pub(super) fn is_due(&self, now: UnixTime) -> bool {
        let record = &self.snapshot.record;
        !self.leased_elsewhere(now) && (now >= self.due_at() || record.is_from_the_future(now))
    }

    /// Whether an attempt is due because requests wait.
    pub(super) fn is_awaited(&self, now: UnixTime) -> bool {
        !self.leased_elsewhere(now) && self.awaited_at().is_some_and(|at| now >= at)
    }

    /// Whether an unknown `kid` may cause an attempt: one per interval for the whole proxy, counted per
    /// attempt, whatever came of it. This one time is all that is remembered of keys looked for in vain.
    pub(super) fn may_ask_for_unknown_key(&self, now: UnixTime) -> bool {
        let last = self.snapshot.record.unknown_kid_at;
        last.is_none_or(|at| now >= at + self.refresh.unknown_kid_interval || at > now)
    }

    pub(super) fn leased_elsewhere(&self, now: UnixTime) -> bool {
        let longest = self.lease_time();
        self.snapshot.record.lease.is_some_and(|lease| {
            lease.holder != self.vm && now < lease.until && lease.until <= now + longest + longest
        })
    }

    /// Long enough for both callouts.
    pub(super) fn lease_time(&self) -> Duration {
        self.settings.timeout.saturating_mul(2).saturating_add(LEASE_SLACK)
    }
}

/// What a lease lasts beyond the callouts' own timeouts.
const LEASE_SLACK: Duration = Duration::from_secs(1);
