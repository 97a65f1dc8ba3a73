//! One configured filter in this VM; carries out its effects.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use super::abi::{self, HostError};
use super::apply::{self, Applied, Publication};
use super::callout::{self, Arrived};
use super::crypto::ProxyEngine;
use super::effective::Effective;
use super::log::line;
use super::meter::Meter;
use super::neighbours;
use super::surroundings::HostSurroundings;
use super::traits::{self, Fitness, HostTraits};
use crate::config::{Config, HostCrypto, Naming, OutcomeState};
use crate::filter::{CalloutId, Effect, Filter, Level, Profile, Questions, RequestId, Shortcomings};
use crate::gate::Request;
use crate::keys::{VmId, WaitMode};
use crate::time::UnixTime;

/// A configured filter in one VM. The filter is borrowed only while it decides, never while an effect is carried out.
pub(super) struct Worker {
    root: u32,
    filter: RefCell<Filter>,
    meter: Meter,
    effective: Effective,
    host_crypto: HostCrypto,
    outcome_state: OutcomeState,
    naming: Naming,
    wait: WaitMode,
    document_bytes: usize,
    /// Streams whose request was let pass, until they end. Nothing else of any stream passes.
    let_pass: RefCell<BTreeSet<u32>>,
    /// What the host looked like at load.
    first_look: Profile,
    host: Cell<Option<HostTraits>>,
    neighbours: Cell<Neighbours>,
}

/// Whether the VM's name has been asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Neighbours {
    Unasked,
    Asked,
}

impl Worker {
    /// The filter of a configuration, in a root context that is active now.
    ///
    /// # Errors
    ///
    /// What the configuration demands and this host cannot do.
    pub(super) fn start(
        root: u32,
        mut config: Config,
        vm: VmId,
        now: UnixTime,
    ) -> Result<Rc<Self>, Vec<String>> {
        let Config { host_crypto, outcome_state, naming, .. } = config;
        let warnings = std::mem::take(&mut config.warnings);
        let setup = crate::setup(config);
        let mut announcement: Vec<_> =
            warnings.iter().map(|warning| (Level::Warn, format!("configuration: {warning}"))).collect();
        let version = env!("CARGO_PKG_VERSION");
        let (policies, providers) = (setup.gate.policies().len(), setup.providers.len());
        let loaded = format!("validate-jwt {version}: {policies} policies, {providers} providers");
        announcement.push((Level::Info, loaded));
        let (wait, document_bytes) = (setup.refresh.wait, setup.documents.document_bytes);
        let first_look = traits::at_load();
        let Shortcomings { refused, idle } = Shortcomings::of(&setup.gate, wait, first_look);
        if !refused.is_empty() {
            return Err(refused);
        }
        announcement.extend(idle.into_iter().map(|line| (Level::Warn, line)));
        let meter = Meter::new(&setup.gate, setup.providers.iter().map(|provider| &*provider.name));
        let worker = Rc::new(Self {
            root,
            filter: RefCell::new(Filter::new(setup, vm, first_look.waiting(wait), now)),
            meter,
            effective: Effective::default(),
            host_crypto,
            outcome_state,
            naming,
            wait,
            document_bytes,
            let_pass: RefCell::default(),
            first_look,
            host: Cell::new(None),
            neighbours: Cell::new(Neighbours::Unasked),
        });
        worker.effective.enter(root);
        worker.filter.borrow_mut().announce(now, announcement, &worker.surroundings(ProxyEngine::off()));
        worker.carry_out(now);
        Ok(worker)
    }

    /// Decides on the request of the active stream.
    pub(super) fn on_request(self: &Rc<Self>, stream: u32, mut request: Request) {
        self.effective.enter(stream);
        let traits = self.traits();
        if self.naming == Naming::Named {
            request.route = traits.route_choice();
        }
        request.sent_target = traits.sent_target();
        let Some(now) = abi::current_time().ok().filter(|_| traits.fitness == Fitness::Fit) else {
            return apply::fail_closed();
        };
        self.filter.borrow_mut().request(now, RequestId(stream), request, &self.surroundings(traits.engine));
        self.carry_out(now);
    }

    /// Whether a stream's request was let pass.
    pub(super) fn was_let_pass(&self, stream: u32) -> bool {
        self.let_pass.borrow().contains(&stream)
    }

    /// Takes forged trailers from the request of the active stream.
    ///
    /// # Errors
    ///
    /// What the host says. The trailers do not go on then.
    pub(super) fn strip_trailers(&self) -> Result<(), HostError> {
        apply::strip_trailers(self.filter.borrow().gate())
    }

    /// A stream has ended, or nothing more of it passes.
    pub(super) fn forget(&self, stream: u32) {
        self.let_pass.borrow_mut().remove(&stream);
        let gone = self.filter.try_borrow_mut().ok().and_then(|mut filter| filter.gone(RequestId(stream)));
        if let Some(count) = gone {
            self.meter.count(&count);
        }
    }

