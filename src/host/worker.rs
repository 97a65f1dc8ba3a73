//! One worker's filter: everything that its root and its streams share.

mod keys;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::abi;
use super::apply::{self, Applied};
use super::callout;
use super::held::{Held, HeldRequest};
use super::journal;
use super::meter::Meter;
use super::shared::RecordStore;
use super::traits::{HostTraits, client_certificate};
use crate::config::{Config, HostCrypto};
use crate::gate::{Circumstances, Decision, Fate, Gate, Rejection, Request, Verdict, Waiting};
use crate::keys::{
    DocumentLimits, Event, Fetch, Keyring, Lifecycle, ProviderId, Record, Remark, VmId, WaitMode,
};
use crate::metrics::RequestCounter;
use crate::time::UnixTime;
use keys::Looked;

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
    /// What was said of owners, in the VM that fetched; `None` in the others, which would only repeat it.
    remarked: RefCell<Option<Vec<Remark>>>,
}

/// One provider: its state machine and its shared record.
struct Provider {
    lifecycle: Lifecycle,
    store: RecordStore,
}

impl Worker {
    pub(super) fn new(root: u32, config: Config, vm: VmId) -> Self {
        let limits =
            DocumentLimits { document_bytes: config.limits.document_bytes, keys: config.limits.keys };
        let refresh = config.key_refresh;
        let gate = Gate::new(
            config.policies,
            config.rules,
            config.paths,
            config.limits.token_bytes,
            config.verdict_cache,
        );
        let meter = Meter::new(&gate, config.providers.iter().map(|provider| provider.name.as_str()));
        let mut keyring = Keyring::new(config.providers.len());
        let mut providers = Vec::new();
        for (at, settings) in config.providers.into_iter().enumerate() {
            let store = RecordStore::new(Record::shared_key(&settings, &refresh, &limits));
            let lifecycle = Lifecycle::new(settings, refresh.clone(), limits, vm);
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
            remarked: RefCell::default(),
        }
    }

    /// The gate of this configuration.
    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Starts fetching: the first tick does it, which a VM that is only tried out never gets.
    pub(super) fn start(&self) {
        self.set_tick(WAKE);
    }

    /// Decides on the request of the active stream.
    pub(super) fn on_request(&self, context: u32, mut request: Request) -> Progress {
        request.route = self.traits().route_choice();
        let Ok(now) = abi::current_time() else { return Progress::of(&apply::fail_closed()) };
        let mut generation = self.keyring.borrow().generation();
        let mut decision = self.decide(&request, now);
        if let Decision::AwaitKeys(waiting) = &decision {
            // What other VMs have fetched meanwhile may be all it takes.
            let looks: Vec<_> = waiting.demand.providers.iter().map(|id| self.look(*id, now)).collect();
            if looks.contains(&Looked::Changed) {
                generation = self.keyring.borrow().generation();
                decision = self.decide(&request, now);
            }
        }
        let Waiting { demand, otherwise } = match decision {
            Decision::AwaitKeys(waiting) => waiting,
            Decision::Forward(admission) => return self.carry_out(&Verdict::Forward(admission), &request),
            Decision::Reject(rejection) => return self.carry_out(&Verdict::Reject(rejection), &request),
        };
        self.want(&demand, now);
        if !self.is_fetching(&demand, now) {
            let verdict = self.without_keys(&request, otherwise, generation, now);
            return self.carry_out(&verdict, &request);
        }
        self.hurry();
        if self.traits().holding == WaitMode::Refuse || self.held.borrow().len() >= self.most_held {
            return self.carry_out(&self.give_up(&request, now), &request);
        }
        apply::hide(&self.gate.forged(&request));
        self.held.borrow_mut().insert(context, HeldRequest { request, demand, generation, since: now });
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
            self.show_keys(id, now);
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
        self.show_keys(id, now);
        self.send_unsent(now);
        self.settle_held(now);
        self.plan_tick(now);
    }

    /// Settles every held request that has nothing left to wait for.
    fn settle_held(&self, now: UnixTime) {
        let generation = self.keyring.borrow().generation();
        // Deciding costs a look at the token: thousands may be held, and ticks are quick meanwhile.
        let waiting = self.held.borrow_mut().take_if(|held| {
            held.generation != generation
                || self.has_waited_long_enough(held, now)
                || !self.is_fetching(&held.demand, now)
        });
        if waiting.is_empty() {
            return;
        }
        for (context, held) in waiting {
            // A stream that has ended meanwhile has no context any more, and nobody waits for it.
            if abi::set_effective_context(context).is_err() {
                self.meter.held(-1);
                continue;
            }
            let generation = self.keyring.borrow().generation();
            let verdict = match self.decide(&held.request, now) {
                Decision::Forward(admission) => Verdict::Forward(admission),
                Decision::Reject(rejection) => Verdict::Reject(rejection),
                Decision::AwaitKeys(_) if self.has_waited_long_enough(&held, now) => {
                    self.give_up(&held.request, now)
                }
                Decision::AwaitKeys(Waiting { demand, otherwise }) => {
                    self.want_again(&demand, held.since, now);
                    if self.is_fetching(&demand, now) {
                        let held = HeldRequest { demand, generation, ..held };
                        self.held.borrow_mut().insert(context, held);
                        continue;
                    }
                    self.without_keys(&held.request, otherwise, generation, now)
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

    /// The verdict on a request that nobody fetches keys for: the refusal that was found already, unless other keys
    /// came since.
    fn without_keys(
        &self,
        request: &Request,
        otherwise: Option<Box<Rejection>>,
        generation: u64,
        now: UnixTime,
    ) -> Verdict {
        match otherwise {
            Some(rejection) if self.keyring.borrow().generation() == generation => Verdict::Reject(rejection),
            _ => self.settle(request, now),
        }
    }

    /// Whether `max_wait` is over. A request from the far future came before the clock went back: how long
    /// it has waited is not known.
    fn has_waited_long_enough(&self, held: &HeldRequest, now: UnixTime) -> bool {
        now >= held.since + self.longest_hold || now + self.longest_hold < held.since
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

    /// Ticks at once where a callout waits to be sent, and soon where an answer is waited for; a tick that is
    /// near enough is left alone, or a flood of requests would put it off for ever.
    fn hurry(&self) {
        let wanted = if self.unsent.borrow().is_empty() { HOLDING_TICK } else { WAKE };
        if self.tick.get().is_none_or(|period| period > wanted) {
            self.set_tick(wanted);
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
