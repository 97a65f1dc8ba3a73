//! Requests that are held for keys.

use std::collections::BTreeMap;

use crate::gate::{KeyDemand, Request};
use crate::time::UnixTime;

/// The held requests of one worker, by their context.
#[derive(Default)]
pub(super) struct Held {
    requests: BTreeMap<u32, HeldRequest>,
}

/// One of them.
pub(super) struct HeldRequest {
    /// Its head, as it came.
    pub(super) request: Request,
    /// What it waits for.
    pub(super) demand: KeyDemand,
    /// The keyring that it was last decided with.
    pub(super) generation: u64,
    /// When it came.
    pub(super) since: UnixTime,
}

impl Held {
    pub(super) fn len(&self) -> usize {
        self.requests.len()
    }

    pub(super) fn insert(&mut self, context: u32, request: HeldRequest) {
        self.requests.insert(context, request);
    }

    /// Forgets a request: it was settled, or its client left.
    pub(super) fn remove(&mut self, context: u32) -> Option<HeldRequest> {
        self.requests.remove(&context)
    }

    /// Takes those out that need a decision, oldest first, so that none is borrowed while the host is called.
    pub(super) fn take_if(
        &mut self,
        needs_decision: impl Fn(&HeldRequest) -> bool,
    ) -> Vec<(u32, HeldRequest)> {
        self.requests.extract_if(.., |_, held| needs_decision(held)).collect()
    }
}
