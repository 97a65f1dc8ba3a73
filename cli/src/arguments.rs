//! The command line: what the commands are called. What each of them takes and does stands in a file of its own.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::check::Check;
use crate::completions::Completions;
use crate::convert::Convert;
use crate::doctor::Doctor;
use crate::explain::Explain;
use crate::failure::Failure;
use crate::man::Man;
use crate::misuse::{Misuse, NAME};
use crate::output;
use crate::policy_test::Test;
use crate::schema::Schema;

/// Checks, converts and explains configurations of the validate-jwt filter. Only doctor uses the network.
#[derive(Debug, clap::Parser)]
#[command(name = NAME, version, arg_required_else_help = false, after_help = AFTERWARDS)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
enum Command {
    Check(Check),
    Convert(Convert),
    Doctor(Doctor),
    Schema(Schema),
    Explain(Box<Explain>),
    Test(Test),
    Completions(Completions),
    Man(Man),
}

const AFTERWARDS: &str = "\
Exit status: 0 if all is well, 1 if a configuration or the token is refused, 2 if the program was used wrongly or a file
cannot be read or written, 3 if convert leaves something to do.";

/// Carries out the command line of this process.
pub(crate) fn run() -> Result<ExitCode, Failure> {
    let words: Vec<OsString> = std::env::args_os().collect();
    match Arguments::try_parse_from(&words) {
        Ok(Arguments { command }) => command.run(),
        // `--help`, `help` and `--version`.
        Err(asked) if !asked.use_stderr() => output::print(&asked.render().to_string()),
        Err(error) => Err(Failure::Misuse(Misuse::of(&error, words.get(1), Arguments::command()))),
    }
}

impl Command {
    fn run(&self) -> Result<ExitCode, Failure> {
        match self {
            Self::Check(given) => given.run(),
            Self::Convert(given) => given.run(),
            Self::Doctor(given) => given.run(),
            Self::Schema(given) => given.run(),
            Self::Explain(given) => given.run(),
            Self::Test(given) => given.run(),
            Self::Completions(given) => given.run(&mut Arguments::command()),
            Self::Man(given) => given.run(Arguments::command()),
        }
    }
}
