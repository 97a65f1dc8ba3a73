//! Running the few external programs that setting up needs.

use std::process::{Command, Stdio};

use crate::error::Error;

/// Runs a program to its end and returns what it printed.
///
/// `advice` is what a reader can do when the program is not installed.
pub fn run(command: &mut Command, tool: &'static str, advice: &str) -> Result<String, Error> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|source| not_started(source, tool, advice))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let text = [output.stdout, output.stderr].concat();
    Err(Error::CommandFailed {
        command: line(command),
        output: last_lines(&String::from_utf8_lossy(&text), LINES),
    })
}

/// Runs a program to its end, with its progress and its complaints on this program's standard error.
pub fn show(command: &mut Command, tool: &'static str, advice: &str) -> Result<(), Error> {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    if status.map_err(|source| not_started(source, tool, advice))?.success() {
        return Ok(());
    }
    Err(Error::CommandFailed { command: line(command), output: "its own words are above".to_owned() })
}

fn not_started(source: std::io::Error, tool: &'static str, advice: &str) -> Error {
    match source.kind() {
        std::io::ErrorKind::NotFound => Error::MissingTool { tool, advice: advice.to_owned() },
        _ => Error::Io { doing: format!("starting {tool}"), source },
    }
}

/// A command as a person would type it.
pub fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// The end of what a program said, at most so many lines.
pub fn last_lines(text: &str, most: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(most)..].join("\n")
}

/// Enough for a compiler's errors, not so much that they scroll away.
const LINES: usize = 60;
