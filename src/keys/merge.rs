//! How a fetched key set joins the keys already known.

use std::time::Duration;

use super::seen_key::SeenKey;
use crate::time::UnixTime;

/// Merges by `kid`: what was fetched is new, what was not seen again stays for `key_ttl`.
///
/// Entra's endpoint returns differing subsets during a rollover, so that replacing the set would drop
/// good keys. A `kid` that came back with other material is the fetched one. At most `limit` keys
/// stay, fetched ones first.
pub(super) fn merge(
    known: &[SeenKey],
    fetched: &[SeenKey],
    now: UnixTime,
    key_ttl: Duration,
    limit: usize,
) -> Vec<SeenKey> {
    let replaced = |old: &SeenKey| {
        fetched.iter().any(|new| match (old.kid(), new.kid()) {
            (Some(old), Some(new)) => old == new,
            // Without a `kid` the material is all there is to tell keys apart.
            (None, None) => old.is_same(new),
            _ => false,
        })
    };
    let kept: Vec<SeenKey> =
        known.iter().filter(|old| old.seen + key_ttl > now && !replaced(old)).cloned().collect();
    let fetched = fetched.iter().map(|key| key.seen_at(now));
    let mut merged: Vec<SeenKey> = fetched.chain(kept).take(limit).collect();
    // The order of a document has no meaning: sorted, an unchanged set stays equal to itself.
    merged.sort_by(|left, right| left.kid().cmp(&right.kid()));
    merged
}
