//! The test bed of validate-jwt.

mod command;
mod error;
mod runtime;
mod server;

pub mod arguments;
pub mod build;
pub mod client;
pub mod demo;
pub mod echo;
pub mod envoy;
pub mod identity_provider;
pub mod progress;
pub mod service;
pub mod token;
pub mod workspace;

pub use error::Error;
