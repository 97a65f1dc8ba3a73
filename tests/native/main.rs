//! Everything that needs no proxy: the gate's verdicts, by the tables of the contract.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "clippy.toml allows these inside test functions only, not in what tests share"
)]

mod any_of;
mod authorize;
mod bench;
mod cache;
mod ci;
mod conformance;
mod conformance_http;
mod converted_policies;
mod deployments;
mod documents;
mod dpop;
mod entra;
mod entra_document;
mod fields;
mod forward;
mod from_apim;
mod fuzzing;
mod generous;
mod hostile;
mod identity_headers;
mod istio_policies;
mod keys_document;
mod log_lines;
mod mcp;
mod monitoring;
mod mutations;
mod nginx;
mod own_shelf;
mod owners;
mod paths;
mod policies_as_they_are;
mod publishing;
mod releasing;
mod replaced_keys;
mod resource;
mod rules;
mod same_module;
mod stage;
mod test_names;
mod verdicts;
mod workflows;
