//! The proxy: one VM with the built module, and its requests.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use proxy_wasm_host::abi::v0_2_1::types::Action;
use proxy_wasm_host::abi::v0_2_1::{
    CallScope, CalloutId, ContextId, Guest, GuestError, Host as Linked, HttpCallResponse, InMemoryStore,
    InMemoryStoreLimits, PluginConfig, Started, StreamKind, VmServices,
};
use proxy_wasm_host::{EngineConfig, HeaderMap, Limits, Module, VecHeaderMap};
use serde_json::Value;
use validate_jwt_testbed::build;

use crate::ledger::Ledger;
use crate::nginx::{CALLED_UNSEEN, Offences, Shown, Strictness};
use crate::services::{Services, Shared};
use crate::streams::{Answer, Properties, Stream, Streams, Trailers};

/// What the host allows. The default is generous.
#[derive(Clone, Debug)]
pub struct Host {
    /// Of the VM; made from [`generous`] ones.
    pub limits: Limits,
    /// Of shared data and metrics.
    pub store: InMemoryStoreLimits,
    /// Whether properties can be written.
    pub properties: Properties,
    /// Whether trailers can be changed.
    pub trailers: Trailers,
    /// How much it bears.
    pub strictness: Strictness,
}

impl Default for Host {
    fn default() -> Self {
        Self {
            limits: generous(),
            store: InMemoryStoreLimits::default(),
            properties: Properties::default(),
            trailers: Trailers::default(),
            strictness: Strictness::default(),
        }
    }
}

impl Host {
    /// nginx with `ngx_wasm_module`, which ends the worker for what it does not bear.
    pub fn nginx() -> Self {
        Self { strictness: Strictness::Nginx, ..Self::default() }
    }
}

/// Limits of a VM that bound no call: what one may take is counted in instructions, which are the same on a busy machine.
pub fn generous() -> Limits {
    Limits::new().with_cpu_time(Duration::from_secs(3600)).with_fuel(u64::MAX / 2)
}

/// One VM of a host.
pub struct Proxy {
    guest: Guest,
    root: ContextId,
    streams: Streams,
    services: Services,
    timer: Option<Duration>,
}

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Exchange {
    /// The API gets it, with these headers; the filter wrote these properties.
    Passed { headers: Vec<(String, String)>, properties: BTreeMap<String, String> },
    /// It was answered.
    Answered(Answer),
    /// It waits for the root.
    Held(Held),
}

/// A request that waits.
#[derive(Debug, PartialEq, Eq)]
pub struct Held(ContextId);

/// Something that the filter wants fetched.
#[derive(Debug)]
pub struct Callout {
    context: ContextId,
    id: CalloutId,
    /// The upstream's name.
    pub upstream: String,
    /// `:path`.
    pub path: String,
}

impl Proxy {
    /// Loads the module and configures it. What the start itself asked of the host is not counted.
    ///
    /// # Errors
    ///
    /// The log, if the filter refuses the configuration.
    pub fn start(host: &Host, configuration: &Value) -> Result<Self, String> {
        let (ledger, offences) = (Ledger::default(), Offences::default());
        let store = InMemoryStore::new().with_limits(host.store);
        let shared = Arc::new(Shared::new(store, host.strictness, &ledger, &offences));
        Self::start_with(host, configuration, shared)
    }

    /// Another worker of the same proxy: it shares data and metrics with this one.
    ///
    /// # Errors
    ///
    /// The log, if the filter refuses the configuration.
    pub fn start_beside(&self, host: &Host, configuration: &Value) -> Result<Self, String> {
        Self::start_with(host, configuration, self.services.shared.clone())
    }

    fn start_with(host: &Host, configuration: &Value, shared: Arc<Shared>) -> Result<Self, String> {
        let (linked, module) = compiled(host.strictness);
        let (ledger, offences) = (shared.ledger.clone(), shared.offences.clone());
        let services = Services::new(shared, &ledger, &offences);
        let vm = VmServices::new(services.log.clone())
            .with_clock(services.clock.clone())
            .with_shared(services.shared.clone())
            .with_callouts(services.outbox.clone());
        let mut guest = Guest::new(linked, module, vm, &host.limits).map_err(|error| error.to_string())?;
        if host.strictness == Strictness::Nginx {
            for callback in CALLED_UNSEEN.into_iter().filter(|callback| !guest.exports_callback(*callback)) {
                offences.add(format!("{} is not exported", callback.export_name()));
            }
        }
        let plugin = PluginConfig::new().with_configuration(configuration.to_string());
        let root = match guest.start(plugin) {
            Ok(Started::Serving(root)) => root,
            Ok(Started::Refused { .. }) => return Err(services.log_text()),
            Err(error) => return Err(format!("{error}: {}", services.log_text())),
        };
        ledger.take();
        let streams = Streams {
            properties: host.properties,
            trailers: host.trailers,
            strictness: host.strictness,
            ledger,
            offences,
            ..Streams::default()
        };
        let mut proxy = Self { guest, root, streams, services, timer: None };
        proxy.look_at_timer(Timed::ByRoot);
        proxy.assert_borne();
        Ok(proxy)
    }

