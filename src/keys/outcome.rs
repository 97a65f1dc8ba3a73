//! The outcome of a fetch attempt, and how it changes the record.

use super::event::{KeyChanges, Recovery, Report};
use super::fetch::{Fetch, FetchError};
use super::merge::merge;
use super::metadata::ProviderMetadata;
use super::record::{LastError, Record, VmId};
use super::seen_key::SeenKey;
use super::settings::RefreshSettings;
use crate::time::UnixTime;
use crate::token::SkippedKeys;

/// Why an attempt is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// A refresh or a retry is due.
    Due,
    /// Requests wait for keys, between two retries.
    Awaited,
    /// A request brought a `kid` that is not known.
    UnknownKey,
}

/// What it came to.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    /// Usable keys.
    Good {
        reason: Reason,
        metadata: ProviderMetadata,
        /// The keys of the document.
        keys: Vec<SeenKey>,
        skipped: SkippedKeys,
    },
    /// Nothing.
    Bad { reason: Reason, fetch: Fetch, error: FetchError },
}

impl Outcome {
    /// The record after the attempt: a failure changes nothing but the times.
    pub(super) fn applied_to(
        &self,
        before: &Record,
        vm: VmId,
        now: UnixTime,
        refresh: &RefreshSettings,
        most_keys: usize,
    ) -> Record {
        let mut record = before.clone();
        record.attempts = record.attempts.wrapping_add(1);
        record.lease = record.lease.filter(|lease| lease.holder != vm);
        match self {
            Self::Good { reason, metadata, keys, .. } => {
                // Keys belong to their issuer: those of one before do not join.
                let same = before.metadata.as_ref().is_some_and(|known| known.issuer == metadata.issuer);
                let known = if same { before.keys.as_slice() } else { &[] };
                record.keys = merge(known, keys, now, refresh.key_ttl, most_keys);
                record.metadata = Some(metadata.clone());
                record.failures = 0;
                record.failing_since = None;
                record.fetched_at = Some(now);
                // One for an unknown key has not read the discovery document: a flood of them would put that off for
                // ever.
                if *reason != Reason::UnknownKey {
                    record.retries = 0;
                    record.tried(now, vm);
                }
            }
            Self::Bad { reason, error, .. } => {
                record.failures = record.failures.saturating_add(1);
                record.failing_since = record.failing_since.or(Some(now));
                record.last_error = Some(LastError::new(now, &error.to_string()));
                if *reason == Reason::Due {
                    record.retries = record.retries.saturating_add(1);
                    record.tried(now, vm);
                }
            }
        }
        record
    }

    /// What the operator reads of it, with the record before and after it.
    pub(super) fn report(&self, before: &Record, after: &Record, refresh: &RefreshSettings) -> Report {
        match self {
            Self::Good { skipped, .. } => Report::Fetched {
                usable: after.keys.len(),
                skipped: skipped.clone(),
                changes: KeyChanges::between(&before.keys, &after.keys),
                recovery: before.failing_since.map(|since| Recovery {
                    failures: before.failures,
                    since,
                    last: before.last_error.as_ref().map(|error| error.text.clone()),
                }),
                next_attempt: after.due_at(refresh),
            },
            Self::Bad { fetch, error, .. } => Report::Failed {
                fetch: fetch.clone(),
                error: error.clone(),
                failures: after.failures,
                since: after.failing_since,
                serves_until: after.fetched_at.map(|at| at + refresh.max_stale),
                next_attempt: after.due_at(refresh),
            },
        }
    }
}
