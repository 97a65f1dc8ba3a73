//! The life of one provider's keys in one VM.
//!
//! ```text
//! Idle ──due or wanted──► Claiming ──lease is ours──► Fetching(metadata) ──► Fetching(keys)
//!   ▲                        │ lease is another's                                   │
//!   └────────────────────────┴───────────── published ◄── Publishing(outcome) ◄─────┘
//! ```
//!
//! Every change of the shared record is a compare-and-swap: a refused one is tried again on what is
//! there now. Fresh, stale and expired are not states of their own but follow from the record's times.

use std::rc::Rc;
use std::time::Duration;

use super::event::{Command, Event, Report, Snapshot, Version, Want};
use super::fetch::{Fetch, FetchError, FetchStep, Response};
use super::keyring::ProviderView;
use super::merge::merge;
use super::metadata::ProviderMetadata;
use super::provider::ProviderSettings;
use super::record::{Lease, Record, VmId};
use super::settings::{DocumentLimits, RefreshSettings};
use crate::time::UnixTime;
use crate::token::{IssuerPattern, Key, KeyDocument, KeySet, SkippedKeys};

/// The state machine.
#[derive(Debug)]
pub struct Lifecycle {
    settings: ProviderSettings,
    refresh: RefreshSettings,
    limits: DocumentLimits,
    vm: VmId,
    snapshot: Snapshot,
    keys: Option<(u64, Rc<KeySet>)>,
    task: Task,
}

#[derive(Debug, Clone, PartialEq)]
enum Task {
    Idle,
    Claiming(Reason),
    Fetching { fetch: Fetch, metadata: Option<ProviderMetadata>, until: UnixTime },
    Publishing(Rc<Outcome>),
}

/// Why a fetch is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Due,
    UnknownKey,
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Good {
        metadata: ProviderMetadata,
        document: Vec<serde_json::Map<String, serde_json::Value>>,
        skipped: SkippedKeys,
    },
    Bad {
        fetch: Fetch,
        error: FetchError,
    },
}

impl Lifecycle {
    /// The machine of one provider in one VM.
    pub fn new(
        settings: ProviderSettings,
        refresh: RefreshSettings,
        limits: DocumentLimits,
        vm: VmId,
    ) -> Self {
        let snapshot = Snapshot { record: Record::empty(), version: Version::Missing };
        Self { settings, refresh, limits, vm, snapshot, keys: None, task: Task::Idle }
    }

    /// The provider.
    pub fn settings(&self) -> &ProviderSettings {
        &self.settings
    }

    /// The version of the record that this machine knows.
    pub fn version(&self) -> Version {
        self.snapshot.version
    }

    /// The view that requests should see.
    pub fn view(&self) -> ProviderView {
        let record = &self.snapshot.record;
        let configured = ProviderMetadata::configured(&self.settings).map(|metadata| metadata.issuer);
        let issuer = configured.or_else(|| record.metadata.as_ref().map(|(issuer, _)| issuer.clone()));
        ProviderView {
            issuer: issuer.as_deref().map(IssuerPattern::parse),
            keys: self.keys.as_ref().map(|(_, keys)| keys.clone()),
            serves_until: record.fetched_at.map_or(UnixTime::EPOCH, |at| at + self.refresh.max_stale),
            next_attempt: record.next_attempt,
        }
    }

    /// When the keys at hand were fetched.
    pub fn fetched_at(&self) -> Option<UnixTime> {
        self.snapshot.record.fetched_at
    }

    /// Whether a fetch is under way, here or in another VM: whoever waits may go on waiting.
    pub fn is_fetching(&self, now: UnixTime) -> bool {
        self.task != Task::Idle || self.leased_elsewhere(now)
    }

    /// When the machine wants its next [`Event::Tick`], at the latest.
    pub fn wake_at(&self, now: UnixTime) -> UnixTime {
        let record = &self.snapshot.record;
        match (&self.task, record.lease) {
            (Task::Fetching { until, .. }, _) => *until,
            (_, Some(lease)) if self.leased_elsewhere(now) => lease.until.min(now + POLL),
            _ => record.next_attempt,
        }
    }

