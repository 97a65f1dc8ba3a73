//! The command line.

use lexopt::prelude::{Long, Short, Value};

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Print how to use the program.
    Help,
    /// Print the version.
    Version,
    /// Check a configuration.
    Check(String),
    /// Write an APIM policy as JSON.
    Convert(String),
    /// Print the JSON Schema.
    Schema,
}

/// Reads the command line of this process.
pub(crate) fn parse() -> Result<Command, String> {
    read(lexopt::Parser::from_env()).map_err(|error| format!("{error}\nTry 'validate-jwt --help'."))
}

fn read(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut words = Vec::new();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Short('V') | Long("version") => return Ok(Command::Version),
            Value(word) => words.push(word.into_string()?),
            other => return Err(other.unexpected()),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["help"] => Ok(Command::Help),
        ["check", file] => Ok(Command::Check((*file).to_owned())),
        ["convert", file] => Ok(Command::Convert((*file).to_owned())),
        ["schema"] => Ok(Command::Schema),
        [] => Err("a command is missing".into()),
        ["check" | "convert"] => Err("a file is missing; - stands for standard input".into()),
        ["check" | "convert" | "schema", ..] => Err("too many arguments".into()),
        [other, ..] => Err(format!("unknown command {other:?}").into()),
    }
}

/// How to use the program.
pub(crate) const HELP: &str = "\
Checks, converts and explains configurations of the validate-jwt filter, offline.

Usage:
  validate-jwt check FILE     Say what a configuration does, or all that is wrong with it
  validate-jwt convert FILE   Write an API Management policy (XML) as JSON configuration
  validate-jwt schema         Print the JSON Schema of the configuration, for editors

FILE is a configuration in JSON or an API Management policy in XML; - stands for standard input.

Options:
  -h, --help      Print this
  -V, --version   Print the version

Exit status: 0 if all is well, 1 if the configuration is refused, 2 if the program was used wrongly.
";
