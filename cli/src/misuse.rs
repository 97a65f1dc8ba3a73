//! What is wrong with a command line: one line that names the argument and what is allowed, and where help is.

use std::error::Error as _;
use std::ffi::OsStr;
use std::fmt;

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The program's name.
pub(crate) const NAME: &str = "validate-jwt";

/// A command line that says nothing that can be done.
#[derive(Debug)]
pub(crate) struct Misuse {
    line: String,
    /// The command that was asked for, where there is such a one.
    command: Option<String>,
}

impl Misuse {
    /// What the program's parser found, in a line that begins with this word.
    pub(crate) fn of(
        error: &clap::Error,
        first: Option<impl AsRef<OsStr>>,
        mut program: clap::Command,
    ) -> Self {
        program.build();
        let command = first.and_then(|word| program.find_subcommand(word));
        let line = line(error, command.unwrap_or(&program));
        Self { line, command: command.map(|command| command.get_name().to_owned()) }
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nTry '{NAME} ", self.line)?;
        match &self.command {
            Some(command) => write!(f, "{command} --help'."),
            None => f.write_str("--help'."),
        }
    }
}

fn line(error: &clap::Error, command: &clap::Command) -> String {
    let about = |kind| error.get(kind).map(text).unwrap_or_default();
    let argument = about(ContextKind::InvalidArg);
    match error.kind() {
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            format!("a command is missing: expected one of {}", allowed(command))
        }
        ErrorKind::InvalidSubcommand => {
            let found = about(ContextKind::InvalidSubcommand);
            format!("unknown command {found:?}: expected one of {}", allowed(command))
        }
        ErrorKind::MissingRequiredArgument => format!("{} needs {argument}", command.get_name()),
        ErrorKind::UnknownArgument => {
            format!("{} takes {}, found {argument}", command.get_name(), allowed(command))
        }
        ErrorKind::ArgumentConflict => match about(ContextKind::PriorArg) {
            other if other == argument => format!("{argument} is given twice"),
            other => format!("{argument} cannot stand beside {other}"),
        },
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let expected = match (about(ContextKind::ValidValue), error.source()) {
                (_, Some(source)) => source.to_string(),
                (none, None) if none.is_empty() => "expected a value".to_owned(),
                (values, None) => format!("expected one of {values}"),
            };
            match about(ContextKind::InvalidValue) {
                found if found.is_empty() => format!("{argument}: {expected}, found none"),
                found => format!("{argument}: {expected}, found {found:?}"),
            }
        }
        _ => {
            let rendered = error.render().to_string();
            let first = rendered.lines().next().unwrap_or_default();
            first.strip_prefix("error: ").unwrap_or(first).to_owned()
        }
    }
}

fn text(value: &ContextValue) -> String {
    match value {
        ContextValue::Strings(all) => all.join(", "),
        other => other.to_string(),
    }
}

/// What may stand behind a command.
fn allowed(command: &clap::Command) -> String {
    let commands = command.get_subcommands().map(|command| command.get_name().to_owned());
    let arguments = command.get_arguments().filter(|argument| !is_added(argument.get_id().as_str()));
    let commands = commands.filter(|name| !is_added(name));
    commands.chain(arguments.map(ToString::to_string)).collect::<Vec<_>>().join(", ")
}

/// Whether the parser adds it to every command of its own.
fn is_added(name: &str) -> bool {
    ["help", "version"].contains(&name)
}
