//! Keys as the filter drives them: what requests demand, what the state machines command, and what operators see.

use std::time::Duration;

use super::effect::{Count, Effect, Level};
use super::machine::Filter;
use super::record_store::RecordStore;
use super::surroundings::Surroundings;
use crate::gate::{KeyDemand, Policy};
use crate::keys::{Command, Event, Lifecycle, ProviderId, Report, Shelf, Want};
use crate::metrics::ProviderMetric;
use crate::time::UnixTime;

/// One provider: its state machine and its shared record.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) lifecycle: Lifecycle,
    pub(super) store: RecordStore,
    /// When the attempt that is under way began.
    pub(super) attempt_since: Option<UnixTime>,
}

/// What a look at a shared record found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looked {
    Changed,
    Unchanged,
}

impl Filter {
    /// Tells the providers that a request needs them.
    pub(super) fn want(&mut self, demand: &KeyDemand, now: UnixTime, host: &dyn Surroundings) {
        for id in &demand.providers {
            self.drive(*id, now, Event::Wanted(demand.want), host);
        }
    }

    /// Tells them again, for a request that has been held. Keys that came meanwhile have shown that none was replaced.
    pub(super) fn want_again(
        &mut self,
        demand: &KeyDemand,
        since: UnixTime,
        now: UnixTime,
        host: &dyn Surroundings,
    ) {
        for id in &demand.providers {
            let fetched_at = self.providers.get(id.0).and_then(|one| one.lifecycle.fetched_at());
            let came = demand.want == Want::ReplacedKey && fetched_at.is_some_and(|at| at > since);
            if !came {
                self.drive(*id, now, Event::Wanted(demand.want), host);
            }
        }
    }

    /// Whether keys may come before a request's time is up: a fetch is under way, or the next attempt is due.
    pub(super) fn may_come(&self, demand: &KeyDemand, now: UnixTime, deadline: UnixTime) -> bool {
        let comes = |id: &ProviderId| {
            let provider = self.providers.get(id.0);
            provider
                .and_then(|provider| provider.lifecycle.expected_at(demand.want, now))
                .is_some_and(|at| at < deadline)
        };
        demand.providers.iter().any(comes)
    }

    /// Reads a provider's record, where it has changed; where there is none yet, what another configuration fetched.
    pub(super) fn look(&mut self, id: ProviderId, now: UnixTime, host: &dyn Surroundings) -> Looked {
        let Some(provider) = self.providers.get_mut(id.0) else { return Looked::Unchanged };
        let inherited = provider.store.inherited(host).map(Event::Inherited);
        let known = provider.lifecycle.version();
        match inherited.or_else(|| provider.store.at(host).read_unless(known).map(Event::Seen)) {
            Some(event) => {
                self.drive(id, now, event, host);
                Looked::Changed
            }
            None => Looked::Unchanged,
        }
    }

    /// Feeds a provider's state machine and carries its commands out.
    pub(super) fn drive(&mut self, id: ProviderId, now: UnixTime, event: Event, host: &dyn Surroundings) {
        let Some(Provider { lifecycle, store, .. }) = self.providers.get_mut(id.0) else { return };
        for command in lifecycle.run(now, event, &mut store.at(host)) {
            self.command(id, command, now, host);
        }
    }

    fn command(&mut self, id: ProviderId, command: Command, now: UnixTime, host: &dyn Surroundings) {
        let Some(provider) = self.providers.get_mut(id.0) else { return };
        match command {
            Command::Install(view) => {
                self.keyring.install(id, view);
                self.remark();
            }
            Command::Fetch(fetch) => {
                provider.attempt_since.get_or_insert(now);
                self.callouts.want(id, fetch);
            }
            Command::Remember(record) => provider.store.remember(&record, host),
            Command::Report(report) => self.report(id, &report, now),
        }
    }

    /// Logs and counts what a fetch came to.
    fn report(&mut self, id: ProviderId, report: &Report, now: UnixTime) {
        let Some(provider) = self.providers.get_mut(id.0) else { return };
        let (severity, line) = report.line(provider.lifecycle.settings(), now);
        self.effects.push_back(Effect::Log(severity.into(), line.to_string()));
        let metric = match report {
            Report::Fetched { .. } => {
                self.remarked.get_or_insert_default();
                ProviderMetric::FetchSuccess
            }
            Report::Failed { .. } => ProviderMetric::FetchFailure,
            Report::Unbelieved(_) => return,
        };
        self.effects.push_back(Effect::Count(Count::Fetch(id, metric)));
        if let Some(since) = provider.attempt_since.take() {
            let took = milliseconds(now.saturating_duration_since(since));
            self.show(id, ProviderMetric::FetchMilliseconds, took);
        }
    }

    /// Says what is to be known of the owners of issuers with the documents at hand, each thing once.
    fn remark(&mut self) {
        let Some(said) = self.remarked.as_mut() else { return };
        let requirements = self.gate.policies().iter().flat_map(Policy::requirements);
        for remark in requirements.flat_map(|requirement| requirement.owners.remarks(&self.keyring)) {
            if said.len() < MOST_REMARKS && !said.contains(&remark) {
                self.effects.push_back(Effect::Log(Level::Warn, remark.to_string()));
                said.push(remark);
            }
        }
    }

    /// Sends the callouts that wait to be sent.
    pub(super) fn send(&mut self, now: UnixTime) {
        while let Some((id, fetch)) = self.callouts.send(now) {
            self.effects.push_back(Effect::Dispatch(id, fetch));
        }
    }

    /// Shows how many keys serve, which, and how old they are: as this VM sees it, which looked a moment ago.
    pub(super) fn show_keys(&mut self, id: ProviderId, now: UnixTime) {
        let usable = self.keyring.keys(id, now).map_or(0, |keys| keys.len());
        let usable = u64::try_from(usable).unwrap_or(u64::MAX);
        self.show(id, ProviderMetric::Usable, usable);
        let set = self.keyring.keys(id, now).map_or(0, |keys| keys.fingerprint());
        self.show(id, ProviderMetric::KeySet, u64::from(set));
        let fetched_at = self.providers.get(id.0).and_then(|one| one.lifecycle.fetched_at());
        let since = fetched_at.unwrap_or(self.loaded_at);
        self.show(id, ProviderMetric::AgeSeconds, now.saturating_duration_since(since).as_secs());
    }

    fn show(&mut self, id: ProviderId, metric: ProviderMetric, value: u64) {
        self.effects.push_back(Effect::Count(Count::Provider(id, metric, value)));
    }
}

/// Whole milliseconds, as histograms take them.
fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Most things that one VM says of owners: a provider that names another issuer every time fills no log.
const MOST_REMARKS: usize = 64;
