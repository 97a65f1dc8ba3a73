//! A proxy around the crate `proxy-wasm-host`, for the built module: one VM, no sockets, a clock that stands.
//!
//! ```text
//! Proxy::start(Host::default(), &configuration)
//!   └► proxy.request(headers) (or request_with_trailers) ─► Exchange::{Passed, Answered, Held}
//!   └► proxy.tick()           ─► proxy.callout(): what the filter wants fetched
//!   └► proxy.deliver(…)       ─► proxy.outcome(held): a held request, resumed by the root
//!   └► proxy.calls()          ─► the host calls since the last time, as text
//! ```
//!
//! The ABI, the contexts and the limits are the crate's; what a proxy does with them is here. With
//! [`Strictness::Nginx`] it does what nginx does, and fails the test for what ends a worker there.

mod ledger;
mod nginx;
mod proxy;
mod services;
mod streams;

pub use nginx::Strictness;
pub use proxy::{Callout, Exchange, Held, Host, Proxy, generous};
pub use streams::{Answer, Properties, Trailers};
