//! `completions`.

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::arguments::{Arguments, NAME};
use crate::failure::Failure;
use crate::output;

/// Print what completes command lines in a shell.
///
/// For bash: `validate-jwt completions bash > ~/.local/share/bash-completion/completions/validate-jwt`.
#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        if self.shell == Shell::Bash {
            // Of a program with a hyphen in its name this generator's script completes no command's options: the name is put
            // back where the script is registered.
            let plain = NAME.replace('-', "_");
            return output::print(
                &script(Shell::Bash, &plain).replace(&format!(" {plain}\n"), &format!(" {NAME}\n")),
            );
        }
        output::print(&script(self.shell, NAME))
    }
}

fn script(shell: Shell, name: &str) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