    /// Gives the root another configuration in place of the one that it has.
    pub fn configure(&mut self, configuration: &Value) {
        let root = self.root;
        let plugin = PluginConfig::new().with_configuration(configuration.to_string());
        let accepted = self.run(Timed::ByRoot, |scope| scope.on_configure(root, plugin));
        assert!(accepted, "{}", self.log());
    }

    /// Sends the head of a request through the filter.
    pub fn request(&mut self, headers: &[(&str, &str)]) -> Exchange {
        self.request_with_trailers(headers, &[]).0
    }

    /// Sends a request with trailers through the filter, which gets them once its headers have passed; and what the API
    /// would get of them.
    pub fn request_with_trailers(
        &mut self,
        headers: &[(&str, &str)],
        trailers: &[(&str, &str)],
    ) -> (Exchange, Vec<(String, String)>) {
        let mut stream = Stream { trailers: header_map(trailers), ..Stream::default() };
        if self.streams.strictness == Strictness::Nginx {
            let Shown { headers, target, sent } = Shown::of(headers);
            stream = Stream { headers, target: Some(target), irremovable: sent, ..stream };
        } else {
            stream.headers = header_map(headers);
        }
        let last = trailers.is_empty();
        let trailer_count = u32::try_from(trailers.len()).unwrap_or(u32::MAX);
        let (count, root) = (u32::try_from(stream.headers.len()).unwrap_or(u32::MAX), self.root);
        let (context, action) = self.run(Timed::ByStream, |scope| {
            let context = scope.on_context_create(Some(root))?;
            scope.expect_stream_kind(context, StreamKind::Http)?;
            scope.stream_mut().open.insert(context.get(), stream);
            match scope.on_request_headers(context, count, last)? {
                Action::Continue if !last => {
                    Ok((context, scope.on_request_trailers(context, trailer_count)?))
                }
                action => Ok((context, action)),
            }
        });
        let trailers = self.streams.open.get(&context.get()).map(|stream| pairs(&stream.trailers));
        let held = self.streams.open.get(&context.get()).is_some_and(|stream| stream.answer.is_none());
        match action {
            Action::Pause if held => (Exchange::Held(Held(context)), Vec::new()),
            action => (self.end(context, action), trailers.unwrap_or_default()),
        }
    }

    /// What became of a request that was held.
    pub fn outcome(&mut self, held: Held) -> Exchange {
        let stream = self.streams.open.get(&held.0.get()).expect("it is open until its outcome is asked for");
        match (&stream.answer, stream.resumed) {
            (None, false) => Exchange::Held(held),
            (None, true) => self.end(held.0, Action::Continue),
            (Some(_), _) => self.end(held.0, Action::Pause),
        }
    }

    /// The client of a held request leaves.
    pub fn abandon(&mut self, held: &Held) {
        self.close(held.0);
        self.streams.open.remove(&held.0.get());
    }

    /// Lets the root's timer go off.
    pub fn tick(&mut self) {
        let root = self.root;
        self.run(Timed::ByRoot, |scope| scope.on_tick(root));
    }

    /// How often the root wants to be woken.
    pub fn tick_period(&self) -> Option<Duration> {
        self.guest.tick_period(self.root)
    }

    /// The time on the clock, which stands since this host began, in seconds as tokens count them: what a token's times are told from
    /// where a second matters.
    pub fn now(&self) -> i64 {
        self.services.clock.seconds()
    }

    /// Lets time go by.
    pub fn advance(&mut self, by: Duration) {
        self.services.clock.advance(by);
    }

    /// The oldest callout that waits for its answer.
    pub fn callout(&mut self) -> Option<Callout> {
        let mut calls = self.services.outbox.calls.lock().expect("nothing panics while it sends");
        let (call, id, request) = (!calls.is_empty()).then(|| calls.remove(0))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let path = request.headers.iter().find(|(name, _)| name.as_ref() == b":path");
        Some(Callout {
            context: call.context,
            id,
            upstream: text(&request.upstream),
            path: path.map(|(_, value)| text(value)).unwrap_or_default(),
        })
    }

