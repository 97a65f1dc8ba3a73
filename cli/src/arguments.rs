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
    /// Make a configuration of what somebody has elsewhere.
    Convert(Convert),
    /// Print the JSON Schema.
    Schema,
    /// Say what the filter would do with a token, and why.
    Explain(Explain),
}

/// What `convert` is given.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Convert {
    /// What the files are written for.
    pub(crate) from: Origin,
    /// One document, in as many files as it has.
    pub(crate) files: Vec<String>,
    /// `NAME=VALUE` each.
    pub(crate) named_values: Vec<(String, String)>,
    /// JSON files with names and values.
    pub(crate) named_value_files: Vec<String>,
}

/// What a converted document is written for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Azure API Management.
    #[default]
    ApiManagement,
    /// Envoy's own filter.
    JwtAuthn,
    /// Istio's `RequestAuthentication` and `AuthorizationPolicy`.
    Istio,
    /// Envoy Gateway's `SecurityPolicy`.
    EnvoyGateway,
}

impl Origin {
    const WORDS: [(&str, Self); 4] = [
        ("api-management", Self::ApiManagement),
        ("jwt-authn", Self::JwtAuthn),
        ("istio", Self::Istio),
        ("envoy-gateway", Self::EnvoyGateway),
    ];

    /// The origin of this name.
    pub(crate) fn named(word: &str) -> Result<Self, String> {
        let known = Self::WORDS.iter().find(|(name, _)| *name == word);
        known.map(|(_, origin)| *origin).ok_or_else(|| {
            let words: Vec<_> = Self::WORDS.iter().map(|(name, _)| *name).collect();
            format!("--from: expected one of {}, found {word:?}", words.join(", "))
        })
    }
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
    /// The request's method; by default `GET`.
    pub(crate) method: Option<String>,
    /// The request's scheme, host and path.
    pub(crate) url: Option<String>,
    /// The DPoP proof that comes with the token.
    pub(crate) proof: Option<String>,
}

/// Reads the command line of this process.
pub(crate) fn parse() -> Result<Command, String> {
    read(lexopt::Parser::from_env()).map_err(|error| format!("{error}\nTry 'validate-jwt --help'."))
}

fn read(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut words = Vec::new();
    let mut explain = Explain::default();
    let mut convert = Convert::default();
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
            Long("method") => explain.method = Some(parser.value()?.into_string()?),
            Long("url") => explain.url = Some(parser.value()?.into_string()?),
            Long("proof") => explain.proof = Some(parser.value()?.into_string()?),
            Long("path") => explain.path = Some(parser.value()?.into_string()?),
            Long("from") => convert.from = Origin::named(&parser.value()?.into_string()?)?,
            Long("named-value") => convert.named_values.push(named_value(&parser.value()?.into_string()?)?),
            Long("named-values") => convert.named_value_files.push(parser.value()?.into_string()?),
            other => return Err(other.unexpected()),
        }
    }
    let explains = explain != Explain::default();
    let converts = convert != Convert::default();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["explain"] if explain.config.is_empty() => Err("explain needs --config FILE".into()),
        ["explain"] if explain.token.is_empty() => {
            Err("explain needs --token FILE; - stands for standard input".into())
        }
        ["explain"] if explain.url.is_some() && explain.path.is_some() => {
            Err("--url has a path: --path cannot stand beside it".into())
        }
        ["explain"] if converts => Err("only convert takes these options".into()),
        ["explain"] => Ok(Command::Explain(explain)),
        [_, ..] if explains => Err("only explain takes these options".into()),
        ["convert"] => Err("a file is missing; - stands for standard input".into()),
        ["convert", files @ ..] => {
            convert.files = files.iter().map(|file| (*file).to_owned()).collect();
            Ok(Command::Convert(convert))
        }
        [_, ..] if converts => Err("only convert takes these options".into()),
        ["help"] => Ok(Command::Help),
        ["check", file] => Ok(Command::Check((*file).to_owned())),
        ["schema"] => Ok(Command::Schema),
        [] => Err("a command is missing".into()),
        ["check"] => Err("a file is missing; - stands for standard input".into()),
        ["check" | "schema" | "explain", ..] => Err("too many arguments".into()),
        [other, ..] => Err(format!("unknown command {other:?}").into()),
    }
}

/// Reads `NAME=VALUE`.
fn named_value(written: &str) -> Result<(String, String), String> {
    let (name, value) = written
        .split_once('=')
        .ok_or_else(|| format!("--named-value: expected NAME=VALUE, found {written:?}"))?;
    Ok((name.to_owned(), value.to_owned()))
}

/// How to use the program.
pub(crate) const HELP: &str = "\
Checks, converts and explains configurations of the validate-jwt filter, offline.

Usage:
  validate-jwt check FILE     Say what a configuration does, or all that is wrong with it
  validate-jwt convert [--from ORIGIN] [--named-value NAME=VALUE]... [--named-values FILE]... FILE...
                              Make a configuration of what you have elsewhere, and list what is left to do.
                              ORIGIN: api-management (policy documents and fragments; the default),
                              jwt-authn, istio or envoy-gateway
  validate-jwt schema         Print the JSON Schema of the configuration, for editors
  validate-jwt explain --config FILE --token FILE [--jwks FILE] [--discovery FILE]
                       [--now SECONDS] [--policy NAME] [--method METHOD] [--path PATH | --url URL]
                       [--proof FILE]
                              Say what the filter would do with a token, and why. Nothing is fetched:
                              the provider's documents come from the files

FILE is a configuration in JSON or an API Management policy in XML, and for convert --from whatever ORIGIN has, in YAML or
JSON; - stands for standard input.

Options:
  -h, --help      Print this
  -V, --version   Print the version

Exit status: 0 if all is well, 1 if the configuration or the token is refused, 2 if the program was used wrongly,
3 if convert leaves something to do.
";