    /// Takes an event in.
    pub fn handle(&mut self, now: UnixTime, event: Event) -> Vec<Command> {
        let mut commands = Vec::new();
        match event {
            Event::Seen(snapshot) => self.see(snapshot, &mut commands),
            Event::Published(snapshot) => self.published(now, snapshot, &mut commands),
            Event::Refused(snapshot) => self.refused(now, snapshot, &mut commands),
            Event::Tick => self.tick(now, &mut commands),
            Event::Wanted(want) => self.wanted(now, want, &mut commands),
            Event::Fetched(fetch, response) => self.fetched(now, &fetch, &response, &mut commands),
        }
        commands
    }

    /// Adopts a record; requests see a new view where it differs.
    fn see(&mut self, snapshot: Snapshot, commands: &mut Vec<Command>) {
        if snapshot == self.snapshot {
            return;
        }
        self.snapshot = snapshot;
        let record = &self.snapshot.record;
        if self.keys.as_ref().map(|(generation, _)| *generation) != Some(record.generation) {
            let usable = record.keys.iter().filter_map(|key| Key::from_jwk(&key.jwk).ok());
            let keys = KeySet::new(usable.take(self.limits.keys).collect());
            self.keys = (!keys.is_empty()).then(|| (record.generation, Rc::new(keys)));
        }
        commands.push(Command::Install(self.view()));
    }

    fn tick(&mut self, now: UnixTime, commands: &mut Vec<Command>) {
        // The host owes an answer to every callout, and one at once to every change of the record: if it
        // forgot one, start over.
        match &self.task {
            Task::Fetching { until, .. } if now < *until => {}
            _ => self.task = Task::Idle,
        }
        if self.task == Task::Idle && self.is_due(now) {
            self.claim(now, Reason::Due, commands);
        }
    }

    fn wanted(&mut self, now: UnixTime, want: Want, commands: &mut Vec<Command>) {
        if self.is_fetching(now) {
            return;
        }
        let served = self.keys.is_some() && now < self.view().serves_until;
        if want == Want::UnknownKey && served {
            if self.may_ask_for_unknown_key(now) {
                self.claim(now, Reason::UnknownKey, commands);
            }
        } else if !served && self.is_due(now) {
            self.claim(now, Reason::Due, commands);
        }
    }

    /// Whether a refresh or a retry is due. A time far in the future means that the clock went back.
    fn is_due(&self, now: UnixTime) -> bool {
        let next = self.snapshot.record.next_attempt;
        let horizon = self.refresh.interval.max(self.refresh.retry_max).saturating_mul(2);
        !self.leased_elsewhere(now) && (now >= next || next > now + horizon)
    }

    /// Whether an unknown `kid` may cause an attempt: one per interval for the whole proxy, counted per
    /// attempt, and none while a failing provider is left in peace.
    fn may_ask_for_unknown_key(&self, now: UnixTime) -> bool {
        let record = &self.snapshot.record;
        let rested =
            record.unknown_kid_at.is_none_or(|at| now >= at + self.refresh.unknown_kid_interval || at > now);
        rested && (record.failures == 0 || now >= record.next_attempt)
    }

    fn leased_elsewhere(&self, now: UnixTime) -> bool {
        let longest = self.lease_time();
        self.snapshot.record.lease.is_some_and(|lease| {
            lease.holder != self.vm && now < lease.until && lease.until <= now + longest + longest
        })
    }

    /// Long enough for both callouts.
    fn lease_time(&self) -> Duration {
        self.settings.timeout.saturating_mul(2).saturating_add(LEASE_SLACK)
    }

    /// Asks for the lease.
    fn claim(&mut self, now: UnixTime, reason: Reason, commands: &mut Vec<Command>) {
        let mut record = self.snapshot.record.clone();
        record.lease = Some(Lease { holder: self.vm, until: now + self.lease_time() });
        if reason == Reason::UnknownKey {
            record.unknown_kid_at = Some(now);
        }
        self.task = Task::Claiming(reason);
        commands.push(Command::Publish { record, expected: self.snapshot.version });
    }

