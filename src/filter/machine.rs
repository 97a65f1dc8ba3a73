//! The machine: what happens to a request, to an answer to a callout, and at a tick.

use std::collections::VecDeque;
use std::time::Duration;

use super::announcement;
use super::callouts::{CalloutId, Callouts};
use super::effect::{Count, Effect, Level, RequestId};
use super::profile::{Dispatching, Holding, Profile};
use super::providers::{Looked, Provider};
use super::record_store::RecordStore;
use super::surroundings::Surroundings;
use super::timer::{HOLDING_TICK, SLOWEST_TICK, Ticks, WAKE};
use super::waiting_room::{Held, WaitingRoom};
use crate::gate::{
    Answer, Circumstances, Decision, Fate, Gate, KeyDemand, Rejection, Request, Verdict, Waiting,
};
use crate::keys::{
    DocumentLimits, Event, Keyring, Lifecycle, ProviderId, ProviderSettings, Record, RefreshSettings, Remark,
    Response, VmId, Want,
};
use crate::metrics::RequestCounter;
use crate::time::UnixTime;

/// What a filter is made of.
#[derive(Debug)]
pub struct Setup {
    /// What decides on requests.
    pub gate: Gate,
    /// Whose keys are kept, in the order of their ids.
    pub providers: Vec<ProviderSettings>,
    /// `key_refresh`.
    pub refresh: RefreshSettings,
    /// Bounds on what a provider may send.
    pub documents: DocumentLimits,
    /// Most requests that are held at a time.
    pub held_requests: usize,
}

/// One configured filter in one VM.
#[derive(Debug)]
pub struct Filter {
    pub(super) gate: Gate,
    pub(super) providers: Vec<Provider>,
    pub(super) keyring: Keyring,
    waiting: WaitingRoom,
    pub(super) callouts: Callouts,
    ticks: Ticks,
    profile: Profile,
    pub(super) effects: VecDeque<Effect>,
    pub(super) loaded_at: UnixTime,
    /// What was said of owners, in the VM that fetched; `None` in the others, which would only repeat it.
    pub(super) remarked: Option<Vec<Remark>>,
    held_requests: usize,
    max_wait: Duration,
    stage: Stage,
}

/// Whether a filter's root still brings it ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Serving,
    /// Another configuration has taken its place: it decides on the streams that it has, and holds none.
    Closed,
}

impl Filter {
    /// The filter of a configuration that is loaded now. Its first tick starts fetching: a VM that is only tried out
    /// never gets one.
    pub fn new(setup: Setup, vm: VmId, profile: Profile, now: UnixTime) -> Self {
        let Setup { gate, providers, refresh, documents, held_requests } = setup;
        let mut keyring = Keyring::new(providers.len());
        let providers = providers.into_iter().enumerate().map(|(at, settings)| {
            let own = Record::shared_key(&settings, &refresh, &documents);
            let store = RecordStore::new(own, Record::origin_key(&settings, &refresh));
            let lifecycle = Lifecycle::new(settings, refresh.clone(), documents, vm);
            keyring.install(ProviderId(at), lifecycle.view());
            Provider { lifecycle, store, attempt_since: None }
        });
        let mut filter = Self {
            gate,
            providers: providers.collect(),
            keyring,
            waiting: WaitingRoom::default(),
            callouts: Callouts::default(),
            ticks: Ticks::default(),
            profile,
            effects: VecDeque::new(),
            loaded_at: now,
            remarked: None,
            held_requests,
            max_wait: refresh.max_wait,
            stage: Stage::Serving,
        };
        filter.tick_every(WAKE);
        filter
    }

    /// The next thing to carry out.
    pub fn next_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// What the host has turned out to be, where that shows only in a request.
    pub fn set_profile(&mut self, profile: Profile) {
        self.profile = profile;
    }

    /// Says something once for all VMs that load together.
    pub fn announce(&mut self, now: UnixTime, lines: Vec<(Level, String)>, host: &dyn Surroundings) {
        if announcement::is_ours(&lines, now, host) {
            self.effects.extend(lines.into_iter().map(|(level, line)| Effect::Log(level, line)));
        }
    }

    /// The gate, for what is fixed at load.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The keys as requests see them.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Whether a request is held.
    pub fn holds(&self, id: RequestId) -> bool {
        self.waiting.holds(id)
    }

    /// How many requests are held.
    pub fn held(&self) -> usize {
        self.waiting.len()
    }

    /// How many callouts wait to be sent or answered.
    pub fn callouts(&self) -> usize {
        self.callouts.len()
    }

