//! One configured filter in this VM, and its effects carried out.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use super::abi::{self, HostError};
use super::apply::{self, Applied};
use super::callout;
use super::crypto::ProxyEngine;
use super::effective::Effective;
use super::log::line;
use super::meter::Meter;
use super::surroundings::HostSurroundings;
use super::traits::{HostTraits, Publishing};
use crate::config::{Config, HostCrypto};
use crate::filter::{CalloutId, Effect, Filter, Level, Profile, RequestId, Setup};
use crate::gate::{Gate, Request};
use crate::keys::{DocumentLimits, VmId, WaitMode};
use crate::time::UnixTime;

/// A configured filter in one VM. The filter is borrowed only while it decides, never while an effect is carried out.
pub(super) struct Worker {
    root: u32,
    filter: RefCell<Filter>,
    meter: Meter,
    effective: Effective,
    host_crypto: HostCrypto,
    wait: WaitMode,
    document_bytes: usize,
    /// Streams that were answered after they had waited, until they end.
    answered: RefCell<BTreeSet<u32>>,
    host: Cell<Option<HostTraits>>,
}

/// What became of a request when it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// It may go on.
    GoesOn,
    /// It was answered.
    Answered,
    /// It is held.
    Held,
}

impl Worker {
    /// The filter of a configuration, in a root context that is active now.
    pub(super) fn start(root: u32, config: Config, vm: VmId, now: UnixTime) -> Rc<Self> {
        let Config {
            policies,
            rules,
            providers,
            key_refresh,
            limits,
            verdict_cache,
            host_crypto,
            warnings,
            paths,
        } = config;
        let mut announcement: Vec<_> =
            warnings.iter().map(|warning| (Level::Warn, format!("configuration: {warning}"))).collect();
        let version = env!("CARGO_PKG_VERSION");
        let (policies_loaded, providers_loaded) = (policies.len(), providers.len());
        let loaded =
            format!("validate-jwt {version}: {policies_loaded} policies, {providers_loaded} providers");
        announcement.push((Level::Info, loaded));
        let names: Vec<String> = providers.iter().map(|provider| provider.name.clone()).collect();
        let wait = key_refresh.wait;
        let setup = Setup {
            gate: Gate::new(policies, rules, paths, limits.token_bytes, verdict_cache),
            providers,
            refresh: key_refresh,
            documents: DocumentLimits { document_bytes: limits.document_bytes, keys: limits.keys },
            held_requests: limits.held_requests,
        };
        let meter = Meter::new(&setup.gate, names.iter().map(String::as_str));
        let worker = Rc::new(Self {
            root,
            filter: RefCell::new(Filter::new(setup, vm, Profile::ENVOY, now)),
            meter,
            effective: Effective::default(),
            host_crypto,
            wait,
            document_bytes: limits.document_bytes,
            answered: RefCell::default(),
            host: Cell::new(None),
        });
        worker.effective.enter(root);
        worker.filter.borrow_mut().announce(now, announcement, &worker.surroundings(ProxyEngine::off()));
        worker.carry_out(now);
        worker
    }

    /// Decides on the request of the active stream.
    pub(super) fn on_request(self: &Rc<Self>, stream: u32, mut request: Request) -> Progress {
        self.effective.enter(stream);
        let traits = self.traits();
        request.route = traits.route_choice();
        let Ok(now) = abi::current_time() else {
            apply::fail_closed();
            return Progress::Answered;
        };
        self.filter.borrow_mut().request(now, RequestId(stream), request, &self.surroundings(traits.engine));
        self.carry_out(now)
    }

    /// Whether a stream's request waits for a verdict, or was answered after it had waited.
    pub(super) fn withholds(&self, stream: u32) -> bool {
        self.filter.borrow().holds(RequestId(stream)) || self.answered.borrow().contains(&stream)
    }

    /// Takes forged trailers from the request of the active stream.
    ///
    /// # Errors
    ///
    /// What the host says. The trailers do not go on then.
    pub(super) fn strip_trailers(&self) -> Result<(), HostError> {
        apply::strip_trailers(self.filter.borrow().gate())
    }

