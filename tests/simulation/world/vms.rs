//! What reaches the VMs: configurations, requests, ticks and answers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use validate_jwt::filter::{CalloutId, Holding, RequestId};
use validate_jwt::keys::{FetchStep, Response};

use super::World;
use super::effects::During;
use super::event::Event;
use crate::caller::{Kind, Token};
use crate::vm::{self, Open, Vm};

impl World {
    pub(super) fn start(&mut self, vm: usize) -> Result<(), String> {
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
            has_metadata: BTreeSet::new(),
        });
        self.carry_out(vm, During::Load)
    }

    /// Another configuration in the same root context: what the one before holds is settled.
    pub(super) fn reconfigure(&mut self) -> Result<(), String> {
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

    pub(super) fn ask(&mut self, vm: usize, kind: Kind) -> Result<(), String> {
        let wall = self.wall().as_seconds();
        let token = Token::mint(kind, &self.providers, wall, &mut self.chance);
        self.send(vm, token)
    }

    pub(super) fn send(&mut self, vm: usize, token: Token) -> Result<(), String> {
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

    pub(super) fn tick(&mut self, at: usize, timer: u64) -> Result<(), String> {
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

    pub(super) fn plan_tick(&mut self, vm: usize, period: Duration, timer: u64) {
        let late = self.chance.between(Duration::ZERO, Duration::from_millis(3));
        self.at(period + late, Event::Tick { vm, timer });
    }

    pub(super) fn deliver(
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
}
