//! One worker's filter: everything that its root and its streams share.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::abi;
use super::apply::{self, Applied};
use super::callout;
use super::held::{Held, HeldRequest};
use super::journal::{self, Fate};
use super::meter::Meter;
use super::shared::{Published, RecordStore};
use super::traits::{HostTraits, client_certificate};
use crate::config::{Config, HostCrypto};
use crate::gate::{Circumstances, Decision, Gate, KeyDemand, Request, Verdict};
use crate::keys::{
    Command, DocumentLimits, Event, Fetch, Keyring, Lifecycle, ProviderId, Record, Report, VmId, WaitMode,
};
use crate::metrics::{ProviderMetric, RequestCounter};
use crate::time::UnixTime;

/// A configured filter in one VM.
pub(super) struct Worker {
    root: u32,
    gate: Gate,
    providers: Vec<RefCell<Provider>>,
    keyring: RefCell<Keyring>,
    held: RefCell<Held>,
    /// Callouts that a stream asked for: only the root sends them, since an answer goes to whoever asked.
    unsent: RefCell<VecDeque<(ProviderId, Fetch)>>,
    /// Callouts under way, by the host's number.
    callouts: RefCell<HashMap<u32, (ProviderId, Fetch)>>,
    meter: Meter,
    host_crypto: HostCrypto,
    document_bytes: usize,
    most_held: usize,
    longest_hold: Duration,
    wait: WaitMode,
    tick: Cell<Option<Duration>>,
    host: Cell<Option<HostTraits>>,
}

/// One provider: its state machine and its shared record.
struct Provider {
    lifecycle: Lifecycle,
    store: RecordStore,
}

/// What a look at a shared record found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looked {
    Changed,
    Unchanged,
}

impl Worker {
    pub(super) fn new(root: u32, config: Config, vm: VmId) -> Self {
        let limits =
            DocumentLimits { document_bytes: config.limits.document_bytes, keys: config.limits.keys };
        let refresh = config.key_refresh;
        let gate = Gate::new(config.policies, config.rules, config.limits.token_bytes, config.verdict_cache);
        let meter = Meter::new(&gate, config.providers.iter().map(|provider| provider.name.as_str()));
        let mut keyring = Keyring::new(config.providers.len());
        let mut providers = Vec::new();
        for (at, settings) in config.providers.into_iter().enumerate() {
            let store = RecordStore::new(Record::shared_key(&settings, &refresh));
            let lifecycle = Lifecycle::new(settings, refresh, limits, vm);
            keyring.install(ProviderId(at), lifecycle.view());
            providers.push(RefCell::new(Provider { lifecycle, store }));
        }
        Self {
            root,
            gate,
            providers,
            keyring: RefCell::new(keyring),
            held: RefCell::default(),
            unsent: RefCell::default(),
            callouts: RefCell::default(),
            meter,
            host_crypto: config.host_crypto,
            document_bytes: limits.document_bytes,
            most_held: config.limits.held_requests,
            longest_hold: refresh.max_wait,
            wait: refresh.wait,
            tick: Cell::new(None),
            host: Cell::new(None),
        }
    }

    /// Starts fetching: the first tick does it, which a VM that is only tried out never gets.
    pub(super) fn start(&self) {
        self.set_tick(WAKE);
    }

    /// Decides on the request of the active stream.
    pub(super) fn on_request(&self, context: u32, mut request: Request) -> Progress {
        request.route = self.traits().route_choice();
        let Ok(now) = abi::current_time() else { return Progress::of(&apply::fail_closed()) };
        let mut decision = self.decide(&request, now);
        if let Decision::AwaitKeys(demand) = &decision {
            // What other VMs have fetched meanwhile may be all it takes.
            let looks: Vec<_> = demand.providers.iter().map(|id| self.look(*id, now)).collect();
            if looks.contains(&Looked::Changed) {
                decision = self.decide(&request, now);
            }
        }
        let demand = match decision {
            Decision::AwaitKeys(demand) => demand,
            Decision::Forward(admission) => return self.carry_out(&Verdict::Forward(admission), &request),
            Decision::Reject(rejection) => return self.carry_out(&Verdict::Reject(rejection), &request),
        };
        self.want(&demand, now);
        if !self.is_fetching(&demand, now) {
            return self.carry_out(&self.settle(&request, now), &request);
        }
        self.set_tick(WAKE);
        if self.traits().holding == WaitMode::Refuse || self.held.borrow().len() >= self.most_held {
            return self.carry_out(&self.give_up(&request, now), &request);
        }
        let deadline = now + self.longest_hold;
        self.held.borrow_mut().insert(context, HeldRequest { request, deadline });
        self.meter.held(1);
        Progress::Held
    }

