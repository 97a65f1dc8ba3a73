//! The `validate-jwt` command for operators: checks, converts and explains configurations offline.
//!
//! A library for the sake of tests elsewhere that convert.

mod arguments;
mod check;
mod commands;
mod convert;
mod explain;
mod input;

use std::process::ExitCode;

pub use convert::of_text as convert;

/// Carries out the command line of this process.
pub fn run() -> ExitCode {
    let outcome = arguments::parse().and_then(|command| commands::run(&command));
    match outcome {
        Ok(code) => code,
        Err(complaint) => {
            eprintln!("validate-jwt: {complaint}");
            ExitCode::from(2)
        }
    }
}
