//! The test bed.

mod command;
mod error;
mod runtime;
mod server;

pub mod build;
pub mod client;
pub mod echo;
pub mod envoy;
pub mod identity_provider;
pub mod token;
pub mod workspace;

pub use error::Error;
