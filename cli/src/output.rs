//! What the commands print: findings to standard output, complaints to standard error.

use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

use serde_json::Value;
use validate_jwt::config::Problem;

use crate::failure::Failure;

/// A reader that went away (`| head`) is no failure.
pub(crate) fn print(text: &str) -> Result<ExitCode, Failure> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Unwritable(error)),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Prints JSON for people.
pub(crate) fn print_json(json: &Value) -> Result<ExitCode, Failure> {
    print(&format!("{json:#}\n"))
}

/// Says all that is wrong with a file.
pub(crate) fn refuse(file: &str, problems: &[Problem]) -> ExitCode {
    let count =
        if problems.len() == 1 { "1 problem".to_owned() } else { format!("{} problems", problems.len()) };
    eprintln!("{file}: refused, {count}");
    for problem in problems {
        eprintln!("  {problem}");
    }
    ExitCode::FAILURE
}
