//! Callouts: those that wait to be sent, and those under way.

use std::collections::{HashMap, VecDeque};

use crate::keys::{Fetch, ProviderId};
use crate::time::UnixTime;

/// A callout, by the filter's own number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CalloutId(pub u64);

/// A worker's callouts.
#[derive(Debug, Default)]
pub(super) struct Callouts {
    last: u64,
    /// Wanted, perhaps by a stream. Streams never send callouts: the answer would be lost when the stream ends.
    unsent: VecDeque<(ProviderId, Fetch)>,
    under_way: HashMap<CalloutId, Sent>,
}

#[derive(Debug)]
struct Sent {
    at: UnixTime,
    provider: ProviderId,
    fetch: Fetch,
}

impl Callouts {
    /// Puts a callout in line.
    pub(super) fn want(&mut self, provider: ProviderId, fetch: Fetch) {
        self.unsent.push_back((provider, fetch));
    }

    /// Whether one waits to be sent.
    pub(super) fn any_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// The next one to send, which is under way from now on.
    pub(super) fn send(&mut self, now: UnixTime) -> Option<(CalloutId, Fetch)> {
        let (provider, fetch) = self.unsent.pop_front()?;
        self.last = self.last.wrapping_add(1);
        let id = CalloutId(self.last);
        self.under_way.insert(id, Sent { at: now, provider, fetch: fetch.clone() });
        Some((id, fetch))
    }

    /// Ends one; `None` if it is not under way, as for an answer that comes twice.
    pub(super) fn end(&mut self, id: CalloutId) -> Option<(ProviderId, Fetch)> {
        self.under_way.remove(&id).map(|sent| (sent.provider, sent.fetch))
    }

    /// The provider of one that is under way.
    pub(super) fn provider_of(&self, id: CalloutId) -> Option<ProviderId> {
        self.under_way.get(&id).map(|sent| sent.provider)
    }

    /// Forgets those that the host has left unanswered for far too long: it never will answer.
    pub(super) fn forget_lost(&mut self, now: UnixTime) {
        self.under_way.retain(|_, sent| {
            let longest = sent.fetch.timeout.saturating_mul(LOST_AFTER);
            now <= sent.at + longest && sent.at <= now + longest
        });
    }

    /// How many are waiting or under way.
    pub(super) fn len(&self) -> usize {
        self.unsent.len().saturating_add(self.under_way.len())
    }
}

/// After this many timeouts, no answer to a callout is expected any more.
const LOST_AFTER: u32 = 4;
