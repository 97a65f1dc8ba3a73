//! What each fuzz target does with its bytes. A panic is a finding.
//!
//! The targets in `fuzz_targets` are one line each, so that `tests/replay.rs` can run the same code over the
//! corpora without libFuzzer.

mod configuration;
mod differential;
mod documents;
mod gate;

pub use configuration::{config_json, config_xml};
pub use differential::differential;
pub use documents::jwks_and_discovery;
pub use gate::token;
