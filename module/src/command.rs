//! Running the few external programs that setting up needs.

use std::process::{Command, Stdio};

use crate::error::Error;

/// Runs a program to its end and returns what it printed.
///
/// `advice` is what a reader can do when the program is not installed.
pub fn run(command: &mut Command, tool: &'static str, advice: &str) -> Result<String, Error> {
    let output = command.stdin(Stdio::null()).output().map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => Error::MissingTool { tool, advice: advice.to_owned() },
        _ => Error::Io { doing: format!("starting {tool}"), source },
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let text = [output.stdout, output.stderr].concat();
    Err(Error::CommandFailed { command: line(command), output: last_lines(&String::from_utf8_lossy(&text)) })
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

/// Enough for a compiler's errors, not so much that they scroll away.
const LINES: usize = 60;
