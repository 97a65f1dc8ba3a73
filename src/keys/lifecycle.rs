//! The life of one provider's keys in one VM.
//!
//! ```text
//! Idle ──due or wanted──► Claiming ──lease is ours──► Fetching(metadata) ──► Fetching(keys)
//!   ▲                        │ lease is another's                                   │
//!   └────────────────────────┴───────────── published ◄── Publishing(outcome) ◄─────┘
//! ```
//!
//! Every change to the shared record is a compare-and-swap; one that loses the race is retried on the new
//! record. Fresh, stale and expired are not states of their own but follow from the record's times.

mod attempt;
mod times;

use std::rc::Rc;

use super::event::{Command, Event, Report, Snapshot, Step, Version, Want};
use super::fetch::Fetch;
use super::keyring::ProviderView;
use super::metadata::ProviderMetadata;
use super::outcome::{Outcome, Reason};
use super::owners::Objection;
use super::provider::ProviderSettings;
use super::record::{Lease, Record, VmId};
use super::seen_key::{SeenKey, same_keys, share};
use super::settings::{DocumentLimits, RefreshSettings};
use crate::excerpt::Excerpt;
use crate::time::UnixTime;
use crate::token::{IssuerPattern, KeySet};

/// The state machine.
#[derive(Debug)]
pub struct Lifecycle {
    settings: ProviderSettings,
    refresh: RefreshSettings,
    limits: DocumentLimits,
    vm: VmId,
    snapshot: Snapshot,
    keys: Option<Rc<KeySet>>,
    /// What requests should see of snapshot and keys.
    view: ProviderView,
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
        let view = ProviderView::default();
        let mut machine =
            Self { settings, refresh, limits, vm, snapshot, keys: None, view, task: Task::Idle };
        machine.view = machine.look();
        machine
    }

    /// The provider.
    pub fn settings(&self) -> &ProviderSettings {
        &self.settings
    }

    /// The version of the record that this machine knows.
    pub fn version(&self) -> Version {
        self.snapshot.version
    }

    /// Why an attempt failed, the last one that did.
    pub fn last_error(&self) -> Option<&Excerpt> {
        self.snapshot.record.last_error.as_ref().map(|error| &error.text)
    }

    /// The view that requests should see.
    pub fn view(&self) -> &ProviderView {
        &self.view
    }

    /// Makes the view, which holds as long as the snapshot does: every request with an unknown key asks for it.
    fn look(&self) -> ProviderView {
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
        let record = &mut self.snapshot.record;
        share(&mut record.keys, &before.record.keys);
        if !same_keys(&before.record.keys, &record.keys) {
            let usable = record.keys.iter().filter_map(SeenKey::key).cloned();
            let keys = KeySet::new(usable.take(self.limits.keys).collect());
            self.keys = (!keys.is_empty()).then(|| Rc::new(keys));
        }
        self.view = self.look();
        steps.push(Step::Command(Command::Install(self.view.clone())));
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

    /// Asks for the lease.
    fn claim(&mut self, now: UnixTime, reason: Reason, steps: &mut Vec<Step>) {
        let mut record = self.snapshot.record.as_of(now);
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
}
