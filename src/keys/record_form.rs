//! The JSON form of a [`Record`], and how it is read back.
//!
//! It is read as hostile input: anyone else who can write to the same shared data must not be able to do
//! more than take the keys away. The form is this file's own; nothing else derives `Serialize`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::metadata::ProviderMetadata;
use super::record::{LastError, Lease, Record, SCHEMA, VmId};
use super::seen_key::SeenKey;
use super::url::Url;
use crate::time::UnixTime;

/// The bytes are not a record of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordError;

impl Record {
    /// Reads a record.
    ///
    /// # Errors
    ///
    /// [`RecordError`] for anything but a record that this version wrote.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        let wire: Wire<'_> = serde_json::from_slice(bytes).map_err(|_| RecordError)?;
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
            keys: keys
                .map(|(seen, jwk)| SeenKey::new(UnixTime::from_microseconds(seen), jwk.into_owned()))
                .collect(),
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
            keys: self.keys.iter().map(|key| (micros(key.seen), Cow::Borrowed(key.jwk()))).collect(),
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

/// The record's JSON form. Times are microseconds since the epoch.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    schema: u32,
    attempts: u64,
    fetched_at: Option<i64>,
    metadata: Option<(String, String, String)>,
    keys: Vec<(i64, Cow<'a, Map<String, Value>>)>,
    lease: Option<(VmId, i64)>,
    failures: u32,
    retries: u32,
    failing_since: Option<i64>,
    last_error: Option<(i64, String)>,
    tried_at: Option<i64>,
    draw: u64,
    unknown_kid_at: Option<i64>,
}
