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

use super::event::{Command, Event, Report, Snapshot, Step, Version, Want};
use super::fetch::{Fetch, FetchError, FetchStep, Response};
use super::keyring::ProviderView;
use super::metadata::ProviderMetadata;
use super::outcome::{Outcome, Reason};
use super::owners::Objection;
use super::provider::ProviderSettings;
use super::record::{Lease, Record, VmId, same_keys};
use super::settings::{DocumentLimits, RefreshSettings};
use crate::excerpt::Excerpt;
use crate::time::UnixTime;
use crate::token::{IssuerPattern, Key, KeyDocument, KeySet};

/// The state machine.
#[derive(Debug)]
pub struct Lifecycle {
    settings: ProviderSettings,
    refresh: RefreshSettings,
    limits: DocumentLimits,
    vm: VmId,
    snapshot: Snapshot,
    keys: Option<Rc<KeySet>>,
    task: Task,
}

#[derive(Debug, Clone, PartialEq)]
enum Task {
    Idle,
    Claiming(Reason),
    Fetching(Box<Fetching>),
    Publishing(Rc<Outcome>),
}

#[derive(Debug, Clone, PartialEq)]
struct Fetching {
    reason: Reason,
    fetch: Fetch,
    metadata: Option<ProviderMetadata>,
    until: UnixTime,
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
        let stated = self.stated();
        let issuer = match self.settings.pinned() {
            Some(pinned) => Some(pinned),
            None => stated.filter(|_| self.objection().is_none()),
        };
        // Keys belong to the issuer that the record names; another configuration may have written it.
        let keys = self.keys.clone().filter(|_| issuer.is_some() && issuer == stated);
        ProviderView {
            issuer: issuer.map(IssuerPattern::parse),
            keys,
            serves_until: self.serves_until(),
            next_attempt: self.due_at(),
        }
    }

    /// The issuer that the record names.
    fn stated(&self) -> Option<&str> {
        self.snapshot.record.metadata.as_ref().map(|known| known.issuer.as_str())
    }

    /// Why what the record names is not believed here: another configuration, which believed it, may have written it.
    pub fn objection(&self) -> Option<Objection> {
        self.settings.objection(self.stated()?)
    }

    /// Whether requests find keys.
    fn serves(&self, now: UnixTime) -> bool {
        let ProviderView { keys, serves_until, .. } = self.view();
        keys.is_some() && now < serves_until
    }

    fn serves_until(&self) -> UnixTime {
        self.snapshot.record.fetched_at.map_or(UnixTime::EPOCH, |at| at + self.refresh.max_stale)
    }

    /// When the keys at hand were fetched.
    pub fn fetched_at(&self) -> Option<UnixTime> {
        self.snapshot.record.fetched_at
    }

    /// Whether a fetch is under way, here or in another VM: whoever waits may go on waiting.
    pub fn is_fetching(&self, now: UnixTime) -> bool {
        self.task != Task::Idle || self.leased_elsewhere(now)
    }

    /// When keys that a request wants may be there: now, while a fetch is under way; else when the next attempt is
    /// due. Nothing where no attempt is made for them.
    pub fn expected_at(&self, want: Want, now: UnixTime) -> Option<UnixTime> {
        if self.is_fetching(now) {
            return Some(now);
        }
        match want {
            Want::UnknownKey | Want::ReplacedKey if self.serves(now) => None,
            Want::UnknownKey | Want::ReplacedKey | Want::FirstKeys => {
                let due = self.due_at();
                Some(self.awaited_at().map_or(due, |at| at.min(due)))
            }
        }
    }

    /// When the next attempt is made while requests wait for keys, in the first `max_wait` of an outage: they do not
    /// wait for longer than `retry_initial` each time.
    fn awaited_at(&self) -> Option<UnixTime> {
        let record = &self.snapshot.record;
        let window_end = record.failing_since? + self.refresh.max_wait;
        let at = record.last_error.as_ref()?.at + self.refresh.retry_initial;
        (at < window_end).then_some(at)
    }

    /// When the machine wants its next [`Event::Tick`], at the latest.
    pub fn wake_at(&self, now: UnixTime) -> UnixTime {
        let record = &self.snapshot.record;
        match (&self.task, record.lease) {
            (Task::Fetching(fetching), _) => fetching.until,
            (_, Some(lease)) if self.leased_elsewhere(now) => lease.until.min(now + POLL),
            _ => self.due_at(),
        }
    }

    /// Takes an event in.
    pub(super) fn handle(&mut self, now: UnixTime, event: Event) -> Vec<Step> {
        let mut steps = Vec::new();
        match event {
            Event::Seen(snapshot) => self.see(snapshot, &mut steps),
            Event::Inherited(record) => self.inherit(now, &record, &mut steps),
            Event::Published(snapshot) => self.published(now, snapshot, &mut steps),
            Event::Refused(snapshot) => self.refused(now, snapshot, &mut steps),
            Event::Tick => self.tick(now, &mut steps),
            Event::Wanted(want) => self.wanted(now, want, &mut steps),
            Event::Fetched(fetch, response) => self.fetched(now, &fetch, &response, &mut steps),
        }
        steps
    }

    /// Adopts a record; requests see a new view where it differs.
    fn see(&mut self, snapshot: Snapshot, steps: &mut Vec<Step>) {
        if snapshot == self.snapshot {
            return;
        }
        let before = std::mem::replace(&mut self.snapshot, snapshot);
        let record = &self.snapshot.record;
        if !same_keys(&before.record.keys, &record.keys) {
            let usable = record.keys.iter().filter_map(|key| Key::from_jwk(&key.jwk).ok());
            let keys = KeySet::new(usable.take(self.limits.keys).collect());
            self.keys = (!keys.is_empty()).then(|| Rc::new(keys));
        }
        steps.push(Step::Command(Command::Install(self.view())));
        // Our own fetches are judged when they come: only what another configuration took can be like this.
        let stated_before = before.record.metadata.as_ref().map(|known| known.issuer.as_str());
        if let Some(objection) = self.objection().filter(|_| stated_before != self.stated()) {
            steps.push(Step::Command(Command::Report(Report::Unbelieved(objection))));
        }
    }

    /// Takes over what another configuration has fetched from the same place, where it is good for this one too.
    fn inherit(&mut self, now: UnixTime, record: &Record, steps: &mut Vec<Step>) {
        let Some(known) = record.metadata.as_ref() else { return };
        let judged = ProviderMetadata::judged(&known.stated, known.jwks_uri.clone(), &self.settings);
        if let Ok(metadata) = judged
            && self.next_fetch(now, &metadata).is_ok()
            && self.snapshot.version == Version::Missing
        {
            // It failed by other bounds, or in other hands.
            let fresh = Record { failures: 0, retries: 0, failing_since: None, ..record.origin() };
            let mut record = Record { metadata: Some(metadata), ..fresh };
            let fetched_at = record.fetched_at.unwrap_or(UnixTime::MAX);
            record.keys.retain(|key| key.seen + self.refresh.key_ttl > fetched_at);
            self.see(Snapshot { record, version: Version::Missing }, steps);
        }
    }

    fn tick(&mut self, now: UnixTime, steps: &mut Vec<Step>) {
        // The host owes an answer to every callout, and one at once to every change of the record: if it
        // forgot one, start over. An end in the far future means that the clock went back.
        match &self.task {
            Task::Fetching(fetching)
                if now < fetching.until && fetching.until <= now + self.lease_time().saturating_mul(2) => {}
            _ => self.task = Task::Idle,
        }
        if self.task == Task::Idle && self.is_due(now) {
            self.claim(now, Reason::Due, steps);
        }
    }

    fn wanted(&mut self, now: UnixTime, want: Want, steps: &mut Vec<Step>) {
        if self.is_fetching(now) {
            return;
        }
        let reason = match (want, self.serves(now)) {
            (Want::FirstKeys, true) => None,
            (Want::UnknownKey | Want::ReplacedKey, true) => {
                self.may_ask_for_unknown_key(now).then_some(Reason::UnknownKey)
            }
            (_, false) if self.is_due(now) => Some(Reason::Due),
            (_, false) => self.is_awaited(now).then_some(Reason::Awaited),
        };
        if let Some(reason) = reason {
            self.claim(now, reason, steps);
        }
    }

    fn due_at(&self) -> UnixTime {
        self.snapshot.record.due_at(&self.refresh)
    }

    /// Whether a refresh or a retry is due.
    fn is_due(&self, now: UnixTime) -> bool {
        let record = &self.snapshot.record;
        !self.leased_elsewhere(now) && (now >= self.due_at() || record.is_from_the_future(now))
    }

    /// Whether an attempt is due because requests wait.
    fn is_awaited(&self, now: UnixTime) -> bool {
        !self.leased_elsewhere(now) && self.awaited_at().is_some_and(|at| now >= at)
    }

    /// Whether an unknown `kid` may cause an attempt: one per interval for the whole proxy, counted per
    /// attempt, whatever came of it. This one time is all that is remembered of keys looked for in vain.
    fn may_ask_for_unknown_key(&self, now: UnixTime) -> bool {
        let last = self.snapshot.record.unknown_kid_at;
        last.is_none_or(|at| now >= at + self.refresh.unknown_kid_interval || at > now)
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
    fn claim(&mut self, now: UnixTime, reason: Reason, steps: &mut Vec<Step>) {
        let mut record = self.snapshot.record.clone();
        record.lease = Some(Lease { holder: self.vm, until: now + self.lease_time() });
        if reason == Reason::UnknownKey {
            record.unknown_kid_at = Some(now);
        }
        self.task = Task::Claiming(reason);
        steps.push(Step::Publish { record, expected: self.snapshot.version });
    }

    fn published(&mut self, now: UnixTime, snapshot: Snapshot, steps: &mut Vec<Step>) {
        self.see(snapshot, steps);
        let ours = self.snapshot.record.lease.is_some_and(|lease| lease.holder == self.vm);
        match std::mem::replace(&mut self.task, Task::Idle) {
            Task::Claiming(reason) if ours => self.start(now, reason, steps),
            Task::Publishing(outcome) if matches!(*outcome, Outcome::Good { .. }) => {
                steps.push(Step::Command(Command::Remember(self.snapshot.record.origin())));
            }
            fetching @ Task::Fetching(_) => self.task = fetching,
            _ => {}
        }
    }

    fn refused(&mut self, now: UnixTime, snapshot: Snapshot, steps: &mut Vec<Step>) {
        self.see(snapshot, steps);
        match std::mem::replace(&mut self.task, Task::Idle) {
            Task::Claiming(Reason::Due) if self.is_due(now) => self.claim(now, Reason::Due, steps),
            Task::Claiming(Reason::Awaited) if !self.serves(now) && self.is_awaited(now) => {
                self.claim(now, Reason::Awaited, steps);
            }
            Task::Claiming(Reason::UnknownKey)
                if !self.leased_elsewhere(now) && self.may_ask_for_unknown_key(now) =>
            {
                self.claim(now, Reason::UnknownKey, steps);
            }
            Task::Publishing(outcome) => {
                let record = self.after(&outcome, now);
                self.publish(outcome, record, steps);
            }
            Task::Idle | Task::Claiming(_) => {}
            fetching @ Task::Fetching(_) => self.task = fetching,
        }
    }

    /// Sends the first callout. An unknown key is looked for in the JWKS alone, where its place is known.
    fn start(&mut self, now: UnixTime, reason: Reason, steps: &mut Vec<Step>) {
        let known = match (&self.snapshot.record.metadata, reason) {
            (Some(known), Reason::UnknownKey) => Some(known.clone()),
            _ => ProviderMetadata::configured(&self.settings),
        };
        let until = now + self.lease_time();
        match (known, Fetch::metadata(&self.settings)) {
            (None, Some(fetch)) => self.send(Fetching { reason, fetch, metadata: None, until }, steps),
            (Some(metadata), document) => match (Fetch::keys(&self.settings, &metadata.jwks_uri), document) {
                (Ok(fetch), _) => {
                    self.send(Fetching { reason, fetch, metadata: Some(metadata), until }, steps);
                }
                // What another configuration took is not good here: the document is asked again.
                (Err(_), Some(fetch)) => {
                    self.send(Fetching { reason, fetch, metadata: None, until }, steps);
                }
                (Err(_), None) => {}
            },
            (None, None) => {}
        }
    }

    fn send(&mut self, fetching: Fetching, steps: &mut Vec<Step>) {
        steps.push(Step::Command(Command::Fetch(fetching.fetch.clone())));
        self.task = Task::Fetching(Box::new(fetching));
    }

    fn fetched(&mut self, now: UnixTime, asked: &Fetch, response: &Response, steps: &mut Vec<Step>) {
        let Fetching { reason, fetch, metadata, until } = match std::mem::replace(&mut self.task, Task::Idle)
        {
            Task::Fetching(fetching) if fetching.fetch == *asked => *fetching,
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
                        let first = jwks.iter().find_map(|jwk| own_issuer(jwk)).map(Excerpt::name);
                        jwks.retain(|jwk| belongs(jwk, &metadata.issuer));
                        match first {
                            Some(stated) if jwks.is_empty() => {
                                let expected = Excerpt::name(&metadata.issuer);
                                let error = FetchError::ForeignKeys { stated, expected };
                                Outcome::Bad { reason, fetch, error }
                            }
                            _ => Outcome::Good { reason, metadata, document: jwks, skipped },
                        }
                    }
                    Err(error) => Outcome::Bad { reason, fetch, error: FetchError::Keys(error) },
                }
            }
            (Ok(document), _, _) => match ProviderMetadata::parse(document, &self.settings) {
                Ok(metadata) => match self.next_fetch(now, &metadata) {
                    Ok(fetch) => {
                        let metadata = Some(metadata);
                        return self.send(Fetching { reason, fetch, metadata, until }, steps);
                    }
                    Err(error) => Outcome::Bad { reason, fetch, error },
                },
                Err(error) => Outcome::Bad { reason, fetch, error: FetchError::Metadata(error) },
            },
            (Err(error), _, _) => Outcome::Bad { reason, fetch, error },
        };
        let outcome = Rc::new(outcome);
        let record = self.after(&outcome, now);
        steps.push(Step::Command(Command::Report(outcome.report(
            &self.snapshot.record,
            &record,
            &self.refresh,
        ))));
        self.publish(outcome, record, steps);
    }

    /// The callout for the keys of a document that is good here.
    fn next_fetch(&self, now: UnixTime, metadata: &ProviderMetadata) -> Result<Fetch, FetchError> {
        if let Some(serving) = self.other_issuer_serving(now, metadata) {
            let stated = Excerpt::name(&metadata.issuer);
            return Err(FetchError::IssuerChanged { stated, serving: Excerpt::name(serving) });
        }
        match self.settings.objection(&metadata.issuer) {
            Some(objection) => Err(FetchError::Claimed(Box::new(objection))),
            None => Fetch::keys(&self.settings, &metadata.jwks_uri),
        }
    }

    /// The issuer whose keys serve, if a new document names another: a document of somebody else does not take good keys
    /// away.
    fn other_issuer_serving(&self, now: UnixTime, metadata: &ProviderMetadata) -> Option<&str> {
        self.stated().filter(|known| self.serves(now) && *known != metadata.issuer)
    }

    fn publish(&mut self, outcome: Rc<Outcome>, record: Record, steps: &mut Vec<Step>) {
        self.task = Task::Publishing(outcome);
        steps.push(Step::Publish { record, expected: self.snapshot.version });
    }

    /// The record as an outcome leaves it.
    fn after(&self, outcome: &Outcome, now: UnixTime) -> Record {
        outcome.applied_to(&self.snapshot.record, self.vm, now, &self.refresh, self.limits.keys)
    }
}

/// Whether a fetched key may sign for the provider's issuer: Entra's keys name issuers of their own.
fn belongs(jwk: &serde_json::Map<String, serde_json::Value>, issuer: &str) -> bool {
    own_issuer(jwk).is_none_or(|own| IssuerPattern::parse(own).overlaps(&IssuerPattern::parse(issuer)))
}

fn own_issuer(jwk: &serde_json::Map<String, serde_json::Value>) -> Option<&str> {
    jwk.get("issuer").and_then(serde_json::Value::as_str)
}

/// How often a VM looks for what another one fetches.
const POLL: Duration = Duration::from_millis(20);

/// What a lease lasts beyond the callouts' own timeouts.
const LEASE_SLACK: Duration = Duration::from_secs(1);
