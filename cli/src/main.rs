//! The `validate-jwt` command for operators: checks, converts and explains configurations offline.

mod arguments;
mod check;
mod commands;
mod convert;
mod explain;
mod input;

use std::process::ExitCode;

fn main() -> ExitCode {
    let outcome = arguments::parse().and_then(|command| commands::run(&command));
    match outcome {
        Ok(code) => code,
        Err(complaint) => {
            eprintln!("validate-jwt: {complaint}");
            ExitCode::from(2)
        }
    }
}
