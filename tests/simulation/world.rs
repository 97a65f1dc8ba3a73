//! The world of one history: what happens when, and whether an invariant holds all the while.

use std::collections::BTreeMap;
use std::time::Duration;

use validate_jwt::filter::{CalloutId, Dispatching, Effect, Holding, RequestId, Timer};
use validate_jwt::keys::{Fetch, FetchStep, Response};
use validate_jwt::time::UnixTime;

use crate::caller::{Kind, Token};
use crate::chance::Chance;
use crate::key::KeyPair;
use crate::oracle::{self, End, Moments, SLACK};
use crate::plan::Plan;
use crate::pool::POINTS;
use crate::provider::{Answers, Fault, Moment, Provider};
use crate::shared::Shared;
use crate::vm::{self, Open, Vm};

/// Whether a history is told step by step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Telling {
    Silent,
    Aloud,
}

/// Something that happens.
#[derive(Debug, Clone)]
enum Event {
    Tick {
        vm: usize,
        timer: u64,
    },
    Delivery {
        vm: usize,
        life: u64,
        callout: CalloutId,
        provider: usize,
        step: FetchStep,
        response: Response,
    },
    Ask,
    Leave {
        vm: usize,
        id: RequestId,
    },
    Rotate,
    ProviderFault,
    Die,
    Restart {
        vm: usize,
    },
    Reconfigure,
    Jump,
    Calm,
    Warm,
    Prove,
    Quiet,
    End,
}

/// In the middle of what an effect was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum During {
    Load,
    Request(RequestId),
    Response,
    Tick,
}

struct World {
    plan: Plan,
    chance: Chance,
    now: Moment,
    /// What clocks show at the history's beginning.
    epoch: UnixTime,
    events: BTreeMap<(Moment, u64), Event>,
    count: u64,
    shared: Shared,
    providers: Vec<Provider>,
    vms: Vec<Option<Vm>>,
    lives: u64,
    next_request: u32,
    next_pair: usize,
    disturbed: Option<Moment>,
    jumped: Option<Moment>,
    calm: bool,
    must_pass: bool,
    quiet_ticks: Option<Vec<u64>>,
    /// How often the configuration was changed, and when last.
    configurations: usize,
    /// The one that is loaded.
    variant: u64,
    reconfigured: Option<Moment>,
    telling: Telling,
}

/// Runs one history.
pub(crate) fn run(seed: u64, telling: Telling) -> Result<(), String> {
    let mut chance = Chance::new(seed);
    let plan = Plan::of(seed, &mut chance);
    let providers = plan.providers.iter().enumerate().map(|(at, identity)| {
        let fault = chance.percent(plan.may.illnesses).then(|| Fault::any(&mut chance));
        let answers = if chance.percent(plan.may.parts) { Answers::InParts } else { Answers::Whole };
        Provider::new(identity.clone(), KeyPair(at), fault, answers)
    });
    let providers: Vec<Provider> = providers.collect();
    let mut world = World {
        shared: Shared::new(seed, plan.may.lost_swaps),
        next_pair: providers.len(),
        providers,
        now: Moment::ZERO,
        epoch: UnixTime::from_seconds(1_800_000_000),
        events: BTreeMap::new(),
        count: 0,
        vms: Vec::new(),
        lives: 0,
        next_request: 0,
        disturbed: None,
        jumped: None,
        calm: false,
        must_pass: false,
        quiet_ticks: None,
        configurations: 0,
        variant: 0,
        reconfigured: None,
        telling,
        chance,
        plan,
    };
    world.tell(|world| format!("{:?}", world.plan));
    // One VM more than workers: the main thread has one too, which gets no requests.
    for vm in 0..=world.plan.workers {
        world.vms.push(None);
        world.start(vm)?;
    }
    world.schedule();
    while let Some(((now, _), event)) = world.events.pop_first() {
        world.now = now;
        if matches!(event, Event::End) {
            return world.end();
        }
        world.happen(event).map_err(|fault| format!("at {now:?}: {fault}"))?;
    }
    Err("the history ended early".to_owned())
}

impl World {
    fn tell(&self, line: impl FnOnce(&Self) -> String) {
        if self.telling == Telling::Aloud {
            println!("{:>12?} {}", self.now, line(self));
        }
    }

    fn wall(&self) -> UnixTime {
        self.epoch + self.now
    }

