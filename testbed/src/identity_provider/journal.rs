//! What the identity provider was asked, and when.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::watch;

/// One request to the identity provider.
#[derive(Clone, Debug)]
pub struct Received {
    /// The method.
    pub method: String,
    /// The path, without query.
    pub path: String,
    /// The query.
    pub query: Option<String>,
    /// The host that was asked for (`host`, or `:authority`).
    pub host: String,
    /// All headers, with replacement characters where a value is not text.
    pub headers: Vec<(String, String)>,
    /// When it came.
    pub at: Instant,
}

pub(super) struct Journal {
    received: Mutex<Vec<Received>>,
    changed: watch::Sender<()>,
}

impl Journal {
    pub(super) fn new() -> Self {
        Self { received: Mutex::default(), changed: watch::Sender::new(()) }
    }

    pub(super) fn note(&self, received: Received) {
        self.lock().push(received);
        self.changed.send_replace(());
    }

    pub(super) fn all(&self) -> Vec<Received> {
        self.lock().clone()
    }

    pub(super) fn times(&self, path: &str) -> Vec<Instant> {
        self.lock().iter().filter(|received| received.path == path).map(|received| received.at).collect()
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    /// Returns when a path has had at least so many requests.
    pub(super) async fn wait_for(&self, path: &str, count: usize) {
        let mut changed = self.changed.subscribe();
        while self.times(path).len() < count {
            // The sender is this journal's own field, so it is there as long as the wait.
            let _ = changed.changed().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Received>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
