//! What one VM's host serves besides streams: clock, log, shared data, metrics, callouts.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proxy_wasm_host::abi::v0_2_1::types::{LogLevel, MetricType, Status};
use proxy_wasm_host::abi::v0_2_1::{
    Callback, CalloutId, Callouts, Clock, HttpCall, HttpCallRefusal, InMemoryStore, Invocation, LogContext,
    LogSink, MetricId, SharedServices, SharedValue,
};

use crate::ledger::Ledger;
use crate::nginx::{Offences, Strictness};

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

    /// Seconds since the epoch.
    pub(crate) fn seconds(&self) -> i64 {
        let seconds = Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed)).as_secs();
        i64::try_from(seconds).unwrap_or(i64::MAX)
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
    pub(crate) offences: Offences,
}

impl Callouts for Outbox {
    fn http_call(
        &self,
        call: Invocation,
        callout: CalloutId,
        request: HttpCall<'_>,
    ) -> Result<(), HttpCallRefusal> {
        self.ledger.count("callout");
        if call.callback == Some(Callback::HttpCallResponse) {
            self.offences.add("a callout is sent from the answer to another one");
        }
        self.calls.lock().expect("nothing panics while it sends").push((call, callout, request.into_owned()));
        Ok(())
    }
}

/// Shared data and metrics as the crate keeps them, counted. Queues are not served: the filter has none.
pub(crate) struct Shared {
    pub(crate) store: InMemoryStore,
    pub(crate) strictness: Strictness,
    gauges: Mutex<BTreeSet<MetricId>>,
    pub(crate) ledger: Ledger,
    pub(crate) offences: Offences,
}

impl Shared {
    pub(crate) fn new(
        store: InMemoryStore,
        strictness: Strictness,
        ledger: &Ledger,
        offences: &Offences,
    ) -> Self {
        Self {
            store,
            strictness,
            gauges: Mutex::default(),
            ledger: ledger.clone(),
            offences: offences.clone(),
        }
    }
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
        if self.strictness == Strictness::Nginx {
            // The version has to be the value's own, 0 where there is none.
            let found = self.store.get_shared_data(call, vm, key).ok().map(|found| found.cas.get());
            if found != cas {
                return Err(Status::CasMismatch);
            }
        }
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
        let metric = self.store.define_metric(call, vm, kind, name)?;
        if kind == MetricType::Gauge {
            self.gauges.lock().expect("nothing panics while it counts").insert(metric);
        }
        Ok(metric)
    }

    fn record_metric(&self, call: Invocation, metric: MetricId, value: u64) -> Result<(), Status> {
        self.ledger.count("metric");
        self.store.record_metric(call, metric, value)
    }

    fn increment_metric(&self, call: Invocation, metric: MetricId, delta: i64) -> Result<(), Status> {
        self.ledger.count("metric");
        if self.gauges.lock().expect("nothing panics while it counts").contains(&metric) {
            self.offences.add("a gauge is incremented");
        }
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
    pub(crate) fn new(shared: Arc<Shared>, ledger: &Ledger, offences: &Offences) -> Self {
        Self {
            clock: Arc::new(StandingClock::new(ledger.clone())),
            log: Arc::new(Lines { ledger: ledger.clone(), ..Lines::default() }),
            outbox: Arc::new(Outbox {
                ledger: ledger.clone(),
                offences: offences.clone(),
                ..Outbox::default()
            }),
            shared,
        }
    }
}