    /// Answers a callout.
    pub fn deliver(&mut self, callout: &Callout, status: u16, body: &str) {
        assert_eq!(callout.context, self.root, "only the root sends callouts");
        let status = status.to_string().into_bytes();
        let headers = vec![(Cow::Borrowed(&b":status"[..]), Cow::Owned(status))];
        let response = HttpCallResponse::received(headers).with_body(body.as_bytes());
        let (root, id) = (self.root, callout.id);
        self.run(Timed::ByRoot, |scope| scope.on_http_call_response(root, id, response));
    }

    /// The host calls since the last time, by name. `proxy_set_effective_context` is not among them: the crate
    /// serves it itself.
    pub fn calls(&self) -> String {
        self.streams.ledger.take()
    }

    /// The log so far.
    pub fn log(&self) -> String {
        self.services.log_text()
    }

    fn end(&mut self, context: ContextId, action: Action) -> Exchange {
        self.close(context);
        let stream = self.streams.open.remove(&context.get()).expect("every request has a stream");
        if let Some(answer) = stream.answer {
            return Exchange::Answered(answer);
        }
        assert_eq!(action, Action::Continue, "neither held nor answered");
        let mut headers = pairs(&stream.headers);
        let is_there =
            |headers: &[(String, String)], name: &str| headers.iter().any(|(found, _)| found == name);
        for (name, value) in stream.irremovable {
            if !is_there(&headers, &name) {
                headers.push((name, value));
            }
        }
        Exchange::Passed { headers, properties: stream.written }
    }

    fn close(&mut self, context: ContextId) {
        self.run(Timed::ByStream, |scope| {
            assert!(scope.on_done(context)?, "the filter has nothing to finish");
            scope.on_log(context)?;
            scope.on_delete(context).map(drop)
        });
    }

    /// Runs callbacks; none may trap.
    fn run<R>(
        &mut self,
        whose: Timed,
        callbacks: impl FnOnce(&mut CallScope<'_, Streams>) -> Result<R, GuestError>,
    ) -> R {
        let streams = std::mem::take(&mut self.streams);
        let (outcome, streams) = self.guest.with(streams, callbacks);
        self.streams = streams;
        self.look_at_timer(whose);
        self.assert_borne();
        match outcome {
            Ok(outcome) => outcome,
            Err(error) => panic!("{error}\n{}", self.log()),
        }
    }

    /// nginx bears one timer, set by the root.
    fn look_at_timer(&mut self, whose: Timed) {
        for period in self.guest.take_changes().tick_periods.into_values() {
            if whose == Timed::ByStream {
                self.streams.offences.add("a timer is set from a request");
            }
            if let Some(before) = std::mem::replace(&mut self.timer, period) {
                self.streams.offences.add(format!("a timer of {before:?} is set again, to {period:?}"));
            }
        }
    }

    /// Fails the test where a strict host would have ended the worker.
    fn assert_borne(&self) {
        let offences = self.streams.offences.text();
        let strict = self.streams.strictness == Strictness::Nginx;
        assert!(!strict || offences.is_empty(), "nginx ends the worker:\n{offences}\n{}", self.log());
    }
}

/// Whose callbacks ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Timed {
    ByRoot,
    ByStream,
}

impl Services {
    fn log_text(&self) -> String {
        self.log.lines.lock().expect("nothing panics while it logs").join("\n")
    }
}

pub(crate) fn header_map(pairs: &[(&str, &str)]) -> VecHeaderMap {
    let bytes = |text: &str| text.as_bytes().to_vec();
    pairs.iter().map(|(name, value)| (bytes(name), bytes(value))).collect()
}

pub(crate) fn pairs(map: &VecHeaderMap) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let _ = map.for_each_pair(&mut |name, value| {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        pairs.push((text(name), text(value)));
        std::ops::ControlFlow::Continue(())
    });
    pairs
}

/// The module that this kind of host loads, compiled once.
fn compiled(strictness: Strictness) -> &'static (Linked, Module) {
    static FOR_ENVOY: OnceLock<(Linked, Module)> = OnceLock::new();
    static FOR_NGINX: OnceLock<(Linked, Module)> = OnceLock::new();
    let (once, build): (_, fn() -> _) = match strictness {
        Strictness::Lenient => (&FOR_ENVOY, build::filter_module),
        Strictness::Nginx => (&FOR_NGINX, build::nginx_module),
    };
    once.get_or_init(|| {
        let bytes = std::fs::read(build().expect("the module is built")).expect("the module can be read");
        let engine = EngineConfig::new().with_fuel_enabled(true).build().expect("an engine");
        let module = Module::new(&engine, &bytes).expect("a module that any host can load");
        (Linked::new(&engine).expect("the functions of the ABI"), module)
    })
}
