//! Requests that are held for keys.

use std::collections::BTreeMap;

use crate::gate::Request;
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
    /// When it is answered, come what may.
    pub(super) deadline: UnixTime,
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

    /// Takes all of them, oldest first, so that none is borrowed while the host is called.
    pub(super) fn take_all(&mut self) -> BTreeMap<u32, HeldRequest> {
        std::mem::take(&mut self.requests)
    }
}
