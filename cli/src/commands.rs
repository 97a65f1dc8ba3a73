//! What each command does.

use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

use validate_jwt::config::{Config, Problem};

use crate::arguments::{Command, HELP};
use crate::convert::{self, Conversion, Refused};
use crate::{check, explain, input};

/// Carries a command out. What it finds goes to standard output, complaints to standard error.
pub(crate) fn run(command: &Command) -> Result<ExitCode, String> {
    match command {
        Command::Explain(given) => {
            let config = match Config::parse(&input::read(&given.config)?) {
                Ok(config) => config,
                Err(problems) => return Ok(refuse(&given.config, &problems)),
            };
            let (text, allowed) = explain::verdict(config, given)?;
            let code = print(&text)?;
            Ok(if allowed { code } else { ExitCode::FAILURE })
        }
        Command::Help => print(HELP),
        Command::Version => print(concat!("validate-jwt ", env!("CARGO_PKG_VERSION"), "\n")),
        Command::Schema => print(&pretty(&Config::json_schema())?),
        Command::Check(file) => match Config::parse(&input::read(file)?) {
            Ok(config) => print(&check::summary(&config)),
            Err(problems) => Ok(refuse(file, &problems)),
        },
        Command::Convert(given) => match convert::conversion(given)? {
            Ok(Conversion { configuration, left }) => {
                print(&pretty(&configuration)?)?;
                Ok(convert::say_what_is_left(&left))
            }
            Err(Refused { file, problems }) => Ok(refuse(&file, &problems)),
        },
    }
}

fn refuse(file: &str, problems: &[Problem]) -> ExitCode {
    let count =
        if problems.len() == 1 { "1 problem".to_owned() } else { format!("{} problems", problems.len()) };
    eprintln!("{file}: refused, {count}");
    for problem in problems {
        eprintln!("  {problem}");
    }
    ExitCode::FAILURE
}

fn pretty(json: &serde_json::Value) -> Result<String, String> {
    serde_json::to_string_pretty(json).map(|text| text + "\n").map_err(|error| error.to_string())
}

/// A reader that went away (`| head`) is no failure.
fn print(text: &str) -> Result<ExitCode, String> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(format!("cannot write: {error}")),
        _ => Ok(ExitCode::SUCCESS),
    }
}