    fn at(&mut self, delay: Duration, event: Event) {
        self.count += 1;
        self.events.insert((self.now + delay, self.count), event);
    }

    /// Plans what does not follow from anything else.
    fn schedule(&mut self) {
        let (end, may) = (self.plan.faults_end, self.plan.may);
        let somewhere = |chance: &mut Chance| chance.between(Duration::ZERO, end);
        let asks = 20 + self.chance.below(60);
        for _ in 0..asks {
            let when = somewhere(&mut self.chance);
            self.at(when, Event::Ask);
        }
        // Many ask at once, and many at the beginning.
        let rush = if self.chance.percent(30) { somewhere(&mut self.chance) } else { Duration::ZERO };
        for _ in 0..self.chance.below(30) {
            let when = rush + self.chance.between(Duration::ZERO, Duration::from_secs(3));
            self.at(when, Event::Ask);
        }
        for (percent, most, event) in [
            (may.rotations, 4, Event::Rotate),
            (may.illnesses, 4, Event::ProviderFault),
            (may.deaths, 3, Event::Die),
            (may.reconfigurations, 3, Event::Reconfigure),
            (may.jumps, 2, Event::Jump),
        ] {
            if percent > 0 {
                for _ in 0..=self.chance.below(most) {
                    let when = somewhere(&mut self.chance);
                    self.at(when, event.clone());
                }
            }
        }
        self.at(end, Event::Calm);
        let times = self.plan.times;
        let settled =
            end + times.retry_max * 12 / 10 + times.lease() * 2 + times.unknown_kid_interval + SLACK;
        self.at(settled, Event::Warm);
        let warm = settled + SLACK;
        self.at(warm, Event::Prove);
        let answered = warm + times.max_wait + SLACK;
        self.at(answered, Event::Quiet);
        self.at(answered + QUIET, Event::End);
    }

