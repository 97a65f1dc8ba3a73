//! The record of one provider that all VMs of a proxy share: its contents, and the keys it is stored under.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::metadata::ProviderMetadata;
use super::pause;
use super::provider::ProviderSettings;
use super::seen_key::SeenKey;
use super::settings::{DocumentLimits, RefreshSettings};
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
    /// configuration's own times: `Record::due_at`.
    pub tried_at: Option<UnixTime>,
    /// What the jitter of the next attempt is drawn from: differs between proxies, and from attempt to attempt.
    pub draw: u64,
    /// When an unknown `kid` last caused an attempt.
    pub unknown_kid_at: Option<UnixTime>,
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
    pub(crate) holder: VmId,
    /// When it ends by itself: a holder may die.
    pub until: UnixTime,
}

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
    pub(crate) fn origin_key(settings: &ProviderSettings, refresh: &RefreshSettings) -> String {
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
    pub(crate) fn due_at(&self, refresh: &RefreshSettings) -> UnixTime {
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
    pub(crate) fn is_from_the_future(&self, now: UnixTime) -> bool {
        let last_error = self.last_error.as_ref().map(|error| error.at);
        [self.tried_at, last_error].into_iter().flatten().any(|at| at > now + CLOCK_TOLERANCE)
    }

    /// The record for an attempt that begins now: where the clock has gone back, nothing in it that decides when to try is
    /// still to come. A question for an unknown key is forgotten: by the time the clock gets there again, its interval is
    /// long over.
    pub(super) fn as_of(&self, now: UnixTime) -> Self {
        let past = |at: UnixTime| at.min(now);
        Self {
            tried_at: self.tried_at.map(past),
            failing_since: self.failing_since.map(past),
            last_error: self.last_error.clone().map(|error| LastError { at: past(error.at), ..error }),
            unknown_kid_at: self.unknown_kid_at.filter(|at| *at <= now),
            ..self.clone()
        }
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
}

impl LastError {
    pub(super) fn new(at: UnixTime, text: &str) -> Self {
        Self { at, text: Excerpt::sentence(text, LONGEST_ERROR) }
    }
}

/// Version of the record's form, and of its keys in shared data.
pub(super) const SCHEMA: u32 = 2;

/// The longest account of an error, in bytes.
pub(super) const LONGEST_ERROR: usize = 1200;

/// How much later another VM's reading of the clock may be.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(1);
