//! How long to wait until the next attempt.

use std::time::Duration;

use super::settings::RefreshSettings;

/// After a success: `interval`, but with its jitter still before the keys end at `max_stale`.
pub(super) fn until_refresh(settings: &RefreshSettings, draw: u64) -> Duration {
    jittered(settings.interval.min(settings.max_stale / 5 * 4), draw)
}

/// After so many retries in a row: twice as long each time, from `retry_initial` up to `retry_max`.
pub(super) fn until_retry(settings: &RefreshSettings, retries: u32, draw: u64) -> Duration {
    let doublings = retries.saturating_sub(1).min(20);
    let pause = settings.retry_initial.saturating_mul(1 << doublings);
    jittered(pause.min(settings.retry_max), draw)
}

/// A time ±10 %, so that many proxies do not ask at once.
fn jittered(time: Duration, draw: u64) -> Duration {
    // The last step of SplitMix64: spreads well, and no secret depends on it.
    let mixed = (draw ^ (draw >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let thousandths = u32::try_from((mixed >> 33) % 201).unwrap_or(100);
    (time / 1000).saturating_mul(900 + thousandths)
}