    fn published(&mut self, now: UnixTime, snapshot: Snapshot, commands: &mut Vec<Command>) {
        self.see(snapshot, commands);
        let ours = self.snapshot.record.lease.is_some_and(|lease| lease.holder == self.vm);
        match std::mem::replace(&mut self.task, Task::Idle) {
            Task::Claiming(reason) if ours => self.start(now, reason, commands),
            Task::Fetching { fetch, metadata, until } => {
                self.task = Task::Fetching { fetch, metadata, until }
            }
            _ => {}
        }
    }

    fn refused(&mut self, now: UnixTime, snapshot: Snapshot, commands: &mut Vec<Command>) {
        self.see(snapshot, commands);
        match std::mem::replace(&mut self.task, Task::Idle) {
            Task::Claiming(Reason::Due) if self.is_due(now) => self.claim(now, Reason::Due, commands),
            Task::Claiming(Reason::UnknownKey)
                if !self.leased_elsewhere(now) && self.may_ask_for_unknown_key(now) =>
            {
                self.claim(now, Reason::UnknownKey, commands);
            }
            Task::Publishing(outcome) => {
                let record = self.with_outcome(now, &outcome);
                self.publish(outcome, record, commands);
            }
            Task::Idle | Task::Claiming(_) => {}
            fetching @ Task::Fetching { .. } => self.task = fetching,
        }
    }

    /// Sends the first callout. An unknown key is looked for in the JWKS alone, where its place is known.
    fn start(&mut self, now: UnixTime, reason: Reason, commands: &mut Vec<Command>) {
        let known = match (&self.snapshot.record.metadata, reason) {
            (Some((issuer, uri)), Reason::UnknownKey) => {
                Some(ProviderMetadata { issuer: issuer.clone(), jwks_uri: uri.clone() })
            }
            _ => ProviderMetadata::configured(&self.settings),
        };
        let until = now + self.lease_time();
        match (known, Fetch::metadata(&self.settings)) {
            (None, Some(fetch)) => self.send(fetch, None, until, commands),
            (Some(metadata), _) => {
                let fetch = Fetch::keys(&self.settings, &metadata.jwks_uri);
                self.send(fetch, Some(metadata), until, commands);
            }
            (None, None) => {}
        }
    }

    fn send(
        &mut self,
        fetch: Fetch,
        metadata: Option<ProviderMetadata>,
        until: UnixTime,
        commands: &mut Vec<Command>,
    ) {
        commands.push(Command::Fetch(fetch.clone()));
        self.task = Task::Fetching { fetch, metadata, until };
    }

    fn fetched(&mut self, now: UnixTime, asked: &Fetch, response: &Response, commands: &mut Vec<Command>) {
        let (fetch, metadata, until) = match std::mem::replace(&mut self.task, Task::Idle) {
            Task::Fetching { fetch, metadata, until } if fetch == *asked => (fetch, metadata, until),
            // An answer that nobody waits for any more.
            other => {
                self.task = other;
                return;
            }
        };
        let outcome = match (response.document(), fetch.step, metadata) {
            (Ok(document), FetchStep::Keys, Some(metadata)) => {
                match KeySet::from_jwks_document(document, self.limits.keys) {
                    Ok(KeyDocument { mut jwks, skipped, .. }) => {
                        jwks.retain(|jwk| belongs(jwk, &metadata.issuer));
                        if jwks.is_empty() {
                            Outcome::Bad { fetch, error: FetchError::ForeignKeys }
                        } else {
                            Outcome::Good { metadata, document: jwks, skipped }
                        }
                    }
                    Err(error) => Outcome::Bad { fetch, error: FetchError::Keys(error) },
                }
            }
            (Ok(document), _, _) => match ProviderMetadata::parse(document, &self.settings) {
                Ok(metadata) if self.serves_another_issuer(now, &metadata) => {
                    Outcome::Bad { fetch, error: FetchError::IssuerChanged }
                }
                Ok(metadata) => {
                    let fetch = Fetch::keys(&self.settings, &metadata.jwks_uri);
                    return self.send(fetch, Some(metadata), until, commands);
                }
                Err(error) => Outcome::Bad { fetch, error: FetchError::Metadata(error) },
            },
            (Err(error), _, _) => Outcome::Bad { fetch, error },
        };
        let outcome = Rc::new(outcome);
        let record = self.with_outcome(now, &outcome);
        commands.push(Command::Report(self.report(&outcome, &record)));
        self.publish(outcome, record, commands);
    }