    /// A stream has ended: nothing is left to settle for it.
    pub(super) fn forget(&self, context: u32) {
        if let Ok(mut held) = self.held.try_borrow_mut()
            && held.remove(context).is_some()
        {
            self.meter.held(-1);
        }
    }

    /// Time went by.
    pub(super) fn on_tick(&self) {
        let Ok(now) = abi::current_time() else { return };
        self.send_unsent(now);
        self.meter.lookups(&self.gate);
        for at in 0..self.providers.len() {
            let id = ProviderId(at);
            self.look(id, now);
            self.drive(id, now, Event::Tick);
            self.show_age(id, now);
        }
        self.send_unsent(now);
        self.settle_held(now);
        self.plan_tick(now);
    }

    /// A callout is over.
    pub(super) fn on_response(&self, callout: u32, headers: usize, body: usize) {
        let Ok(now) = abi::current_time() else { return };
        let Some((id, fetch)) = self.callouts.borrow_mut().remove(&callout) else { return };
        let response = callout::response(headers, body, self.document_bytes);
        self.drive(id, now, Event::Fetched(fetch, response));
        self.send_unsent(now);
        self.settle_held(now);
        self.plan_tick(now);
    }

    /// Settles every held request that has nothing left to wait for.
    fn settle_held(&self, now: UnixTime) {
        let waiting = self.held.borrow_mut().take_all();
        if waiting.is_empty() {
            return;
        }
        for (context, held) in waiting {
            // A stream that has ended meanwhile has no context any more, and nobody waits for it.
            if abi::set_effective_context(context).is_err() {
                self.meter.held(-1);
                continue;
            }
            let verdict = match self.decide(&held.request, now) {
                Decision::Forward(admission) => Verdict::Forward(admission),
                Decision::Reject(rejection) => Verdict::Reject(rejection),
                Decision::AwaitKeys(_) if now >= held.deadline => self.give_up(&held.request, now),
                Decision::AwaitKeys(demand) => {
                    self.want(&demand, now);
                    if self.is_fetching(&demand, now) {
                        self.held.borrow_mut().insert(context, held);
                        continue;
                    }
                    self.settle(&held.request, now)
                }
            };
            self.meter.held(-1);
            if matches!(self.carry_out(&verdict, &held.request), Progress::GoesOn)
                && let Err(error) = abi::resume_request()
            {
                log::error!("the host did not resume a settled request: {error:?}");
            }
        }
        let _ = abi::set_effective_context(self.root);
        self.send_unsent(now);
    }

    fn decide(&self, request: &Request, now: UnixTime) -> Decision {
        self.with_circumstances(now, |circumstances| self.gate.admit(request, circumstances))
    }

    fn settle(&self, request: &Request, now: UnixTime) -> Verdict {
        self.with_circumstances(now, |circumstances| self.gate.settle(request, circumstances))
    }

    fn give_up(&self, request: &Request, now: UnixTime) -> Verdict {
        self.with_circumstances(now, |circumstances| self.gate.give_up(request, circumstances))
    }