    /// A request came.
    pub fn request(&mut self, now: UnixTime, id: RequestId, request: Request, host: &dyn Surroundings) {
        let mut generation = self.keyring.generation();
        let mut decision = self.decide(id, &request, now, host);
        if let Decision::AwaitKeys(waiting) = &decision {
            // What other VMs have fetched meanwhile may be all it takes.
            let providers = waiting.demand.providers.clone();
            let looks: Vec<_> =
                providers.into_iter().map(|provider| self.look(provider, now, host)).collect();
            if looks.contains(&Looked::Changed) {
                generation = self.keyring.generation();
                decision = self.decide(id, &request, now, host);
            }
        }
        let Waiting { demand, otherwise } = match decision {
            Decision::AwaitKeys(waiting) => waiting,
            Decision::Forward(admission) => return self.conclude(id, Verdict::Forward(admission), &request),
            Decision::Reject(rejection) => return self.conclude(id, Verdict::Reject(rejection), &request),
        };
        // One that gets no ticks any more would take the lease, and never fetch.
        if self.stage == Stage::Serving {
            self.want(&demand, now, host);
        }
        let deadline = now + self.max_wait;
        if !self.may_come(&demand, now, deadline) {
            let verdict = self.without_keys(id, &request, otherwise, generation, now, host);
            return self.conclude(id, verdict, &request);
        }
        let soon = if self.callouts.any_unsent() { WAKE } else { HOLDING_TICK };
        if self.stage == Stage::Serving
            && let Some(period) = self.ticks.hurry(self.profile.timer, soon)
        {
            self.effects.push_back(Effect::TickEvery(period));
        }
        let holds = self.profile.holding == Holding::Possible && self.stage == Stage::Serving;
        if !holds || self.waiting.len() >= self.held_requests {
            let verdict = self.give_up(id, &request, now, host);
            return self.conclude(id, verdict, &request);
        }
        let forged = self.gate.forged(&request);
        if !forged.is_empty() {
            self.effects.push_back(Effect::Hide(id, forged));
        }
        self.waiting.hold(id, Held { request, demand, generation, since: now, deadline });
        self.effects.push_back(Effect::Count(Count::Held(1)));
    }

    /// A request's stream has ended: nothing is left to settle for it. Its fetch goes on. Gives the change of a metric
    /// where it was held: a host may say this in the middle of another effect.
    pub fn gone(&mut self, id: RequestId) -> Option<Count> {
        self.waiting.remove(id).map(|_| Count::Held(-1))
    }

    /// Time went by.
    pub fn tick(&mut self, now: UnixTime, host: &dyn Surroundings) {
        self.callouts.forget_lost(now);
        self.send(now);
        for (at, lookups) in self.gate.take_lookups().map(|(_, lookups)| lookups).enumerate() {
            if lookups.hits > 0 || lookups.misses > 0 {
                self.effects.push_back(Effect::Count(Count::Lookups(at, lookups)));
            }
        }
        for at in 0..self.providers.len() {
            let id = ProviderId(at);
            self.look(id, now, host);
            self.drive(id, now, Event::Tick, host);
            self.show_keys(id, now);
        }
        // Requests that wait shorten the pause between attempts.
        let first = |demand: &&KeyDemand| demand.want == Want::FirstKeys;
        let mut demands: Vec<_> = self.waiting.demands().filter(first).cloned().collect();
        demands.sort();
        demands.dedup();
        for demand in &demands {
            self.want(demand, now, host);
        }
        self.send(now);
        self.settle_held(now, host);
        self.send(now);
        self.plan_tick(now);
    }

    /// A callout is over, or could not be sent.
    pub fn response(
        &mut self,
        now: UnixTime,
        callout: CalloutId,
        response: Response,
        host: &dyn Surroundings,
    ) {
        let Some((id, fetch)) = self.callouts.end(callout) else { return };
        self.drive(id, now, Event::Fetched(fetch, response), host);
        self.show_keys(id, now);
        self.settle_held(now, host);
        if self.profile.dispatching == Dispatching::FromResponses {
            self.send(now);
        }
        self.plan_tick(now);
    }

    /// Settles every request that is held, since this filter ends: another configuration takes its place.
    pub fn close(&mut self, now: UnixTime, host: &dyn Surroundings) {
        self.stage = Stage::Closed;
        for (id, held) in self.waiting.take_if(|_| true) {
            let verdict = self.give_up(id, &held.request, now, host);
            self.leave(id, &held, verdict, now);
        }
    }

