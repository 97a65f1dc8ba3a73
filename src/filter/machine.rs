//! The machine: what happens to a request, to an answer to a callout, and at a tick.

use std::time::Duration;

use super::announcement;
use super::callouts::CalloutId;
use super::effect::{Count, Effect, Effects, Level, RequestId};
use super::explanations::Explanations;
use super::judge::{Judge, conclude};
use super::profile::{Dispatching, Holding, Profile};
use super::proofs::Proofs;
use super::providers::Providers;
use super::setup::Setup;
use super::surroundings::{Moment, Surroundings};
use super::timer::{HOLDING_TICK, SLOWEST_TICK, Ticks, WAKE};
use super::waiting_room::{Held, WaitingRoom};
use crate::excerpt::Excerpt;
use crate::gate::{Decision, Demand, Explanation, Gate, Request, Verdict};
use crate::keys::{Keyring, ProviderId, Response, VmId, Want};
use crate::time::UnixTime;

/// One configured filter in one VM.
#[derive(Debug)]
pub struct Filter {
    gate: Gate,
    providers: Providers,
    waiting: WaitingRoom,
    proofs: Proofs,
    explanations: Explanations,
    ticks: Ticks,
    profile: Profile,
    effects: Effects,
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
    /// The filter of a configuration that is loaded now. Its first tick starts fetching: a VM that only tests the
    /// configuration never gets one.
    pub fn new(setup: Setup, vm: VmId, profile: Profile, now: UnixTime) -> Self {
        let Setup { gate, providers, refresh, documents, held_requests } = setup;
        let mut filter = Self {
            gate,
            providers: Providers::new(providers, &refresh, documents, vm, now),
            waiting: WaitingRoom::default(),
            proofs: Proofs::default(),
            explanations: Explanations::default(),
            ticks: Ticks::default(),
            profile,
            effects: Effects::new(),
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

    /// Sets the host's profile, once a request has shown which host it is.
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
        self.providers.keyring()
    }

    /// How many requests are held.
    pub fn held(&self) -> usize {
        self.waiting.len()
    }

    /// The provider that a callout is for, while it is under way.
    pub fn provider_of(&self, callout: CalloutId) -> Option<ProviderId> {
        self.providers.callouts().provider_of(callout)
    }

    /// Why an attempt to fetch a provider's documents failed, the last one that did.
    pub fn last_error(&self, provider: ProviderId) -> Option<&Excerpt> {
        self.providers.last_error(provider)
    }

    /// How many callouts wait to be sent or answered.
    pub fn callouts(&self) -> usize {
        self.providers.callouts().len()
    }

    /// A request came.
    pub fn request(&mut self, now: UnixTime, id: RequestId, request: Request, host: &dyn Surroundings) {
        let at = Moment { now, host };
        let mut revision = self.keyring().revision();
        let mut decision = self.judge(at).decide(id, &request);
        if let Decision::Wait(pending) = &decision {
            // Another VM may have fetched what is missing. What else it wrote down changes no decision.
            self.providers.look_at(&pending.demand, at, &mut self.effects);
            self.providers.remark(&self.gate, &mut self.effects);
            if self.keyring().revision() != revision {
                revision = self.keyring().revision();
                decision = self.judge(at).decide(id, &request);
            }
        }
        let pending = match decision {
            Decision::Wait(pending) => pending,
            Decision::Final(verdict) => return self.conclude(id, verdict, &request, now),
        };
        // A filter without ticks would take the lease, and never fetch.
        if self.stage == Stage::Serving {
            self.providers.want(&pending.demand, at, &mut self.effects);
        }
        let deadline = now + self.max_wait;
        if !self.providers.may_come(&pending.demand, now, deadline) {
            let verdict = self.judge(at).still(id, &request, pending, revision).settle(self.keyring(), now);
            return self.conclude(id, verdict, &request, now);
        }
        let soon = if self.providers.callouts().any_unsent() { WAKE } else { HOLDING_TICK };
        if self.stage == Stage::Serving
            && let Some(period) = self.ticks.hurry(self.profile.timer, soon)
        {
            self.effects.push_back(Effect::TickEvery(period));
        }
        let holds = self.profile.holding == Holding::Possible && self.stage == Stage::Serving;
        if !holds || self.waiting.len() >= self.held_requests {
            let verdict = self.judge(at).still(id, &request, pending, revision).give_up(self.keyring(), now);
            return self.conclude(id, verdict, &request, now);
        }
        let forged = self.gate.forged(&request);
        if !forged.is_empty() {
            self.effects.push_back(Effect::Hide(id, forged));
        }
        self.waiting.hold(id, Held { request, pending, revision, since: now, deadline });
        self.effects.push_back(Effect::Count(Count::Held(1)));
    }

    /// A request's stream has ended: nothing is left to settle for it. Its fetch goes on. Gives the change of a metric
    /// where it was held: a host may say this in the middle of another effect.
    pub fn gone(&mut self, id: RequestId) -> Option<Count> {
        self.waiting.remove(id).map(|_| Count::Held(-1))
    }

    /// Time went by.
    pub fn tick(&mut self, now: UnixTime, host: &dyn Surroundings) {
        let at = Moment { now, host };
        self.providers.forget_lost(now);
        self.send(now);
        for (at, lookups) in self.gate.take_lookups().map(|(_, lookups)| lookups).enumerate() {
            if lookups.hits > 0 || lookups.misses > 0 {
                self.effects.push_back(Effect::Count(Count::Lookups(at, lookups)));
            }
        }
        let forgotten = self.proofs.take_forgotten();
        if forgotten > 0 {
            self.effects.push_back(Effect::Count(Count::ProofsForgotten(forgotten)));
        }
        self.providers.tick(at, &mut self.effects);
        // Requests that wait shorten the pause between attempts.
        let first = |demand: &&Demand| matches!(demand, Demand::Keys(keys) if keys.want == Want::FirstKeys);
        let mut demands: Vec<Demand> = Vec::new();
        for demand in self.waiting.demands().filter(first) {
            if !demands.contains(demand) {
                demands.push(demand.clone());
            }
        }
        for demand in &demands {
            self.providers.want(demand, at, &mut self.effects);
        }
        self.send(now);
        self.settle_held(at);
        self.send(now);
        self.providers.remark(&self.gate, &mut self.effects);
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
        let at = Moment { now, host };
        if !self.providers.response(callout, response, at, &mut self.effects) {
            return;
        }
        self.providers.remark(&self.gate, &mut self.effects);
        self.settle_held(at);
        if self.profile.dispatching == Dispatching::FromResponses {
            self.send(now);
        }
        self.plan_tick(now);
    }

    /// Settles every request that is held, since this filter ends: another configuration takes its place.
    pub fn close(&mut self, now: UnixTime, host: &dyn Surroundings) {
        self.stage = Stage::Closed;
        for (id, held) in self.waiting.take_if(|_| true) {
            let Held { request, pending, revision, since, .. } = held;
            let judge = self.judge(Moment { now, host });
            let verdict = judge.still(id, &request, pending, revision).give_up(self.keyring(), now);
            self.leave(id, &request, since, verdict, now);
        }
    }

    /// Settles every held request that has nothing left to wait for.
    fn settle_held(&mut self, at: Moment<'_>) {
        let now = at.now;
        let revision = self.keyring().revision();
        // Deciding costs a look at the token: thousands may be held, and ticks are quick meanwhile.
        let due = self.waiting.take_if(|held| {
            held.revision != revision
                || held.is_over(now)
                || !self.providers.may_come(&held.pending.demand, now, held.deadline)
        });
        for (id, held) in due {
            let is_over = held.is_over(now);
            let Held { request, pending, revision, since, deadline } = held;
            if is_over {
                let verdict =
                    self.judge(at).still(id, &request, pending, revision).give_up(self.keyring(), now);
                self.leave(id, &request, since, verdict, now);
                continue;
            }
            let revision = self.keyring().revision();
            let verdict = match self.judge(at).decide(id, &request) {
                Decision::Final(verdict) => verdict,
                Decision::Wait(pending) => {
                    self.providers.want_again(&pending.demand, since, at, &mut self.effects);
                    if self.providers.may_come(&pending.demand, now, deadline) {
                        self.waiting.hold(id, Held { request, pending, revision, since, deadline });
                        continue;
                    }
                    self.judge(at).still(id, &request, pending, revision).settle(self.keyring(), now)
                }
            };
            self.leave(id, &request, since, verdict, now);
        }
    }

    /// Ends the wait of a request.
    fn leave(&mut self, id: RequestId, request: &Request, since: UnixTime, verdict: Verdict, now: UnixTime) {
        self.effects.push_back(Effect::Count(Count::Held(-1)));
        let waited = now.saturating_duration_since(since);
        self.effects.push_back(Effect::Count(Count::HeldFor(waited)));
        self.conclude(id, verdict, request, now);
    }

    fn conclude(&mut self, id: RequestId, verdict: Verdict, request: &Request, now: UnixTime) {
        if verdict.refusal().is_some_and(|(_, refusal)| refusal.explanation == Explanation::Given) {
            self.explanations.count(now);
        }
        conclude(id, verdict, request, &mut self.effects);
    }

    fn judge<'a>(&'a self, at: Moment<'a>) -> Judge<'a> {
        Judge {
            gate: &self.gate,
            keyring: self.providers.keyring(),
            removal: self.profile.removal,
            proofs: &self.proofs,
            detail: self.explanations.detail(at.now),
            at,
        }
    }

    fn send(&mut self, now: UnixTime) {
        self.providers.send(now, &mut self.effects);
    }

    /// Chooses when to tick next.
    fn plan_tick(&mut self, now: UnixTime) {
        let next = self.providers.wake_at(now);
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