    fn with_circumstances<T>(&self, now: UnixTime, work: impl FnOnce(&Circumstances<'_>) -> T) -> T {
        let keyring = self.keyring.borrow();
        work(&Circumstances {
            keyring: &keyring,
            engine: &self.traits().engine,
            now,
            certificate: &client_certificate,
            removal: self.traits().removal,
        })
    }

    /// Counts, logs and applies a verdict.
    fn carry_out(&self, verdict: &Verdict, request: &Request) -> Progress {
        let publishing = self.traits().publishing;
        let applied = match verdict {
            Verdict::Forward(admission) => {
                self.meter.count(admission.policy(), RequestCounter::from(admission.outcome()));
                if let Some(refusal) = admission.refusal() {
                    journal::refusal(Fate::LetPass, refusal);
                }
                apply::admission(admission, publishing)
            }
            Verdict::Reject(rejection) => {
                self.meter.count(rejection.policy.as_deref(), RequestCounter::Rejected(rejection.reason));
                journal::refusal(Fate::Refused, rejection);
                apply::rejection(rejection, request, publishing)
            }
        };
        Progress::of(&applied)
    }

    /// Tells the providers that a request needs them.
    fn want(&self, demand: &KeyDemand, now: UnixTime) {
        for id in &demand.providers {
            self.drive(*id, now, Event::Wanted(demand.want));
        }
    }

    fn is_fetching(&self, demand: &KeyDemand, now: UnixTime) -> bool {
        let fetching = |id: &ProviderId| {
            self.providers.get(id.0).is_some_and(|provider| provider.borrow().lifecycle.is_fetching(now))
        };
        demand.providers.iter().any(fetching)
    }

    /// Reads a provider's record, where it has changed.
    fn look(&self, id: ProviderId, now: UnixTime) -> Looked {
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
    fn drive(&self, id: ProviderId, now: UnixTime, event: Event) {
        let Some(provider) = self.providers.get(id.0) else { return };
        let mut events = VecDeque::from([event]);
        // Every round of a lost race means that another VM won one: a bound that is never met.
        for _ in 0..MOST_ROUNDS {
            let Some(event) = events.pop_front() else { return };
            let commands = provider.borrow_mut().lifecycle.handle(now, event);
            for command in commands {
                match command {
                    Command::Install(view) => self.keyring.borrow_mut().install(id, view),
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
    fn send_unsent(&self, now: UnixTime) {
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
        match report {
            Report::Fetched { usable, .. } => {
                self.meter.fetched(id, ProviderMetric::FetchSuccess);
                self.meter.set(id, ProviderMetric::Usable, u64::try_from(*usable).unwrap_or(u64::MAX));
            }
            Report::Failed { .. } => self.meter.fetched(id, ProviderMetric::FetchFailure),
        }
    }

    fn show_age(&self, id: ProviderId, now: UnixTime) {
        let fetched_at = self.providers.get(id.0).and_then(|one| one.borrow().lifecycle.fetched_at());
        if let Some(at) = fetched_at {
            self.meter.set(id, ProviderMetric::AgeSeconds, now.saturating_duration_since(at).as_secs());
        }
    }

    /// Chooses when to tick next.
    fn plan_tick(&self, now: UnixTime) {
        let next = self.providers.iter().map(|one| one.borrow().lifecycle.wake_at(now)).min();
        let pause = next.map_or(SLOWEST_TICK, |next| next.saturating_duration_since(now));
        let slowest = if self.held.borrow().len() > 0 { HOLDING_TICK } else { SLOWEST_TICK };
        self.set_tick(pause.clamp(WAKE, slowest));
    }

    fn set_tick(&self, period: Duration) {
        let before = self.tick.replace(Some(period));
        if before == Some(period) {
            return;
        }
        // nginx only takes a new period after the old one was ended.
        if before.is_some() {
            let _ = abi::set_tick_period(Duration::ZERO);
        }
        if let Err(error) = abi::set_tick_period(period) {
            log::error!("the host has no timer ({error:?}): keys cannot be fetched");
        }
    }

    /// What this host can do. Asked for the first time in the context of a request.
    fn traits(&self) -> HostTraits {
        self.host.get().unwrap_or_else(|| {
            let traits = HostTraits::found(self.host_crypto, self.wait);
            self.host.set(Some(traits));
            traits
        })
    }
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// It may go on.
    GoesOn,
    /// It was answered.
    Answered,
    /// It is held.
    Held,
}

impl Progress {
    fn of(applied: &Applied) -> Self {
        match applied {
            Applied::GoesOn => Self::GoesOn,
            Applied::Answered => Self::Answered,
        }
    }
}

/// Tick "at once": the shortest period that is no "never".
const WAKE: Duration = Duration::from_millis(1);

/// Tick while requests are held: how soon a VM sees what another one fetched.
const HOLDING_TICK: Duration = Duration::from_millis(10);

/// Tick while nothing is due: how soon a VM sees a background refresh of another one.
const SLOWEST_TICK: Duration = Duration::from_secs(1);

/// Most rounds of commands and events that one event may cause.
const MOST_ROUNDS: usize = 32;
