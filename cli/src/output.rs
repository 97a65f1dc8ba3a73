//! What the commands print: findings to standard output, complaints to standard error.

use std::fmt::Display;
use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::Value;
use validate_jwt::config::Problem;

use crate::failure::Failure;
use crate::input::Unusable;
use crate::misuse::NAME;

/// A reader that went away (`| head`) is no failure.
pub(crate) fn print(text: &str) -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Unwritable(error)),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Says something on standard error. Where nobody listens there is nobody to tell.
pub(crate) fn complain(text: &str) {
    let _ = std::io::stderr().lock().write_all(format!("{}\n", text.trim_end()).as_bytes());
}

/// Prints JSON for people.
pub(crate) fn print_json(json: &Value) -> Result<ExitCode, Failure> {
    print(&format!("{json:#}\n"))
}

/// How to print what was found out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// Says all that is wrong with a file.
pub(crate) fn refuse(file: &str, problems: &[Problem]) -> ExitCode {
    let count =
        if problems.len() == 1 { "1 problem".to_owned() } else { format!("{} problems", problems.len()) };
    let head = format!("{file}: refused, {count}");
    let told = problems.iter().map(|problem| format!("  {problem}"));
    complain(&std::iter::once(head).chain(told).collect::<Vec<_>>().join("\n"));
    ExitCode::FAILURE
}

/// Says why a command could not do its work, and gives the exit status for it.
pub(crate) fn fail(failure: &Failure) -> ExitCode {
    match failure {
        Failure::Input(unusable) => reject(unusable),
        other => complain_of(other),
    }
}

/// Says why what was to be read is of no use, and gives the exit status for it.
pub(crate) fn reject(unusable: &Unusable) -> ExitCode {
    match unusable {
        Unusable::Refused(refused) => {
            complain(&refused.to_string());
            ExitCode::FAILURE
        }
        other => complain_of(other),
    }
}

fn complain_of(what: &impl Display) -> ExitCode {
    complain(&format!("{NAME}: {what}"));
    ExitCode::from(2)
}
