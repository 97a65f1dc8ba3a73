//! The record of a provider that all VMs of a proxy share.
//!
//! It is read as hostile input: whoever else writes into the same shared data must not be able to do
//! more than take the keys away. Its JSON form is this module's own; nothing else derives `Serialize`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::metadata::ProviderMetadata;
use super::pause;
use super::provider::ProviderSettings;
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
    pub metadata: Option<ProviderMetadata>,
    /// Every key still good, newest sighting first.
    pub keys: Vec<SeenKey>,
    /// Who fetches, and until when nobody else does.
    pub lease: Option<Lease>,
    /// Failures since the last success.
    pub failures: u32,
    /// Those of them that decide the pause until the next attempt: attempts that were due.
    pub retries: u32,
    /// When the first of the failures was.
    pub failing_since: Option<UnixTime>,
    /// The last failure of all, over or not.
    pub last_error: Option<LastError>,
    /// When the last attempt ended that was due by itself. When the next one is due follows from it and from each
    /// configuration's own times: [`Record::due_at`].
    pub tried_at: Option<UnixTime>,
    /// What the jitter of the next attempt is drawn from: differs between proxies, and from attempt to attempt.
    pub draw: u64,
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
            retries: 0,
            failing_since: None,
            last_error: None,
            tried_at: None,
            draw: 0,
            unknown_kid_at: None,
        }
    }

    /// The key of this provider's record in shared data: everything that decides what a fetch brings and what is kept
    /// of it. Plugins and configurations that differ in any of it keep records apart; those that only differ in when
    /// keys are fetched, and in how long they serve, share one, and each reads it by its own times.
    pub fn shared_key(
        settings: &ProviderSettings,
        refresh: &RefreshSettings,
        limits: &DocumentLimits,
    ) -> String {
        let ProviderSettings {
            name: _,
            document,
            cluster: _,
            jwks_cluster,
            timeout: _,
            plain_http,
            policies: _,
        } = settings;
        let DocumentLimits { document_bytes, keys } = limits;
        // As `Debug` shows them, texts are quoted and escaped: no two fingerprints read alike.
        format!(
            "{}/{:?}",
            Self::origin_key(settings, refresh),
            (
                settings.pinned(),
                jwks_cluster,
                plain_http,
                refresh.key_ttl.as_micros(),
                document_bytes,
                keys,
                document.kind()
            )
        )
    }

    /// The key of what anyone has fetched from the same place: found by a configuration that has no record of its own
    /// yet, so that a change of settings costs no keys. A new `forget` is another place, and so are other clusters, or
    /// plain http where it was refused: keys came from whoever answers there.
    pub fn origin_key(settings: &ProviderSettings, refresh: &RefreshSettings) -> String {
        let url = settings.document.url().to_string();
        format!(
            "validate-jwt/{SCHEMA}/{:?}",
            (
                settings.document.kind(),
                url,
                &settings.cluster,
                &settings.jwks_cluster,
                settings.plain_http,
                &refresh.forget,
            )
        )
    }

    /// When the next attempt is due by itself: a refresh after a success, a retry after a failure.
    pub fn due_at(&self, refresh: &RefreshSettings) -> UnixTime {
        let Some(tried_at) = self.tried_at else { return UnixTime::EPOCH };
        let planned = tried_at
            + match self.retries {
                0 => pause::until_refresh(refresh, self.draw),
                retries => pause::until_retry(refresh, retries, self.draw),
            };
        match &self.last_error {
            // An attempt that a request caused puts off none that was due, and a failure of it hastens the next one.
            Some(error) if self.failures > 0 => {
                planned.min(error.at + pause::until_retry(refresh, self.retries.max(1), self.draw))
            }
            _ => planned,
        }
    }

    /// Whether the last attempt is still to come: the clock went back. Readings of different VMs may differ a little.
    pub fn is_from_the_future(&self, now: UnixTime) -> bool {
        let last_error = self.last_error.as_ref().map(|error| error.at);
        [self.tried_at, last_error].into_iter().flatten().any(|at| at > now + CLOCK_TOLERANCE)
    }

    /// An attempt that was due has ended.
    pub(super) fn tried(&mut self, now: UnixTime, vm: VmId) {
        self.tried_at = Some(now);
        self.draw = vm.0.wrapping_add(self.attempts.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    }

    /// What others may find of it.
    pub(super) fn origin(&self) -> Self {
        Self { lease: None, unknown_kid_at: None, ..self.clone() }
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
            Some((issuer, stated, jwks_uri)) => {
                let jwks_uri = Url::parse(&jwks_uri).map_err(|_| RecordError)?;
                Some(ProviderMetadata { issuer, stated, jwks_uri })
            }
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
            retries: wire.retries,
            failing_since: wire.failing_since.map(UnixTime::from_microseconds),
            last_error: wire
                .last_error
                .map(|(at, text)| LastError::new(UnixTime::from_microseconds(at), &text)),
            tried_at: wire.tried_at.map(UnixTime::from_microseconds),
            draw: wire.draw,
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
            metadata: self
                .metadata
                .as_ref()
                .map(|known| (known.issuer.clone(), known.stated.clone(), known.jwks_uri.to_string())),
            keys: self.keys.iter().map(|key| (micros(key.seen), key.jwk.clone())).collect(),
            lease: self.lease.map(|lease| (lease.holder, micros(lease.until))),
            failures: self.failures,
            retries: self.retries,
            failing_since: self.failing_since.map(micros),
            last_error: self
                .last_error
                .as_ref()
                .map(|error| (micros(error.at), error.text.as_str().to_owned())),
            tried_at: self.tried_at.map(micros),
            draw: self.draw,
            unknown_kid_at: self.unknown_kid_at.map(micros),
        };
        // Strings, numbers and JSON values: serialising them cannot fail.
        serde_json::to_vec(&wire).unwrap_or_default()
    }
}

impl LastError {
    pub(super) fn new(at: UnixTime, text: &str) -> Self {
        Self { at, text: Excerpt::sentence(text, LONGEST_ERROR) }
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
    metadata: Option<(String, String, String)>,
    keys: Vec<(i64, Map<String, Value>)>,
    lease: Option<(VmId, i64)>,
    failures: u32,
    retries: u32,
    failing_since: Option<i64>,
    last_error: Option<(i64, String)>,
    tried_at: Option<i64>,
    draw: u64,
    unknown_kid_at: Option<i64>,
}

/// The longest account of an error, in bytes.
pub(super) const LONGEST_ERROR: usize = 1200;

/// Version of the form.
const SCHEMA: u32 = 2;

/// How much later another VM's reading of the clock may be.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(1);
