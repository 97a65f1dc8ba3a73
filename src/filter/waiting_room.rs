//! Requests that are held for keys.

use std::collections::BTreeMap;

use super::effect::RequestId;
use crate::gate::{Demand, Pending, Request};
use crate::time::UnixTime;

/// The held requests of one worker.
#[derive(Debug, Default)]
pub(super) struct WaitingRoom {
    requests: BTreeMap<RequestId, Held>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Held {
    /// Its head, as it came.
    pub(super) request: Request,
    /// What it waits for, and the verdict without that.
    pub(super) pending: Pending,
    /// The keyring that it was last decided with.
    pub(super) revision: u64,
    /// When it came.
    pub(super) since: UnixTime,
    /// When it is settled at the latest.
    pub(super) deadline: UnixTime,
}

impl Held {
    /// Whether its time is up. A request from the future came before the clock went back: there is no telling how long it
    /// has waited.
    pub(super) fn is_over(&self, now: UnixTime) -> bool {
        let most = self.deadline.saturating_duration_since(self.since);
        now >= self.deadline || now + most < self.since
    }
}

impl WaitingRoom {
    pub(super) fn len(&self) -> usize {
        self.requests.len()
    }

    /// Holds a request.
    pub(super) fn hold(&mut self, id: RequestId, held: Held) {
        self.requests.insert(id, held);
    }

    /// Forgets a request: its stream has ended.
    pub(super) fn remove(&mut self, id: RequestId) -> Option<Held> {
        self.requests.remove(&id)
    }

    /// What is waited for, in the order of the requests.
    pub(super) fn demands(&self) -> impl Iterator<Item = &Demand> {
        self.requests.values().map(|held| &held.pending.demand)
    }

    /// Takes those out that need a decision, oldest stream first.
    pub(super) fn take_if(&mut self, needs_decision: impl Fn(&Held) -> bool) -> Vec<(RequestId, Held)> {
        self.requests.extract_if(.., |_, held| needs_decision(held)).collect()
    }
}
