//! The `validate-jwt` command for operators: checks, converts and explains configurations, and looks after providers.
//!
//! A library for the sake of tests elsewhere that convert or evaluate.

mod arguments;
mod check;
mod clock;
mod completions;
mod convert;
mod doctor;
pub mod evaluation;
mod explain;
mod failure;
mod input;
mod man;
mod misuse;
mod output;
pub mod policy_test;
mod schema;

use std::process::ExitCode;

pub use convert::{of_text as convert, to_text as write};

/// Carries out the command line of this process.
pub fn run() -> ExitCode {
    arguments::run().unwrap_or_else(|failure| output::fail(&failure))
}
