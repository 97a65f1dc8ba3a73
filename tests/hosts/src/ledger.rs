//! What the filter asked of its host, counted.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Host calls by name. Every part of the host writes into the same one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger(Arc<Mutex<BTreeMap<&'static str, u64>>>);

impl Ledger {
    pub(crate) fn count(&self, call: &'static str) {
        *self.0.lock().expect("nothing panics while it counts").entry(call).or_default() += 1;
    }

    /// The calls since the last time, in alphabetical order: `clock 1, headers 1`.
    pub(crate) fn take(&self) -> String {
        let calls = std::mem::take(&mut *self.0.lock().expect("nothing panics while it counts"));
        let calls: Vec<_> = calls.into_iter().map(|(call, count)| format!("{call} {count}")).collect();
        calls.join(", ")
    }
}
