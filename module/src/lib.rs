//! The WebAssembly module that proxies load: built by Cargo, then rid of every callback that it does not use.
//!
//! `cargo wasm` runs this; so do the tests, the demonstration and the benchmarks, so that all of them load what a
//! user does.

mod build;
pub mod command;
mod error;
mod lean;
mod reproducible;
pub mod workspace;

pub use build::{Built, Words, build, build_apart, build_package, take_out_unused};
pub use error::Error;
