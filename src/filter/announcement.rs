//! Log lines that one VM writes once per load, so that the others need not repeat them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use super::effect::Level;
use super::shared_value::SharedValue;
use super::surroundings::{StoreError, Surroundings};
use crate::time::UnixTime;

/// Whether this VM is the one to log these lines: no other VM has logged them for this load. Without shared data, every
/// VM does.
pub(super) fn is_ours(lines: &[(Level, String)], now: UnixTime, shared: &dyn Surroundings) -> bool {
    let mut hasher = DefaultHasher::new();
    lines.iter().map(|(_, line)| line).collect::<Vec<_>>().hash(&mut hasher);
    let key = format!("validate-jwt/said/{:016x}", hasher.finish());
    let place = SharedValue::new(&key, shared);
    let Ok(found) = place.read() else { return true };
    let said = found
        .value()
        .and_then(|value| Some(i64::from_le_bytes(value.try_into().ok()?)))
        .map(UnixTime::from_microseconds);
    if said.is_some_and(|said| now <= said + ONE_LOAD && said <= now + ONE_LOAD) {
        return false;
    }
    // If another VM is faster, it logs them.
    place.replace(&now.as_microseconds().to_le_bytes(), found.version) != Err(StoreError::Changed)
}

/// VMs that load within this time load together.
const ONE_LOAD: Duration = Duration::from_secs(60);
