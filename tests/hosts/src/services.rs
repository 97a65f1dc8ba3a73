//! What one VM's host serves besides streams: clock, log, shared data, metrics, callouts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proxy_wasm_host::abi::v0_2_1::types::{LogLevel, MetricType, Status};
use proxy_wasm_host::abi::v0_2_1::{
    CalloutId, Callouts, Clock, HttpCall, HttpCallRefusal, InMemoryStore, Invocation, LogContext, LogSink,
    MetricId, SharedServices, SharedValue,
};

use crate::ledger::Ledger;

/// A clock that only goes on when it is told to.
pub(crate) struct StandingClock {
    nanoseconds: AtomicU64,
    ledger: Ledger,
}

impl StandingClock {
    pub(crate) fn new(ledger: Ledger) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { nanoseconds: AtomicU64::new(nanoseconds(now)), ledger }
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.nanoseconds.fetch_add(nanoseconds(by), Ordering::Relaxed);
    }
}

impl Clock for StandingClock {
    fn realtime_nanos(&self) -> u64 {
        self.ledger.count("clock");
        self.nanoseconds.load(Ordering::Relaxed)
    }

    fn monotonic_nanos(&self) -> u64 {
        self.realtime_nanos()
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Keeps every line.
#[derive(Default)]
pub(crate) struct Lines {
    pub(crate) lines: Mutex<Vec<String>>,
    pub(crate) ledger: Ledger,
}

impl LogSink for Lines {
    fn log(&self, _: LogContext<'_>, level: LogLevel, message: &[u8]) {
        self.ledger.count("log");
        let line = format!("{level:?} {}", String::from_utf8_lossy(message));
        self.lines.lock().expect("nothing panics while it logs").push(line);
    }
}

/// Callouts that wait to be answered.
#[derive(Default)]
pub(crate) struct Outbox {
    pub(crate) calls: Mutex<Vec<(Invocation, CalloutId, HttpCall<'static>)>>,
    pub(crate) ledger: Ledger,
}

impl Callouts for Outbox {
    fn http_call(
        &self,
        call: Invocation,
        callout: CalloutId,
        request: HttpCall<'_>,
    ) -> Result<(), HttpCallRefusal> {
        self.ledger.count("callout");
        self.calls.lock().expect("nothing panics while it sends").push((call, callout, request.into_owned()));
        Ok(())
    }
}

/// Shared data and metrics as the crate keeps them, counted. Queues are not served: the filter has none.
pub(crate) struct Shared {
    pub(crate) store: InMemoryStore,
    pub(crate) ledger: Ledger,
}

impl SharedServices for Shared {
    fn get_shared_data(&self, call: Invocation, vm: &[u8], key: &[u8]) -> Result<SharedValue, Status> {
        self.ledger.count("read shared data");
        self.store.get_shared_data(call, vm, key)
    }

    fn set_shared_data(
        &self,
        call: Invocation,
        vm: &[u8],
        key: &[u8],
        value: &[u8],
        cas: Option<u32>,
    ) -> Result<(), Status> {
        self.ledger.count("write shared data");
        self.store.set_shared_data(call, vm, key, value, cas)
    }

    fn define_metric(
        &self,
        call: Invocation,
        vm: &[u8],
        kind: MetricType,
        name: &[u8],
    ) -> Result<MetricId, Status> {
        self.ledger.count("define a metric");
        self.store.define_metric(call, vm, kind, name)
    }

    fn record_metric(&self, call: Invocation, metric: MetricId, value: u64) -> Result<(), Status> {
        self.ledger.count("metric");
        self.store.record_metric(call, metric, value)
    }

    fn increment_metric(&self, call: Invocation, metric: MetricId, delta: i64) -> Result<(), Status> {
        self.ledger.count("metric");
        self.store.increment_metric(call, metric, delta)
    }

    fn get_metric(&self, call: Invocation, metric: MetricId) -> Result<u64, Status> {
        self.ledger.count("metric");
        self.store.get_metric(call, metric)
    }
}

/// The services of one VM, as the proxy keeps them.
pub(crate) struct Services {
    pub(crate) clock: Arc<StandingClock>,
    pub(crate) log: Arc<Lines>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) shared: Arc<Shared>,
}

impl Services {
    pub(crate) fn new(store: InMemoryStore, ledger: &Ledger) -> Self {
        Self {
            clock: Arc::new(StandingClock::new(ledger.clone())),
            log: Arc::new(Lines { ledger: ledger.clone(), ..Lines::default() }),
            outbox: Arc::new(Outbox { ledger: ledger.clone(), ..Outbox::default() }),
            shared: Arc::new(Shared { store, ledger: ledger.clone() }),
        }
    }
}
