//! Azure API Management's `validate-jwt` policy as a proxy-wasm filter.
//!
//! The areas, in reading order; an import against the arrow is a bug:
//!
//! ```text
//! host ──► filter ──► gate ──► keys ──► token ──► time, excerpt     token:  is this token genuine?
//!    ├──► config ─► {gate, keys, token}                              gate:   may this request go on?
//!    └──► metrics                                                    filter: when is it decided, when are keys fetched?
//! ```
//!
//! Everything but `host` is plain Rust that never heard of a proxy: time, header bytes and documents
//! arrive as arguments, verdicts and commands leave as values. `ARCHITECTURE.md` has the invariants.

pub mod time;

pub mod excerpt;

pub mod token;

pub mod keys;

pub mod gate;

pub mod filter;

pub mod config;

pub mod metrics;

/// The parts of a filter, from its configuration: the one step between `config` and `filter`, which do not know each
/// other.
pub fn setup(config: config::Config) -> filter::Setup {
    let config::Limits { token_bytes, document_bytes, keys, held_requests } = config.limits;
    filter::Setup {
        gate: gate::Gate::new(config.policies, config.rules, config.paths, token_bytes, config.verdict_cache),
        providers: config.providers,
        refresh: config.key_refresh,
        documents: keys::DocumentLimits { document_bytes, keys },
        held_requests,
    }
}

#[cfg(target_family = "wasm")]
mod host;