    /// Time went by.
    pub(super) fn on_tick(self: &Rc<Self>) {
        self.effective.enter(self.root);
        let Ok(now) = abi::current_time() else { return };
        if self.first_look.questions == Questions::Answered
            && self.neighbours.replace(Neighbours::Asked) == Neighbours::Unasked
            && let Some(warning) = neighbours::warning()
        {
            let lines = vec![(Level::Warn, warning)];
            self.filter.borrow_mut().announce(now, lines, &self.surroundings(self.engine()));
        }
        self.filter.borrow_mut().tick(now, &self.surroundings(self.engine()));
        self.carry_out(now);
    }

    /// A callout is over.
    fn on_response(self: &Rc<Self>, id: CalloutId, arrived: Arrived) {
        self.effective.enter(arrived.context);
        let Ok(now) = abi::current_time() else { return };
        let response = arrived.read(self.document_bytes);
        self.filter.borrow_mut().response(now, id, response, &self.surroundings(self.engine()));
        self.carry_out(now);
    }

    /// Another configuration takes this one's place, in a root context that is active now.
    pub(super) fn close(self: &Rc<Self>) {
        self.effective.enter(self.root);
        let Ok(now) = abi::current_time() else { return };
        self.filter.borrow_mut().close(now, &self.surroundings(self.engine()));
        self.carry_out(now);
    }

    /// Carries out the filter's effects.
    fn carry_out(self: &Rc<Self>, now: UnixTime) {
        loop {
            let next = self.filter.borrow_mut().next_effect();
            let Some(effect) = next else { break };
            match effect {
                Effect::Continue(id, admission) => {
                    self.settle(id, |publication| apply::admission(&admission, publication));
                }
                Effect::Answer(id, answer, rejection) => {
                    self.settle(id, |publication| apply::answer(&answer, &rejection, publication));
                }
                Effect::Serve(id, served) => {
                    self.settle(id, |publication| apply::serve(&served, publication));
                }
                // A failure does no harm: they are removed again before the request goes on.
                Effect::Hide(id, forged) => {
                    if self.effective.switch(id.0).is_ok() {
                        apply::hide(&forged);
                    }
                }
                Effect::Dispatch(id, fetch) => {
                    let sent = self.effective.switch(self.root).map_err(|_| crate::keys::Response::NotSent);
                    let worker = self.clone();
                    let then = move |arrived| worker.on_response(id, arrived);
                    let sent = sent.and_then(|()| callout::send(&fetch, then));
                    if let Err(response) = sent {
                        let surroundings = self.surroundings(self.engine());
                        self.filter.borrow_mut().response(now, id, response, &surroundings);
                    }
                }
                Effect::TickEvery(period) => {
                    if let Err(error) = abi::set_tick_period(period) {
                        log::error!("cannot set the timer: {error:?}; keys will not be fetched");
                    }
                }
                Effect::Count(count) => self.meter.count(&count),
                Effect::Log(level, text) => line(level, &text),
            }
        }
        self.effective.leave();
    }

    /// Applies a verdict to its request, which goes on only where this lets it pass: the one that the host has just
    /// brought when its callback returns, one that was held at once.
    fn settle(&self, id: RequestId, apply: impl FnOnce(Publication) -> Applied) {
        // A stream that has ended in the meantime has no context any more.
        let publication = Publication {
            publishing: self.traits().profile.publishing,
            state: self.outcome_state,
            naming: self.naming,
        };
        if self.effective.switch(id.0).is_err() || apply(publication) != Applied::GoesOn {
            return;
        }
        self.let_pass.borrow_mut().insert(id.0);
        if !self.effective.is_entered(id.0)
            && let Err(error) = abi::resume_request()
        {
            log::error!("cannot resume a settled request: {error:?}; it stays paused");
            self.let_pass.borrow_mut().remove(&id.0);
        }
    }

    fn surroundings(&self, engine: ProxyEngine) -> HostSurroundings<'_> {
        let questions = self.host.get().map_or(self.first_look, |host| host.profile).questions;
        HostSurroundings { effective: &self.effective, engine, questions }
    }

    /// What verifies signatures; before the first request there are none to verify.
    fn engine(&self) -> ProxyEngine {
        self.host.get().map_or_else(ProxyEngine::off, |host| host.engine)
    }

    /// What this host can do. Asked for the first time in the context of a request.
    fn traits(&self) -> HostTraits {
        self.host.get().unwrap_or_else(|| {
            let mut traits = HostTraits::found(self.host_crypto);
            let mut filter = self.filter.borrow_mut();
            let mut lines = vec![(Level::Info, traits.engine.description())];
            if traits.profile != self.first_look {
                filter.set_profile(traits.profile.waiting(self.wait));
                let found = Shortcomings::of(filter.gate(), self.wait, traits.profile);
                if !found.refused.is_empty() {
                    traits.fitness = Fitness::Unfit;
                }
                lines.extend(found.refused.into_iter().map(|line| (Level::Error, line)));
                lines.extend(found.idle.into_iter().map(|line| (Level::Warn, line)));
            }
            if let Ok(now) = abi::current_time() {
                filter.announce(now, lines, &self.surroundings(traits.engine));
            }
            self.host.set(Some(traits));
            traits
        })
    }
}