    fn happen(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Tick { vm, timer } => self.tick(vm, timer),
            Event::Delivery { vm, life, callout, provider, step, response } => {
                self.deliver(vm, life, callout, provider, step, response)
            }
            Event::Ask => {
                let kind = Kind::any(&mut self.chance);
                let vm = self.chance.index(self.plan.workers);
                self.ask(vm, kind)
            }
            Event::Leave { vm, id } => {
                if let Some(Some(vm)) = self.vms.get_mut(vm)
                    && vm.open.remove(&id).is_some()
                {
                    let _ = vm.filter.gone(id);
                }
                Ok(())
            }
            Event::Rotate => {
                let at = self.chance.index(self.providers.len());
                // The last one of the pool is nobody's.
                if self.next_pair + 1 < POINTS.len() {
                    self.providers[at].publish(KeyPair(self.next_pair), self.now);
                    self.next_pair += 1;
                }
                if self.chance.percent(60) {
                    self.providers[at].withdraw(self.now);
                }
                self.tell(|world| format!("provider {at} rotates: {:?}", world.providers[at].keys.last()));
                Ok(())
            }
            Event::ProviderFault => {
                if !self.calm {
                    let at = self.chance.index(self.providers.len());
                    let well = self.providers[at].fault.is_some() || self.chance.percent(30);
                    let fault = (!well).then(|| Fault::any(&mut self.chance));
                    self.providers[at].set_fault(fault, self.now);
                    self.tell(|_| format!("provider {at}: {fault:?}"));
                }
                Ok(())
            }
            Event::Die => {
                let vm = self.chance.index(self.vms.len());
                self.tell(|_| format!("VM {vm} dies"));
                self.vms[vm] = None;
                self.disturb();
                let pause = self.chance.between(Duration::from_millis(1), Duration::from_secs(5));
                self.at(pause, Event::Restart { vm });
                Ok(())
            }
            Event::Restart { vm } => self.start(vm),
            Event::Reconfigure => self.reconfigure(),
            Event::Jump => {
                let by = self.chance.between(Duration::from_secs(1), Duration::from_secs(5000));
                let back = self.chance.percent(50);
                self.epoch = if back { self.epoch - by } else { self.epoch + by };
                self.jumped = Some(self.now);
                self.disturb();
                self.tell(|_| format!("the clock goes {} by {by:?}", if back { "back" } else { "on" }));
                Ok(())
            }
            Event::Calm => {
                self.calm = true;
                for provider in &mut self.providers {
                    provider.answers = Answers::Whole;
                }
                self.shared.calm();
                for at in 0..self.providers.len() {
                    self.providers[at].set_fault(None, self.now);
                }
                self.tell(|_| "no more faults".to_owned());
                Ok(())
            }
            // Where nobody is held, the first one to bring a new key is told to come again.
            Event::Warm => {
                for provider in 0..self.providers.len() {
                    for key in 0..self.providers[provider].current().count() {
                        let wall = self.wall().as_seconds();
                        let place = (provider, key);
                        let token =
                            Token::mint_with(Kind::Good, &self.providers, place, wall, &mut self.chance);
                        self.send(0, token)?;
                    }
                }
                Ok(())
            }
            Event::Prove => {
                self.must_pass = true;
                for vm in 0..self.plan.workers {
                    for _ in 0..3 {
                        self.ask(vm, Kind::Good)?;
                    }
                }
                Ok(())
            }
            Event::Quiet => {
                self.quiet_ticks =
                    Some(self.vms.iter().map(|vm| vm.as_ref().map_or(0, |vm| vm.ticks)).collect());
                Ok(())
            }
            Event::End => Ok(()),
        }
    }

    fn disturb(&mut self) {
        self.disturbed = Some(self.now);
    }

    fn start(&mut self, vm: usize) -> Result<(), String> {
        if self.vms[vm].is_some() {
            return Ok(());
        }
        self.lives += 1;
        let filter = vm::filter(&self.plan, self.variant, self.lives, self.wall());
        self.vms[vm] = Some(Vm {
            filter,
            open: BTreeMap::new(),
            period: None,
            timer: self.lives << 32,
            started: self.now,
            ticks: 0,
            has_metadata: std::collections::BTreeSet::new(),
        });
        self.carry_out(vm, During::Load)
    }

    /// Another configuration in the same root context: what the one before holds is settled.
    fn reconfigure(&mut self) -> Result<(), String> {
        let variant = self.chance.below(100);
        self.variant = variant;
        self.configurations += 1;
        self.reconfigured = Some(self.now);
        self.tell(|_| format!("another configuration: {variant}"));
        for at in 0..self.vms.len() {
            let (wall, shared) = (self.wall(), self.shared.clone());
            self.lives += 1;
            let Some(vm) = &mut self.vms[at] else { continue };
            vm.filter.close(wall, &shared);
            self.carry_out(at, During::Tick)?;
            let lives = self.lives;
            let filter = vm::filter(&self.plan, variant, lives, wall);
            let Some(vm) = &mut self.vms[at] else { continue };
            if let Some((id, open)) = vm.open.iter().next() {
                return Err(format!("{id:?} was left behind by a new configuration: {open:?}"));
            }
            vm.filter = filter;
            vm.period = None;
            vm.timer = lives << 32;
            vm.has_metadata.clear();
            self.carry_out(at, During::Load)?;
        }
        Ok(())
    }

    fn ask(&mut self, vm: usize, kind: Kind) -> Result<(), String> {
        let wall = self.wall().as_seconds();
        let token = Token::mint(kind, &self.providers, wall, &mut self.chance);
        self.send(vm, token)
    }

    fn send(&mut self, vm: usize, token: Token) -> Result<(), String> {
        let (wall, shared) = (self.wall(), self.shared.clone());
        self.next_request += 1;
        let id = RequestId(self.next_request);
        self.tell(|_| {
            format!("VM {vm} {id:?}: {:?} {} of provider {}", token.kind, token.key_id, token.provider)
        });
        let now = self.now;
        let Some(Some(there)) = self.vms.get_mut(vm) else { return Ok(()) };
        let request = token.request();
        there.open.insert(id, Open { token, asked: now });
        there.filter.request(wall, id, request, &shared);
        self.carry_out(vm, During::Request(id))?;
        let held = self.vms[vm].as_ref().is_some_and(|vm| vm.open.contains_key(&id));
        if held && self.plan.profile.holding == Holding::Refused {
            return Err("held by a host that cannot".to_owned());
        }
        if held && !self.must_pass && self.chance.percent(10) {
            let pause = self.chance.between(Duration::ZERO, self.plan.times.max_wait);
            self.at(pause, Event::Leave { vm, id });
        }
        Ok(())
    }

    fn tick(&mut self, at: usize, timer: u64) -> Result<(), String> {
        let (wall, shared) = (self.wall(), self.shared.clone());
        let Some(Some(vm)) = self.vms.get_mut(at) else { return Ok(()) };
        if vm.timer != timer {
            return Ok(());
        }
        vm.ticks += 1;
        vm.filter.tick(wall, &shared);
        let period = vm.period;
        self.carry_out(at, During::Tick)?;
        let same = self.vms[at].as_ref().is_some_and(|vm| vm.timer == timer);
        if let Some(period) = period.filter(|_| same) {
            self.plan_tick(at, period, timer);
        }
        Ok(())
    }

    fn plan_tick(&mut self, vm: usize, period: Duration, timer: u64) {
        let late = self.chance.between(Duration::ZERO, Duration::from_millis(3));
        self.at(period + late, Event::Tick { vm, timer });
    }

    fn deliver(
        &mut self,
        at: usize,
        life: u64,
        callout: CalloutId,
        provider: usize,
        step: FetchStep,
        response: Response,
    ) -> Result<(), String> {
        let (wall, shared) = (self.wall(), self.shared.clone());
        let Some(Some(vm)) = self.vms.get_mut(at) else { return Ok(()) };
        if vm.timer >> 32 != life {
            return Ok(());
        }
        if step == FetchStep::Metadata {
            vm.has_metadata.insert(provider);
        }
        vm.filter.response(wall, callout, response, &shared);
        self.carry_out(at, During::Response)
    }

    /// Does what a filter wants, and looks at whether it may want it.
    fn carry_out(&mut self, at: usize, during: During) -> Result<(), String> {
        loop {
            let Some(Some(vm)) = self.vms.get_mut(at) else { return Ok(()) };
            let Some(effect) = vm.filter.next_effect() else { return Ok(()) };
            match effect {
                Effect::Continue(id, _) => self.conclude(at, id, End::Continued)?,
                Effect::Answer(id, answer, _) => self.conclude(at, id, End::Answered(answer.status))?,
                Effect::Serve(..) => return Err("no configuration has metadata to serve".to_owned()),
                Effect::Dispatch(id, fetch) => self.dispatch(at, id, &fetch, during)?,
                Effect::TickEvery(period) => {
                    let fixed = matches!(self.plan.profile.timer, Timer::Fixed(_));
                    if fixed && (vm.period.is_some() || matches!(during, During::Request(_))) {
                        return Err("the timer of a host that bears no change was changed".to_owned());
                    }
                    vm.period = Some(period);
                    vm.timer += 1;
                    let timer = vm.timer;
                    self.plan_tick(at, period, timer);
                }
                Effect::Count(_) | Effect::Hide(..) => {}
                Effect::Log(level, line) => self.tell(|_| format!("VM {at} {level:?}: {line}")),
            }
        }
    }

    fn conclude(&mut self, at: usize, id: RequestId, end: End) -> Result<(), String> {
        let Some(Some(vm)) = self.vms.get_mut(at) else { return Ok(()) };
        let open = vm.open.remove(&id).ok_or_else(|| format!("{id:?} had its answer already"))?;
        let moments = Moments {
            now: self.now,
            wall: self.epoch.as_seconds() + i64::try_from(self.now.as_secs()).expect("a short time"),
            disturbed: self.disturbed,
            jumped: self.jumped,
            reconfigured: self.reconfigured,
            started: vm.started,
            held: vm.filter.held(),
        };
        self.tell(|_| format!("VM {at} {id:?}: {end:?}"));
        if self.must_pass && end != End::Continued {
            return Err(format!("long after the last fault: {end:?} {open:?}"));
        }
        oracle::judge(&self.plan, &self.providers, &open, end, moments)
    }

    fn dispatch(&mut self, at: usize, id: CalloutId, fetch: &Fetch, during: During) -> Result<(), String> {
        match (during, self.plan.profile.dispatching) {
            (During::Request(_) | During::Load, _) => {
                return Err(format!("a callout was sent during {during:?}"));
            }
            (During::Response, Dispatching::FromTicks) => {
                return Err("a callout was sent from an answer where the host bears none".to_owned());
            }
            _ => {}
        }
        let provider = self
            .providers
            .iter()
            .position(|provider| provider.identity.host == fetch.url.host())
            .ok_or_else(|| format!("a callout to {}", fetch.url))?;
        let (now, wall, shared) = (self.now, self.wall(), self.shared.clone());
        let Some(Some(vm)) = self.vms.get_mut(at) else { return Ok(()) };
        let life = vm.timer >> 32;
        let goes_on = vm.has_metadata.remove(&provider) && fetch.step == FetchStep::Keys;
        if !goes_on {
            self.providers[provider].attempts.push(now);
        }
        let may = self.plan.may;
        if !self.calm && self.chance.percent(may.unsent) {
            self.disturb();
            let response = self.chance.pick(&[0, 1]);
            let response = if response == 0 { Response::NotSent } else { Response::NoCluster };
            self.tell(|_| format!("VM {at} {id:?}: {response:?}"));
            if let Some(Some(vm)) = self.vms.get_mut(at) {
                vm.filter.response(wall, id, response, &shared);
            }
            return Ok(());
        }
        if !self.calm && self.chance.percent(may.lost_answers) {
            self.disturb();
            self.tell(|_| format!("VM {at} {id:?}: never answered"));
            return Ok(());
        }
        let delay = if !self.calm && self.chance.percent(5) {
            self.chance.between(Duration::ZERO, fetch.timeout * 9 / 10)
        } else {
            self.chance.between(Duration::from_millis(2), Duration::from_millis(200))
        };
        let (delay, response) = match self.providers[provider].answer(fetch.step, now, &mut self.chance) {
            Some(response) => (delay, response),
            None => (fetch.timeout, Response::Answered { status: 504, body: b"timeout".to_vec() }),
        };
        self.tell(|_| format!("VM {at} {id:?}: asks {} in {delay:?}", fetch.url));
        let delivery = Event::Delivery { vm: at, life, callout: id, provider, step: fetch.step, response };
        if !self.calm && self.chance.percent(may.doubled_answers) {
            let again = delay + self.chance.between(Duration::ZERO, Duration::from_secs(2));
            self.at(again, delivery.clone());
        }
        self.at(delay, delivery);
        Ok(())
    }

    /// What has to be true once everything is over.
    fn end(&self) -> Result<(), String> {
        for (at, vm) in self.vms.iter().enumerate() {
            let Some(vm) = vm else { return Err(format!("VM {at} was never started again")) };
            if let Some((id, open)) = vm.open.iter().next() {
                return Err(format!("{id:?} never had an answer: {open:?}"));
            }
            if vm.filter.held() > 0 || vm.filter.callouts() > self.providers.len() {
                return Err(format!(
                    "VM {at} keeps {} requests, {} callouts",
                    vm.filter.held(),
                    vm.filter.callouts()
                ));
            }
            let before = self.quiet_ticks.as_ref().map_or(0, |ticks| ticks[at]);
            if vm.ticks - before > MOST_QUIET_TICKS {
                return Err(format!("VM {at} ticked {} times while nothing happened", vm.ticks - before));
            }
        }
        let (values, bytes) = self.shared.size();
        // A record for each configuration of its own, and what was fetched from the place.
        if values > self.providers.len() * (2 + self.configurations) || bytes > 100_000 {
            return Err(format!("shared data holds {values} values, {bytes} bytes"));
        }
        self.attempts()
    }

    /// Providers are asked no more often than documented.
    fn attempts(&self) -> Result<(), String> {
        let times = &self.plan.times;
        for provider in &self.providers {
            let per = |time: Duration| self.now.as_secs_f64() / time.as_secs_f64();
            let refreshed = times.interval.min(times.max_stale * 4 / 5);
            let causes = if provider.faults == 0 && provider.healthy_since == Some(Moment::ZERO) {
                per(refreshed) / 0.85
            } else {
                per(times.retry_initial) / 0.85 + per(refreshed) / 0.85
            };
            let most = causes + per(times.unknown_kid_interval) + 3.0;
            #[expect(clippy::cast_precision_loss, reason = "a small number")]
            let attempts = provider.attempts.len() as f64;
            if self.disturbed.is_none() && attempts > most {
                return Err(format!(
                    "{attempts} attempts on {}, {most:.1} documented",
                    provider.identity.host
                ));
            }
        }
        Ok(())
    }
}

/// How long nothing happens at the end.
const QUIET: Duration = Duration::from_secs(5);

/// Four ticks a second are a fixed timer; waiting for another worker's refresh adds fifty a second.
const MOST_QUIET_TICKS: u64 = 120;
