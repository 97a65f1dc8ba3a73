//! `key_refresh`: how keys are kept fresh.

use std::time::Duration;

/// `key_refresh`, checked: no zero interval, `retry_initial` at most `retry_max`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshSettings {
    /// Background refresh of discovery document and keys; carried out with ±10 % jitter.
    pub interval: Duration,
    /// A key that was not seen again for this long is dropped.
    pub key_ttl: Duration,
    /// At most one refetch per this time and provider because of an unknown `kid`.
    pub unknown_kid_interval: Duration,
    /// First pause after a failed fetch.
    pub retry_initial: Duration,
    /// Longest pause after failed fetches.
    pub retry_max: Duration,
    /// How long keys serve after the last successful fetch.
    pub max_stale: Duration,
    /// Whether a request may wait for keys.
    pub wait: WaitMode,
    /// Longest time that a request is held.
    pub max_wait: Duration,
    /// With another text than before, keys that were fetched under that are not used.
    pub forget: String,
}

/// `key_refresh.wait`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitMode {
    /// What the host can do safely.
    Auto,
    /// A request that needs keys is held.
    Hold,
    /// A request that needs keys is answered 503.
    Refuse,
}

/// Bounds on what a provider may send; from `limits`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentLimits {
    /// Longest document, bytes.
    pub document_bytes: usize,
    /// Most usable keys.
    pub keys: usize,
}
