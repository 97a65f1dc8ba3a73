//! What the filters want done, and whether they may want it.

use std::time::Duration;

use validate_jwt::filter::{CalloutId, Dispatching, Effect, RequestId, Timer};
use validate_jwt::keys::{Fetch, FetchStep, Response};

use super::World;
use super::event::Event;
use crate::oracle::{self, End, Moments};

/// In the middle of what an effect was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum During {
    Load,
    Request(RequestId),
    Response,
    Tick,
}

impl World {
    /// Does what a filter wants, and looks at whether it may want it.
    pub(super) fn carry_out(&mut self, at: usize, during: During) -> Result<(), String> {
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
}
