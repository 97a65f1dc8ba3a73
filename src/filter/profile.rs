//! What a host can do. Differences between hosts are data; no other part of the filter knows a host by name.

use std::time::Duration;

use crate::gate::HeaderRemoval;
use crate::keys::WaitMode;

/// One host's abilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// Whether requests may be held for keys.
    pub holding: Holding,
    /// What its timer allows.
    pub timer: Timer,
    /// Where callouts may be sent from.
    pub dispatching: Dispatching,
    /// Whether it really removes request headers.
    pub removal: HeaderRemoval,
    /// How it shows what a client asked for.
    pub request_line: RequestLine,
    /// Whether properties can be written.
    pub publishing: Publishing,
    /// What becomes of a question that it does not know: a property of Envoy's, a foreign function.
    pub questions: Questions,
}

/// How a host shows what a client asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestLine {
    /// `:authority` and `:path` are what the client sent.
    AsSent,
    /// `:authority` is a name of the host's own, and `:path` is decoded; the property `request.path` is what was sent,
    /// and so is the header `host`.
    Rewritten,
}

/// Whether a filter can write properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publishing {
    /// For access logs and later filters.
    Possible,
    /// The attempt ends the request.
    Impossible,
}

/// What becomes of a question that a host does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Questions {
    /// It says so.
    Answered,
    /// It ends the VM, or writes an alert for every request.
    Punished,
}

/// Whether requests may be held for keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holding {
    /// Held, and settled from the root context.
    Possible,
    /// Answered 503: the host cannot resume a request from the root context, or `key_refresh.wait` is `refuse`.
    Refused,
}

/// What a host's timer allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timer {
    /// Its period may be changed at any time, also while a stream is active.
    Adjustable,
    /// One period, set once.
    Fixed(Duration),
}

/// Where callouts may be sent from, beside the timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dispatching {
    /// From the answer to another callout too.
    FromResponses,
    /// From the timer alone.
    FromTicks,
}

impl Profile {
    /// This host with `key_refresh.wait`, as far as it can be had.
    #[must_use]
    pub fn waiting(self, wait: WaitMode) -> Self {
        match wait {
            WaitMode::Auto | WaitMode::Hold => self,
            WaitMode::Refuse => Self { holding: Holding::Refused, ..self },
        }
    }

    /// Envoy, and hosts that keep to the ABI as Envoy does.
    pub const ENVOY: Self = Self {
        holding: Holding::Possible,
        timer: Timer::Adjustable,
        dispatching: Dispatching::FromResponses,
        removal: HeaderRemoval::Works,
        request_line: RequestLine::AsSent,
        publishing: Publishing::Possible,
        questions: Questions::Answered,
    };

    /// nginx with `ngx_wasm_module`: the root context cannot resume a request, a second callout from an answer and
    /// a second timer end the worker, a removed header still reaches the upstream, and what it does not know is a trap.
    pub const NGINX: Self = Self {
        holding: Holding::Refused,
        timer: Timer::Fixed(Duration::from_millis(250)),
        dispatching: Dispatching::FromTicks,
        removal: HeaderRemoval::Unreliable,
        request_line: RequestLine::Rewritten,
        publishing: Publishing::Impossible,
        questions: Questions::Punished,
    };
}
