//! `man`.

use std::process::ExitCode;

use crate::failure::Failure;
use crate::output;

/// Print a page of the manual.
///
/// To read it: `validate-jwt man convert | man -l -`.
#[derive(Debug, clap::Args)]
pub(crate) struct Man {
    /// The command whose page it is; the program's own page without.
    command: Option<String>,
}

impl Man {
    pub(crate) fn run(&self, mut program: clap::Command) -> Result<ExitCode, Failure> {
        program.build();
        let known = || program.get_subcommands().map(|command| command.get_name().to_owned()).collect();
        let described = match &self.command {
            None => &program,
            Some(name) => program
                .find_subcommand(name)
                .ok_or_else(|| Failure::UnknownCommand { found: name.clone(), known: known() })?,
        };
        let mut page = Vec::new();
        clap_mangen::Man::new(described.clone()).render(&mut page).map_err(Failure::Unwritable)?;
        output::print(&String::from_utf8_lossy(&page))
    }
}
