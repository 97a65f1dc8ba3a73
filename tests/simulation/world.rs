//! The world of one history: what happens when, and whether an invariant holds all the while.

mod effects;
mod end;
mod event;
mod vms;

use std::collections::BTreeMap;
use std::time::Duration;

use validate_jwt::time::UnixTime;

use crate::caller::{Kind, Token};
use crate::chance::Chance;
use crate::key::KeyPair;
use crate::plan::Plan;
use crate::pool::POINTS;
use crate::provider::{Answers, Fault, Moment, Provider};
use crate::shared::Shared;
use crate::vm::Vm;
use event::Event;

/// Whether a history is told step by step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Telling {
    Silent,
    Aloud,
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
        let answers = if chance.percent(plan.may.parts) {
            Answers::InParts
        } else {
            Answers::Whole { since: Moment::ZERO }
        };
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
                    provider.answer_whole(self.now);
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
}
