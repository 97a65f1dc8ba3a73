//! The filter in a real Envoy.
//!
//! Every test starts an Envoy, an identity provider and an API of its own, on free ports, so that the
//! suite runs in parallel and twice at a time. The filter's module is built first, and Envoy is found or
//! fetched (`ENVOY_BIN`, `ENVOY_VERSION`); where that fails, so does the test.

// Outside of test functions Clippy does not know that this is a test.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used
)]

mod alerts;
mod answers;
mod any_of;
mod attacks;
mod bench;
mod bound_tokens;
mod checkout;
mod cold_start;
mod deploy;
mod dpop;
mod entra;
mod entra_document;
mod evaluation;
mod first_policy;
mod from_jwt_authn;
mod hostile;
mod identity;
mod identity_headers;
mod keys_under_load;
mod lab;
mod loading;
mod mcp;
mod metrics;
mod nothing_lost;
mod outage;
mod owners;
mod plugins;
mod providers;
mod recipes;
mod refused_configuration;
mod routes;
mod settings;
mod struct_form;
mod troubleshooting;