    /// Whether the keys at hand serve, and belong to another issuer than a new document names: a document
    /// of somebody else does not take good keys away.
    fn serves_another_issuer(&self, now: UnixTime, metadata: &ProviderMetadata) -> bool {
        let known = self.snapshot.record.metadata.as_ref();
        now < self.view().serves_until && known.is_some_and(|(issuer, _)| *issuer != metadata.issuer)
    }

    fn publish(&mut self, outcome: Rc<Outcome>, record: Record, commands: &mut Vec<Command>) {
        self.task = Task::Publishing(outcome);
        commands.push(Command::Publish { record, expected: self.snapshot.version });
    }

    /// The record after an attempt: a failure changes nothing but the times.
    fn with_outcome(&self, now: UnixTime, outcome: &Outcome) -> Record {
        let mut record = self.snapshot.record.clone();
        record.attempts = record.attempts.wrapping_add(1);
        record.lease = record.lease.filter(|lease| lease.holder != self.vm);
        match outcome {
            Outcome::Good { metadata, document, .. } => {
                let metadata = Some((metadata.issuer.clone(), metadata.jwks_uri.clone()));
                let keys = merge(&record.keys, document.clone(), now, self.refresh.key_ttl, self.limits.keys);
                let same_keys = keys.len() == record.keys.len()
                    && keys.iter().zip(&record.keys).all(|(new, old)| new.jwk == old.jwk);
                if !same_keys || metadata != record.metadata {
                    record.generation = record.generation.wrapping_add(1);
                }
                record.metadata = metadata;
                record.keys = keys;
                record.failures = 0;
                record.fetched_at = Some(now);
                // With its jitter a refresh still comes before the keys end.
                let interval = self.refresh.interval.min(self.refresh.max_stale / 5 * 4);
                record.next_attempt = now + self.jittered(interval, record.attempts);
            }
            Outcome::Bad { .. } => {
                record.failures = record.failures.saturating_add(1);
                let doublings = record.failures.saturating_sub(1).min(20);
                let pause = self.refresh.retry_initial.saturating_mul(1 << doublings);
                let pause = self.jittered(pause.min(self.refresh.retry_max), record.attempts);
                record.next_attempt = now + pause;
            }
        }
        record
    }

    /// What the operator reads of an outcome and of the record after it.
    fn report(&self, outcome: &Outcome, after: &Record) -> Report {
        match outcome {
            Outcome::Good { skipped, .. } => {
                Report::Fetched { usable: after.keys.len(), skipped: skipped.clone() }
            }
            Outcome::Bad { fetch, error } => Report::Failed {
                fetch: fetch.clone(),
                error: *error,
                failures: after.failures,
                serves_until: after.fetched_at.map(|at| at + self.refresh.max_stale),
                next_attempt: after.next_attempt,
            },
        }
    }

    /// A time ±10 %, so that many proxies do not ask at once.
    fn jittered(&self, time: Duration, attempt: u64) -> Duration {
        // SplitMix64, one step: spreads well, and no secret depends on it.
        let mut mixed = self.vm.0.wrapping_add(attempt.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let thousandths = u32::try_from((mixed >> 33) % 201).unwrap_or(100);
        (time / 1000).saturating_mul(900 + thousandths)
    }
}

/// Whether a fetched key may sign for the provider's issuer: Entra's keys name issuers of their own.
fn belongs(jwk: &serde_json::Map<String, serde_json::Value>, issuer: &str) -> bool {
    let own = jwk.get("issuer").and_then(serde_json::Value::as_str);
    own.is_none_or(|own| IssuerPattern::parse(own).overlaps(&IssuerPattern::parse(issuer)))
}

/// How often a VM looks for what another one fetches.
const POLL: Duration = Duration::from_millis(20);

/// What a lease lasts beyond the callouts' own timeouts.
const LEASE_SLACK: Duration = Duration::from_secs(1);
