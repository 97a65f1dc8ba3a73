//! The command line.

use lexopt::ValueExt as _;
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
    /// Say what the filter would do with a token, and why.
    Explain(Explain),
}

/// What `explain` is given.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Explain {
    /// The configuration.
    pub(crate) config: String,
    /// The token.
    pub(crate) token: String,
    /// The provider's key set.
    pub(crate) jwks: Option<String>,
    /// The provider's discovery document.
    pub(crate) discovery: Option<String>,
    /// Seconds since 1970; by default the system's clock.
    pub(crate) now: Option<i64>,
    /// The policy, instead of the one that the rules choose.
    pub(crate) policy: Option<String>,
    /// The request's path.
    pub(crate) path: Option<String>,
}

/// Reads the command line of this process.
pub(crate) fn parse() -> Result<Command, String> {
    read(lexopt::Parser::from_env()).map_err(|error| format!("{error}\nTry 'validate-jwt --help'."))
}

fn read(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut words = Vec::new();
    let mut explain = Explain::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Short('V') | Long("version") => return Ok(Command::Version),
            Value(word) => words.push(word.into_string()?),
            Long("config") => explain.config = parser.value()?.into_string()?,
            Long("token") => explain.token = parser.value()?.into_string()?,
            Long("jwks") => explain.jwks = Some(parser.value()?.into_string()?),
            Long("discovery") => explain.discovery = Some(parser.value()?.into_string()?),
            Long("now") => explain.now = Some(parser.value()?.parse::<i64>()?),
            Long("policy") => explain.policy = Some(parser.value()?.into_string()?),
            Long("path") => explain.path = Some(parser.value()?.into_string()?),
            other => return Err(other.unexpected()),
        }
    }
    let options = explain != Explain::default();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["explain"] if explain.config.is_empty() => Err("explain needs --config FILE".into()),
        ["explain"] if explain.token.is_empty() => {
            Err("explain needs --token FILE; - stands for standard input".into())
        }
        ["explain"] => Ok(Command::Explain(explain)),
        [_, ..] if options => Err("only explain takes these options".into()),
        ["help"] => Ok(Command::Help),
        ["check", file] => Ok(Command::Check((*file).to_owned())),
        ["convert", file] => Ok(Command::Convert((*file).to_owned())),
        ["schema"] => Ok(Command::Schema),
        [] => Err("a command is missing".into()),
        ["check" | "convert"] => Err("a file is missing; - stands for standard input".into()),
        ["check" | "convert" | "schema" | "explain", ..] => Err("too many arguments".into()),
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
  validate-jwt explain --config FILE --token FILE [--jwks FILE] [--discovery FILE]
                       [--now SECONDS] [--policy NAME] [--path PATH]
                              Say what the filter would do with a token, and why. Nothing is fetched:
                              the provider's documents come from the files

FILE is a configuration in JSON or an API Management policy in XML; - stands for standard input.

Options:
  -h, --help      Print this
  -V, --version   Print the version

Exit status: 0 if all is well, 1 if the configuration or the token is refused, 2 if the program was used wrongly.
";
