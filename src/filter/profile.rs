//! What a host can do. Differences between hosts are data; no other part of the filter knows a host by name.

use std::time::Duration;

use crate::gate::HeaderRemoval;

/// The abilities of a host that decide when something happens.
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
    /// One period for good.
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
    /// Envoy, and hosts that keep to the ABI as Envoy does.
    pub const ENVOY: Self = Self {
        holding: Holding::Possible,
        timer: Timer::Adjustable,
        dispatching: Dispatching::FromResponses,
        removal: HeaderRemoval::Works,
    };

    /// nginx with `ngx_wasm_module`: the root context cannot resume a request, a second callout from an answer and
    /// a second timer end the worker, and a removed header still reaches the upstream.
    pub const NGINX: Self = Self {
        holding: Holding::Refused,
        timer: Timer::Fixed(Duration::from_millis(250)),
        dispatching: Dispatching::FromTicks,
        removal: HeaderRemoval::Unreliable,
    };
}