    /// A stream has ended.
    pub(super) fn forget(&self, stream: u32) {
        self.answered.borrow_mut().remove(&stream);
        let gone = self.filter.try_borrow_mut().ok().and_then(|mut filter| filter.gone(RequestId(stream)));
        if let Some(count) = gone {
            self.meter.count(&count);
        }
    }

    /// Time went by.
    pub(super) fn on_tick(self: &Rc<Self>) {
        self.effective.enter(self.root);
        let Ok(now) = abi::current_time() else { return };
        self.filter.borrow_mut().tick(now, &self.surroundings(self.engine()));
        self.carry_out(now);
    }

    /// A callout is over.
    pub(super) fn on_response(self: &Rc<Self>, context: u32, id: CalloutId, headers: usize, body: usize) {
        self.effective.enter(context);
        let Ok(now) = abi::current_time() else { return };
        let response = callout::response(headers, body, self.document_bytes);
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

    /// Carries out what the filter wants; gives what became of the request that the host has just brought.
    fn carry_out(self: &Rc<Self>, now: UnixTime) -> Progress {
        let mut progress = Progress::Held;
        loop {
            let next = self.filter.borrow_mut().next_effect();
            let Some(effect) = next else { break };
            match effect {
                Effect::Continue(id, admission) => {
                    let apply = |publishing| apply::admission(&admission, publishing);
                    progress = self.settle(id, apply).unwrap_or(progress);
                }
                Effect::Answer(id, answer, rejection) => {
                    let apply = |publishing| apply::answer(&answer, &rejection, publishing);
                    progress = self.settle(id, apply).unwrap_or(progress);
                }
                // Nothing is lost where it fails: they are removed again before the request goes on.
                Effect::Hide(id, forged) => {
                    if self.effective.switch(id.0).is_ok() {
                        apply::hide(&forged);
                    }
                }
                Effect::Dispatch(id, fetch) => {
                    let sent = self.effective.switch(self.root).map_err(|_| crate::keys::Response::NotSent);
                    let sent = sent.and_then(|()| callout::send(self, id, &fetch));
                    if let Err(response) = sent {
                        let surroundings = self.surroundings(self.engine());
                        self.filter.borrow_mut().response(now, id, response, &surroundings);
                    }
                }
                Effect::TickEvery(period) => {
                    if let Err(error) = abi::set_tick_period(period) {
                        log::error!("the host has no timer ({error:?}): keys cannot be fetched");
                    }
                }
                Effect::Count(count) => self.meter.count(&count),
                Effect::Log(level, text) => line(level, &text),
            }
        }
        self.effective.leave();
        progress
    }

    /// Applies a verdict to its request. Gives what became of it where it is the one that the host has just brought;
    /// any other one was held, and goes on from there.
    fn settle(&self, id: RequestId, apply: impl FnOnce(Publishing) -> Applied) -> Option<Progress> {
        // A stream that has ended meanwhile has no context any more, and waits for no verdict.
        self.effective.switch(id.0).ok()?;
        let applied = apply(self.traits().publishing);
        if self.effective.is_entered(id.0) {
            return Some(match applied {
                Applied::GoesOn => Progress::GoesOn,
                Applied::Answered => Progress::Answered,
            });
        }
        if applied == Applied::Answered {
            self.answered.borrow_mut().insert(id.0);
        } else if let Err(error) = abi::resume_request() {
            log::error!("the host did not resume a settled request: {error:?}");
        }
        None
    }

    fn surroundings(&self, engine: ProxyEngine) -> HostSurroundings<'_> {
        HostSurroundings { effective: &self.effective, engine }
    }

    /// What verifies signatures; before the first request there are none to verify.
    fn engine(&self) -> ProxyEngine {
        self.host.get().map_or_else(ProxyEngine::off, |host| host.engine)
    }

    /// What this host can do. Asked for the first time in the context of a request.
    fn traits(&self) -> HostTraits {
        self.host.get().unwrap_or_else(|| {
            let traits = HostTraits::found(self.host_crypto, self.wait);
            let mut filter = self.filter.borrow_mut();
            filter.set_profile(traits.profile);
            if let Ok(now) = abi::current_time() {
                let lines = vec![(Level::Info, traits.engine.description())];
                filter.announce(now, lines, &self.surroundings(traits.engine));
            }
            self.host.set(Some(traits));
            traits
        })
    }
}
