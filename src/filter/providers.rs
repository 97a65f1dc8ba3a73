//! Providers as the filter drives them: what requests need, what the state machines ask for, what operators see.

use std::time::Duration;

use super::callouts::{CalloutId, Callouts};
use super::effect::{Count, Effect, Effects};
use super::record_store::RecordStore;
use super::remarks::Remarks;
use super::surroundings::Moment;
use crate::excerpt::Excerpt;
use crate::gate::{Demand, Gate};
use crate::keys::{
    Command, DocumentLimits, Event, Keyring, Lifecycle, ProviderId, ProviderSettings, Record,
    RefreshSettings, Report, Response, Shelf, VmId, Want,
};
use crate::metrics::ProviderMetric;
use crate::time::UnixTime;

/// Every provider of one filter, and the keys that they have.
#[derive(Debug)]
pub(super) struct Providers {
    all: Vec<Provider>,
    keyring: Keyring,
    callouts: Callouts,
    remarks: Remarks,
    loaded_at: UnixTime,
}

/// One provider: its state machine and its shared record.
#[derive(Debug)]
struct Provider {
    lifecycle: Lifecycle,
    store: RecordStore,
    /// When the attempt that is under way began.
    attempt_since: Option<UnixTime>,
}

impl Providers {
    pub(super) fn new(
        settings: Vec<ProviderSettings>,
        refresh: &RefreshSettings,
        documents: DocumentLimits,
        vm: VmId,
        now: UnixTime,
    ) -> Self {
        let mut keyring = Keyring::new(settings.len());
        let all = settings.into_iter().enumerate().map(|(at, settings)| {
            let own = Record::shared_key(&settings, refresh, &documents);
            let store = RecordStore::new(own, Record::origin_key(&settings, refresh));
            let lifecycle = Lifecycle::new(settings, refresh.clone(), documents, vm);
            keyring.install(ProviderId(at), lifecycle.view().clone());
            Provider { lifecycle, store, attempt_since: None }
        });
        let all = all.collect();
        Self { all, keyring, callouts: Callouts::default(), remarks: Remarks::default(), loaded_at: now }
    }

    /// The keys as requests see them.
    pub(super) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The callouts that wait to be sent or answered.
    pub(super) fn callouts(&self) -> &Callouts {
        &self.callouts
    }

    /// Why the last of a provider's attempts that failed did.
    pub(super) fn last_error(&self, id: ProviderId) -> Option<&Excerpt> {
        self.all.get(id.0)?.lifecycle.last_error()
    }

    /// Tells the providers that a request needs them.
    pub(super) fn want(&mut self, Demand::Keys(demand): &Demand, at: Moment<'_>, effects: &mut Effects) {
        for id in &demand.providers {
            self.drive(*id, Event::Wanted(demand.want), at, effects);
        }
    }

    /// Tells them again, for a request that has been held. Keys that came meanwhile have shown that none was replaced.
    pub(super) fn want_again(
        &mut self,
        Demand::Keys(demand): &Demand,
        since: UnixTime,
        at: Moment<'_>,
        effects: &mut Effects,
    ) {
        for id in &demand.providers {
            let fetched_at = self.all.get(id.0).and_then(|one| one.lifecycle.fetched_at());
            let came = demand.want == Want::ReplacedKey && fetched_at.is_some_and(|at| at > since);
            if !came {
                self.drive(*id, Event::Wanted(demand.want), at, effects);
            }
        }
    }

    /// Whether keys may come before a request's time is up: a fetch is under way, or the next attempt is due.
    pub(super) fn may_come(&self, Demand::Keys(demand): &Demand, now: UnixTime, deadline: UnixTime) -> bool {
        let comes = |id: &ProviderId| {
            let provider = self.all.get(id.0);
            provider
                .and_then(|provider| provider.lifecycle.expected_at(demand.want, now))
                .is_some_and(|at| at < deadline)
        };
        demand.providers.iter().any(comes)
    }

    /// When the first provider has something to do.
    pub(super) fn wake_at(&self, now: UnixTime) -> Option<UnixTime> {
        self.all.iter().map(|one| one.lifecycle.wake_at(now)).min()
    }

    /// Reads the record of every provider that is demanded.
    pub(super) fn look_at(&mut self, Demand::Keys(demand): &Demand, at: Moment<'_>, effects: &mut Effects) {
        for id in &demand.providers {
            self.look(*id, at, effects);
        }
    }

    /// Reads a provider's record, where it has changed; where there is none yet, what another configuration fetched.
    fn look(&mut self, id: ProviderId, at: Moment<'_>, effects: &mut Effects) {
        let Some(provider) = self.all.get_mut(id.0) else { return };
        let inherited = provider.store.inherited(at.host).map(Event::Inherited);
        let known = provider.lifecycle.version();
        let changed = || provider.store.at(at.host).read_unless(known).map(Event::Seen);
        if let Some(event) = inherited.or_else(changed) {
            self.drive(id, event, at, effects);
        }
    }

