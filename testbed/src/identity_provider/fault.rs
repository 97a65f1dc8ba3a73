//! The ways in which an identity provider fails.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// What goes wrong with the answers of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status, with a short text as body (none with 204).
    Status(u16),
    /// No answer until the fault is cleared or replaced.
    Hang,
    /// The head at once, then one byte of the body per interval.
    Drip(Duration),
    /// Half of the body, then the connection ends.
    CutMidBody,
    /// A TCP reset instead of an answer.
    Reset,
    /// 302 to this address.
    Redirect(String),
    /// The right document, gzip-encoded though nobody asked for that.
    Gzip,
    /// 200 with a web page, as from a captive portal.
    Html,
    /// 200 with a body that is not JSON, under JSON's content type.
    NotJson,
    /// 200 with no body at all.
    NoBody,
    /// The right document under this content type.
    ContentType(String),
    /// The right document under this content type, and 406 where `Accept` does not name it: ranges such as `*/*` are
    /// not understood.
    Only(String),
    /// 200 with this text, under JSON's content type.
    Text(String),
    /// The right document, blown up to so many bytes.
    Oversized(usize),
    /// A key set without keys.
    EmptyKeySet,
    /// The key set without the key that signs at the moment.
    PartialKeySet,
    /// The key set with another tenant's issuer on every key.
    OtherTenantsKeys,
    /// A discovery document of another issuer.
    WrongIssuer,
    /// Every other answer fails, the first one included.
    Flap(Box<Fault>),
}

/// The faults of every path.
pub(super) struct Faults {
    by_path: Mutex<HashMap<String, Planned>>,
    changed: watch::Sender<()>,
}

struct Planned {
    fault: Fault,
    /// How many answers are still to fail; without it, all.
    left: Option<usize>,
    answers: usize,
}

impl Faults {
    pub(super) fn new() -> Self {
        Self { by_path: Mutex::default(), changed: watch::Sender::new(()) }
    }

    pub(super) fn set(&self, path: &str, fault: Fault, left: Option<usize>) {
        self.lock().insert(path.to_owned(), Planned { fault, left, answers: 0 });
        self.changed.send_replace(());
    }

    pub(super) fn clear(&self, path: &str) {
        self.lock().remove(path);
        self.changed.send_replace(());
    }

    pub(super) fn clear_all(&self) {
        self.lock().clear();
        self.changed.send_replace(());
    }

    /// What is wrong with a path's next answer; a hang is waited out here.
    pub(super) async fn next(&self, path: &str) -> Option<Fault> {
        let mut changed = self.changed.subscribe();
        let mut fault = self.take(path);
        while fault == Some(Fault::Hang) {
            // The sender is a field of this very value, so it cannot be gone.
            let _ = changed.changed().await;
            if !self.hangs(path) {
                fault = self.take(path);
            }
        }
        fault
    }

    fn take(&self, path: &str) -> Option<Fault> {
        let mut by_path = self.lock();
        let planned = by_path.get_mut(path)?;
        match &mut planned.left {
            Some(0) => return None,
            Some(left) => *left -= 1,
            None => {}
        }
        planned.answers += 1;
        match &planned.fault {
            Fault::Flap(fault) => (planned.answers % 2 == 1).then(|| fault.as_ref().clone()),
            fault => Some(fault.clone()),
        }
    }

    fn hangs(&self, path: &str) -> bool {
        let hang = |fault: &Fault| match fault {
            Fault::Flap(inner) => **inner == Fault::Hang,
            fault => *fault == Fault::Hang,
        };
        self.lock().get(path).is_some_and(|planned| hang(&planned.fault))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Planned>> {
        self.by_path.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
