//! The record of a provider that all VMs of a proxy share.
//!
//! It is read as hostile input: whoever else writes into the same shared data must not be able to do
//! more than take the keys away. Its JSON form is this module's own; nothing else derives `Serialize`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::provider::{PlainHttp, ProviderDocument, ProviderSettings};
use super::settings::RefreshSettings;
use super::url::Url;
use crate::time::UnixTime;

/// One VM of a proxy, told apart by a random number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VmId(pub u64);

/// What the VMs of a proxy know together of one provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Counts changes of issuer or keys: a VM parses keys anew only when it moves.
    pub generation: u64,
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
            generation: 0,
            attempts: 0,
            fetched_at: None,
            metadata: None,
            keys: Vec::new(),
            lease: None,
            failures: 0,
            next_attempt: UnixTime::EPOCH,
            unknown_kid_at: None,
        }
    }

    /// The key of this provider's record in shared data. A fingerprint of everything that decides what
    /// is fetched keeps old and new configurations apart while both are alive.
    pub fn shared_key(settings: &ProviderSettings, refresh: &RefreshSettings) -> String {
        let (url, issuer) = match &settings.document {
            ProviderDocument::Discovery { url, issuer } => (url, issuer.as_deref().unwrap_or_default()),
            ProviderDocument::Jwks { url, issuer } => (url, issuer.as_str()),
        };
        let kind = match &settings.document {
            ProviderDocument::Discovery { .. } => "discovery",
            ProviderDocument::Jwks { .. } => "jwks",
        };
        let http = match settings.plain_http {
            PlainHttp::Allowed => "http",
            PlainHttp::Refused => "https",
        };
        let jwks_cluster = settings.jwks_cluster.as_deref().unwrap_or_default();
        let times =
            [refresh.interval, refresh.key_ttl, refresh.unknown_kid_interval].map(|time| time.as_micros());
        let [interval, key_ttl, unknown_kid] = times;
        format!(
            "validate-jwt/{SCHEMA}/{kind}/{http}/{interval}-{key_ttl}-{unknown_kid}/{}/{jwks_cluster}/{issuer}/{url}",
            settings.cluster
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
            generation: wire.generation,
            attempts: wire.attempts,
            fetched_at: wire.fetched_at.map(UnixTime::from_microseconds),
            metadata,
            keys: keys.map(|(seen, jwk)| SeenKey { seen: UnixTime::from_microseconds(seen), jwk }).collect(),
            lease: wire
                .lease
                .map(|(holder, until)| Lease { holder, until: UnixTime::from_microseconds(until) }),
            failures: wire.failures,
            next_attempt: UnixTime::from_microseconds(wire.next_attempt),
            unknown_kid_at: wire.unknown_kid_at.map(UnixTime::from_microseconds),
        })
    }

    /// Writes the record.
    pub fn to_bytes(&self) -> Vec<u8> {
        let micros = UnixTime::as_microseconds;
        let wire = Wire {
            schema: SCHEMA,
            generation: self.generation,
            attempts: self.attempts,
            fetched_at: self.fetched_at.map(micros),
            metadata: self.metadata.as_ref().map(|(issuer, url)| (issuer.clone(), url.to_string())),
            keys: self.keys.iter().map(|key| (micros(key.seen), key.jwk.clone())).collect(),
            lease: self.lease.map(|lease| (lease.holder, micros(lease.until))),
            failures: self.failures,
            next_attempt: micros(self.next_attempt),
            unknown_kid_at: self.unknown_kid_at.map(micros),
        };
        // Strings, numbers and JSON values: serialising them cannot fail.
        serde_json::to_vec(&wire).unwrap_or_default()
    }
}

/// The record's JSON form. Times are microseconds since the epoch.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    schema: u32,
    generation: u64,
    attempts: u64,
    fetched_at: Option<i64>,
    metadata: Option<(String, String)>,
    keys: Vec<(i64, Map<String, Value>)>,
    lease: Option<(VmId, i64)>,
    failures: u32,
    next_attempt: i64,
    unknown_kid_at: Option<i64>,
}

/// Version of the form.
const SCHEMA: u32 = 1;