    /// Time went by: every provider looks at its record, and does what is due.
    pub(super) fn tick(&mut self, at: Moment<'_>, effects: &mut Effects) {
        for id in (0..self.all.len()).map(ProviderId) {
            self.look(id, at, effects);
            self.drive(id, Event::Tick, at, effects);
            self.show_keys(id, at.now, effects);
        }
    }

    /// Takes the answer to a callout in. Gives whether it was under way: an answer that comes twice is not, again.
    pub(super) fn response(
        &mut self,
        callout: CalloutId,
        response: Response,
        at: Moment<'_>,
        effects: &mut Effects,
    ) -> bool {
        let Some((id, fetch)) = self.callouts.end(callout) else { return false };
        self.drive(id, Event::Fetched(fetch, response), at, effects);
        self.show_keys(id, at.now, effects);
        true
    }

    /// Sends the callouts that wait to be sent.
    pub(super) fn send(&mut self, now: UnixTime, effects: &mut Effects) {
        while let Some((id, fetch)) = self.callouts.send(now) {
            effects.push_back(Effect::Dispatch(id, fetch));
        }
    }

    /// Forgets the callouts that a host will never answer.
    pub(super) fn forget_lost(&mut self, now: UnixTime) {
        self.callouts.forget_lost(now);
    }

    /// Says what is to be known of the owners of issuers with the documents at hand.
    pub(super) fn remark(&mut self, gate: &Gate, effects: &mut Effects) {
        self.remarks.make(gate, &self.keyring, effects);
    }

    /// Feeds a provider's state machine and carries its commands out.
    fn drive(&mut self, id: ProviderId, event: Event, at: Moment<'_>, effects: &mut Effects) {
        let Some(Provider { lifecycle, store, .. }) = self.all.get_mut(id.0) else { return };
        for command in lifecycle.run(at.now, event, &mut store.at(at.host)) {
            self.command(id, command, at, effects);
        }
    }

    fn command(&mut self, id: ProviderId, command: Command, at: Moment<'_>, effects: &mut Effects) {
        let Some(provider) = self.all.get_mut(id.0) else { return };
        match command {
            Command::Install(view) => self.keyring.install(id, view),
            Command::Fetch(fetch) => {
                provider.attempt_since.get_or_insert(at.now);
                self.callouts.want(id, fetch);
            }
            Command::Remember(record) => provider.store.remember(&record, at.host),
            Command::Report(report) => self.report(id, &report, at.now, effects),
        }
    }

    /// Logs and counts what a fetch came to.
    fn report(&mut self, id: ProviderId, report: &Report, now: UnixTime, effects: &mut Effects) {
        let Some(provider) = self.all.get_mut(id.0) else { return };
        let (severity, line) = report.line(provider.lifecycle.settings(), now);
        effects.push_back(Effect::Log(severity.into(), line.to_string()));
        let metric = match report {
            Report::Fetched { .. } => {
                self.remarks.begin();
                ProviderMetric::FetchSuccess
            }
            Report::Failed { .. } => ProviderMetric::FetchFailure,
            Report::Unbelieved(_) => return,
        };
        effects.push_back(Effect::Count(Count::Fetch(id, metric)));
        if let Some(since) = provider.attempt_since.take() {
            let took = milliseconds(now.saturating_duration_since(since));
            effects.push_back(show(id, ProviderMetric::FetchMilliseconds, took));
        }
    }

    /// Shows how many keys serve, which, and how old they are: as this VM sees it, which looked a moment ago.
    fn show_keys(&self, id: ProviderId, now: UnixTime, effects: &mut Effects) {
        let usable = self.keyring.keys(id, now).map_or(0, |keys| keys.len());
        let usable = u64::try_from(usable).unwrap_or(u64::MAX);
        let set = self.keyring.keys(id, now).map_or(0, |keys| keys.fingerprint());
        let fetched_at = self.all.get(id.0).and_then(|one| one.lifecycle.fetched_at());
        let age = now.saturating_duration_since(fetched_at.unwrap_or(self.loaded_at));
        effects.extend([
            show(id, ProviderMetric::Usable, usable),
            show(id, ProviderMetric::KeySet, u64::from(set)),
            show(id, ProviderMetric::AgeSeconds, age.as_secs()),
        ]);
    }
}

fn show(id: ProviderId, metric: ProviderMetric, value: u64) -> Effect {
    Effect::Count(Count::Provider(id, metric, value))
}

/// Whole milliseconds, as histograms take them.
fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
