//! A worker's keys: what requests demand, what the state machines command, and what operators see of it.

use std::collections::VecDeque;

use super::super::callout;
use super::super::journal;
use super::super::shared::Published;
use super::Worker;
use crate::gate::{KeyDemand, Policy};
use crate::keys::{Command, Event, ProviderId, Report, Want};
use crate::metrics::ProviderMetric;
use crate::time::UnixTime;

/// What a look at a shared record found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looked {
    Changed,
    Unchanged,
}

impl Worker {
    /// Tells the providers that a request needs them.
    pub(super) fn want(&self, demand: &KeyDemand, now: UnixTime) {
        for id in &demand.providers {
            self.drive(*id, now, Event::Wanted(demand.want));
        }
    }

    /// Tells them again, for a request that has been held. Keys that came meanwhile have shown that none was replaced.
    pub(super) fn want_again(&self, demand: &KeyDemand, since: UnixTime, now: UnixTime) {
        let came_since = |id: &ProviderId| {
            let fetched_at = self.providers.get(id.0).and_then(|one| one.borrow().lifecycle.fetched_at());
            demand.want == Want::ReplacedKey && fetched_at.is_some_and(|at| at > since)
        };
        for id in demand.providers.iter().filter(|id| !came_since(id)) {
            self.drive(*id, now, Event::Wanted(demand.want));
        }
    }

    pub(super) fn is_fetching(&self, demand: &KeyDemand, now: UnixTime) -> bool {
        let fetching = |id: &ProviderId| {
            self.providers.get(id.0).is_some_and(|provider| provider.borrow().lifecycle.is_fetching(now))
        };
        demand.providers.iter().any(fetching)
    }

    /// Reads a provider's record, where it has changed.
    pub(super) fn look(&self, id: ProviderId, now: UnixTime) -> Looked {
        let snapshot = self.providers.get(id.0).and_then(|provider| {
            let provider = provider.borrow();
            provider.store.read_unless(provider.lifecycle.version())
        });
        match snapshot {
            Some(snapshot) => {
                self.drive(id, now, Event::Seen(snapshot));
                Looked::Changed
            }
            None => Looked::Unchanged,
        }
    }

    /// Feeds a provider's state machine and carries its commands out, until it has none.
    pub(super) fn drive(&self, id: ProviderId, now: UnixTime, event: Event) {
        let Some(provider) = self.providers.get(id.0) else { return };
        let mut events = VecDeque::from([event]);
        // Every round of a lost race means that another VM won one: a bound that is never met.
        for _ in 0..MOST_ROUNDS {
            let Some(event) = events.pop_front() else { return };
            let commands = provider.borrow_mut().lifecycle.handle(now, event);
            for command in commands {
                match command {
                    Command::Install(view) => {
                        self.keyring.borrow_mut().install(id, view);
                        self.remark();
                    }
                    Command::Fetch(fetch) => self.unsent.borrow_mut().push_back((id, fetch)),
                    Command::Report(report) => self.report(id, &report, now),
                    Command::Publish { record, expected } => {
                        let provider = provider.borrow();
                        let published = provider.store.publish(&record, expected);
                        let known = provider.lifecycle.version();
                        if let Some(snapshot) = provider.store.read_unless(known) {
                            events.push_back(match published {
                                Published::Yes => Event::Published(snapshot),
                                Published::Refused => Event::Refused(snapshot),
                            });
                        }
                    }
                }
            }
        }
    }

    /// Sends what is waiting to be sent; a callout that cannot be sent has failed.
    pub(super) fn send_unsent(&self, now: UnixTime) {
        loop {
            let next = self.unsent.borrow_mut().pop_front();
            let Some((id, fetch)) = next else { return };
            match callout::send(&fetch) {
                Ok(callout) => {
                    self.callouts.borrow_mut().insert(callout, (id, fetch));
                }
                Err(response) => self.drive(id, now, Event::Fetched(fetch, response)),
            }
        }
    }

    fn report(&self, id: ProviderId, report: &Report, now: UnixTime) {
        if let Some(provider) = self.providers.get(id.0) {
            journal::fetched(provider.borrow().lifecycle.settings(), report, now);
        }
        let metric = match report {
            Report::Fetched { .. } => {
                self.remarked.borrow_mut().get_or_insert_default();
                ProviderMetric::FetchSuccess
            }
            Report::Failed { .. } => ProviderMetric::FetchFailure,
            Report::Unbelieved(_) => return,
        };
        self.meter.fetched(id, metric);
    }

    /// Says what is to be known of the owners of issuers with the documents at hand, each thing once.
    fn remark(&self) {
        let mut remarked = self.remarked.borrow_mut();
        let Some(said) = remarked.as_mut() else { return };
        let keyring = self.keyring.borrow();
        let requirements = self.gate.policies().iter().flat_map(Policy::requirements);
        for remark in requirements.flat_map(|requirement| requirement.owners.remarks(&keyring)) {
            if said.len() < MOST_REMARKS && !said.contains(&remark) {
                log::warn!("{remark}");
                said.push(remark);
            }
        }
    }

    /// Shows how many keys serve, and how old they are: as this VM sees it, which looked a moment ago.
    pub(super) fn show_keys(&self, id: ProviderId, now: UnixTime) {
        let usable = self.keyring.borrow().keys(id, now).map_or(0, |keys| keys.len());
        self.meter.set(id, ProviderMetric::Usable, u64::try_from(usable).unwrap_or(u64::MAX));
        let fetched_at = self.providers.get(id.0).and_then(|one| one.borrow().lifecycle.fetched_at());
        if let Some(at) = fetched_at {
            self.meter.set(id, ProviderMetric::AgeSeconds, now.saturating_duration_since(at).as_secs());
        }
    }
}

/// Most things that one VM says of owners: a provider that names another issuer every time fills no log.
const MOST_REMARKS: usize = 64;

/// Most rounds of commands and events that one event may cause.
const MOST_ROUNDS: usize = 32;
