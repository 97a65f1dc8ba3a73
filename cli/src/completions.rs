//! `completions`.

use std::process::ExitCode;

use clap_complete::Shell;

use crate::failure::Failure;
use crate::misuse::NAME;
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
    pub(crate) fn run(&self, program: &mut clap::Command) -> Result<ExitCode, Failure> {
        if self.shell == Shell::Bash {
            // Of a program with a hyphen in its name this generator's script completes no command's options: the name is put
            // back where the script is registered.
            let plain = NAME.replace('-', "_");
            return output::print(
                &script(Shell::Bash, program, &plain).replace(&format!(" {plain}\n"), &format!(" {NAME}\n")),
            );
        }
        output::print(&script(self.shell, program, NAME))
    }
}

fn script(shell: Shell, program: &mut clap::Command, name: &str) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, program, name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