    /// Settles every held request that has nothing left to wait for.
    fn settle_held(&mut self, now: UnixTime, host: &dyn Surroundings) {
        let generation = self.keyring.generation();
        let mut waiting = std::mem::take(&mut self.waiting);
        // Deciding costs a look at the token: thousands may be held, and ticks are quick meanwhile.
        let due = waiting.take_if(|held| {
            held.generation != generation
                || held.is_over(now)
                || !self.may_come(&held.demand, now, held.deadline)
        });
        self.waiting = waiting;
        for (id, held) in due {
            let generation = self.keyring.generation();
            let verdict = match self.decide(id, &held.request, now, host) {
                Decision::Forward(admission) => Verdict::Forward(admission),
                Decision::Reject(rejection) => Verdict::Reject(rejection),
                Decision::AwaitKeys(_) if held.is_over(now) => self.give_up(id, &held.request, now, host),
                Decision::AwaitKeys(Waiting { demand, otherwise }) => {
                    self.want_again(&demand, held.since, now, host);
                    if self.may_come(&demand, now, held.deadline) {
                        self.waiting.hold(id, Held { demand, generation, ..held });
                        continue;
                    }
                    self.without_keys(id, &held.request, otherwise, generation, now, host)
                }
            };
            self.leave(id, &held, verdict, now);
        }
    }

    /// Ends the wait of a request.
    fn leave(&mut self, id: RequestId, held: &Held, verdict: Verdict, now: UnixTime) {
        self.effects.push_back(Effect::Count(Count::Held(-1)));
        let waited = now.saturating_duration_since(held.since);
        self.effects.push_back(Effect::Count(Count::HeldFor(waited)));
        self.conclude(id, verdict, &held.request);
    }

    /// The verdict on a request whose keys will not come in time: the refusal that was found already, unless other
    /// keys came since.
    fn without_keys(
        &self,
        id: RequestId,
        request: &Request,
        otherwise: Option<Box<Rejection>>,
        generation: u64,
        now: UnixTime,
        host: &dyn Surroundings,
    ) -> Verdict {
        match otherwise {
            Some(rejection) if self.keyring.generation() == generation => Verdict::Reject(rejection),
            _ => self
                .with_circumstances(id, now, host, |circumstances| self.gate.settle(request, circumstances)),
        }
    }

    fn decide(&self, id: RequestId, request: &Request, now: UnixTime, host: &dyn Surroundings) -> Decision {
        self.with_circumstances(id, now, host, |circumstances| self.gate.admit(request, circumstances))
    }

    fn give_up(&self, id: RequestId, request: &Request, now: UnixTime, host: &dyn Surroundings) -> Verdict {
        self.with_circumstances(id, now, host, |circumstances| self.gate.give_up(request, circumstances))
    }

    fn with_circumstances<T>(
        &self,
        id: RequestId,
        now: UnixTime,
        host: &dyn Surroundings,
        work: impl FnOnce(&Circumstances<'_>) -> T,
    ) -> T {
        work(&Circumstances {
            keyring: &self.keyring,
            engine: host.engine(),
            now,
            certificate: &|| host.certificate(id),
            removal: self.profile.removal,
        })
    }

    /// Counts, logs and hands out a verdict.
    fn conclude(&mut self, id: RequestId, verdict: Verdict, request: &Request) {
        let (policy, counter, refusal) = match &verdict {
            Verdict::Forward(admission) => {
                let refusal = admission.refusal().map(|refusal| (Fate::LetPass, refusal));
                (admission.policy_name(), RequestCounter::from(admission.outcome()), refusal)
            }
            Verdict::Reject(rejection) => {
                let counter = RequestCounter::Rejected(rejection.reason);
                (rejection.policy.as_ref(), counter, Some((Fate::Refused, rejection.as_ref())))
            }
        };
        self.effects.push_back(Effect::Count(Count::Request(policy.cloned(), counter)));
        if let Some((fate, refusal)) = refusal {
            self.effects.push_back(Effect::Log(Level::Debug, refusal.line(fate)));
        }
        self.effects.push_back(match verdict {
            Verdict::Forward(admission) => Effect::Continue(id, admission),
            Verdict::Reject(rejection) => {
                Effect::Answer(id, Answer::to(&rejection, request.method()), rejection)
            }
        });
    }

    /// Chooses when to tick next.
    fn plan_tick(&mut self, now: UnixTime) {
        let next = self.providers.iter().map(|one| one.lifecycle.wake_at(now)).min();
        let pause = next.map_or(SLOWEST_TICK, |next| next.saturating_duration_since(now));
        let slowest = if self.waiting.len() > 0 { HOLDING_TICK } else { SLOWEST_TICK };
        self.tick_every(pause.clamp(WAKE, slowest));
    }

    fn tick_every(&mut self, period: Duration) {
        if self.stage == Stage::Serving
            && let Some(period) = self.ticks.choose(self.profile.timer, period)
        {
            self.effects.push_back(Effect::TickEvery(period));
        }
    }
}
