//! The filter core: *when* a request is decided, keys are fetched and a timer ticks.
//!
//! Sans-IO and deterministic. In go requests, answers to callouts, ticks and ended streams, each with the
//! time; out come [`Effect`]s, in order. Order of calls, for each thing that happens: one of
//! [`Filter::request`], [`Filter::response`], [`Filter::tick`] and [`Filter::gone`], then
//! [`Filter::next_effect`] until there is none. Every request gets exactly one [`Effect::Continue`] or
//! [`Effect::Answer`], at the latest `key_refresh.max_wait` after it came, unless its stream ends first.
//!
//! What has to be asked of the host at once (shared data, cryptography, a connection's certificate) is in
//! [`Surroundings`]; what differs between hosts is in a [`Profile`].
//!
//! Not here: whether a token is accepted (`gate`), which VM fetches (`keys`), how a host is called (`host`).

mod announcement;
mod callouts;
mod effect;
mod explanations;
mod judge;
mod machine;
mod profile;
mod proofs;
mod providers;
mod record_store;
mod remarks;
mod setup;
mod shared_value;
mod shortcomings;
mod surroundings;
mod timer;
mod waiting_room;

pub use callouts::CalloutId;
pub use effect::{Count, Effect, Level, RequestId};
pub use machine::Filter;
pub use profile::{Dispatching, Holding, Profile, Publishing, Questions, RequestLine, Timer};
pub use setup::Setup;
pub use shortcomings::Shortcomings;
pub use surroundings::{StoreError, Surroundings};
