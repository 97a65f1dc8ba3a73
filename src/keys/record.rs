//! The record of a provider that all VMs of a proxy share.
//!
//! It is read as hostile input: whoever else writes into the same shared data must not be able to do
//! more than take the keys away. Its JSON form is this module's own; nothing else derives `Serialize`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::log_line::ERROR;
use super::provider::{ProviderDocument, ProviderSettings};
use super::settings::{DocumentLimits, RefreshSettings};
use super::url::Url;
use crate::excerpt::Excerpt;
use crate::time::UnixTime;

/// One VM of a proxy, told apart by a random number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VmId(pub u64);

/// What the VMs of a proxy know together of one provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Counts finished attempts to fetch.
    pub attempts: u64,
    /// When the last attempt succeeded.
    pub fetched_at: Option<UnixTime>,
    /// Issuer and key endpoint, from the last good discovery document.
    pub metadata: Option<(String, Url)>,
    /// Every key still good, newest sighting first.
    pub keys: Vec<SeenKey>,
    /// Who fetches, and until when nobody else does.
    pub lease: Option<Lease>,
    /// Failures since the last success.
    pub failures: u32,
    /// When the first of them was.
    pub failing_since: Option<UnixTime>,
    /// The last failure of all, over or not.
    pub last_error: Option<LastError>,
    /// When the next attempt is due: a refresh after a success, a retry after a failure.
    pub next_attempt: UnixTime,
    /// When an unknown `kid` last caused an attempt.
    pub unknown_kid_at: Option<UnixTime>,
}

/// A key as the provider sent it, and when it was last in its document.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenKey {
    /// Last time in a fetched document.
    pub seen: UnixTime,
    /// The JWK.
    pub jwk: Map<String, Value>,
}

/// Why an attempt brought nothing, in words for an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastError {
    /// When it was.
    pub at: UnixTime,
    /// Why.
    pub text: Excerpt,
}

/// The right to fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Who has it.
    pub holder: VmId,
    /// When it ends by itself: a holder may die.
    pub until: UnixTime,
}

/// The bytes are no record of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordError;

impl Record {
    /// Nothing is known, and a fetch is due.
    pub fn empty() -> Self {
        Self {
            attempts: 0,
            fetched_at: None,
            metadata: None,
            keys: Vec::new(),
            lease: None,
            failures: 0,
            failing_since: None,
            last_error: None,
            next_attempt: UnixTime::EPOCH,
            unknown_kid_at: None,
        }
    }

    /// The key of this provider's record in shared data: a fingerprint of everything that decides what is
    /// fetched and when. Old and new configurations, and plugins of one VM that differ in any of it, keep
    /// records apart (`forget` makes them differ on purpose): one that refreshes once an hour must not decide for
    /// one whose keys serve for a minute.
    pub fn shared_key(
        settings: &ProviderSettings,
        refresh: &RefreshSettings,
        limits: &DocumentLimits,
    ) -> String {
        let ProviderSettings { name: _, document, cluster, jwks_cluster, timeout, plain_http, policies: _ } =
            settings;
        let RefreshSettings {
            interval,
            key_ttl,
            unknown_kid_interval,
            retry_initial,
            retry_max,
            max_stale,
            wait: _,
            max_wait: _,
            forget,
        } = refresh;
        let times = [interval, key_ttl, unknown_kid_interval, retry_initial, retry_max, max_stale, timeout]
            .map(Duration::as_micros);
        let DocumentLimits { document_bytes, keys } = limits;
        let (kind, url, issuer) = match document {
            ProviderDocument::Discovery { url, issuer } => ("discovery", url, issuer.as_deref()),
            ProviderDocument::Jwks { url, issuer } => ("jwks", url, Some(issuer.as_str())),
        };
        // As `Debug` shows them, texts are quoted and escaped: no two fingerprints read alike.
        format!(
            "validate-jwt/{SCHEMA}/{kind}/{:?}",
            (url.to_string(), issuer, cluster, jwks_cluster, plain_http, times, document_bytes, keys, forget)
        )
    }

    /// Reads a record.
    ///
    /// # Errors
    ///
    /// [`RecordError`] for anything but a record that this version wrote.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        let wire: Wire = serde_json::from_slice(bytes).map_err(|_| RecordError)?;
        if wire.schema != SCHEMA {
            return Err(RecordError);
        }
        let metadata = match wire.metadata {
            Some((issuer, jwks_uri)) => Some((issuer, Url::parse(&jwks_uri).map_err(|_| RecordError)?)),
            None => None,
        };
        let keys = wire.keys.into_iter();
        Ok(Self {
            attempts: wire.attempts,
            fetched_at: wire.fetched_at.map(UnixTime::from_microseconds),
            metadata,
            keys: keys.map(|(seen, jwk)| SeenKey { seen: UnixTime::from_microseconds(seen), jwk }).collect(),
            lease: wire
                .lease
                .map(|(holder, until)| Lease { holder, until: UnixTime::from_microseconds(until) }),
            failures: wire.failures,
            failing_since: wire.failing_since.map(UnixTime::from_microseconds),
            last_error: wire.last_error.map(|(at, text)| LastError {
                at: UnixTime::from_microseconds(at),
                text: Excerpt::sentence(&text, ERROR),
            }),
            next_attempt: UnixTime::from_microseconds(wire.next_attempt),
            unknown_kid_at: wire.unknown_kid_at.map(UnixTime::from_microseconds),
        })
    }

    /// Writes the record.
    pub fn to_bytes(&self) -> Vec<u8> {
        let micros = UnixTime::as_microseconds;
        let wire = Wire {
            schema: SCHEMA,
            attempts: self.attempts,
            fetched_at: self.fetched_at.map(micros),
            metadata: self.metadata.as_ref().map(|(issuer, url)| (issuer.clone(), url.to_string())),
            keys: self.keys.iter().map(|key| (micros(key.seen), key.jwk.clone())).collect(),
            lease: self.lease.map(|lease| (lease.holder, micros(lease.until))),
            failures: self.failures,
            failing_since: self.failing_since.map(micros),
            last_error: self
                .last_error
                .as_ref()
                .map(|error| (micros(error.at), error.text.as_str().to_owned())),
            next_attempt: micros(self.next_attempt),
            unknown_kid_at: self.unknown_kid_at.map(micros),
        };
        // Strings, numbers and JSON values: serialising them cannot fail.
        serde_json::to_vec(&wire).unwrap_or_default()
    }
}

impl SeenKey {
    /// Its `kid`.
    pub(super) fn kid(&self) -> Option<&str> {
        self.jwk.get("kid").and_then(Value::as_str)
    }
}

/// Whether two records hold the same keys, whenever they were seen.
pub(super) fn same_keys(left: &[SeenKey], right: &[SeenKey]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.jwk == right.jwk)
}

/// The record's JSON form. Times are microseconds since the epoch.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    schema: u32,
    attempts: u64,
    fetched_at: Option<i64>,
    metadata: Option<(String, String)>,
    keys: Vec<(i64, Map<String, Value>)>,
    lease: Option<(VmId, i64)>,
    failures: u32,
    failing_since: Option<i64>,
    last_error: Option<(i64, String)>,
    next_attempt: i64,
    unknown_kid_at: Option<i64>,
}

/// Version of the form.
const SCHEMA: u32 = 1;
