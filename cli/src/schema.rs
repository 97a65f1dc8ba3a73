//! `schema`.

use std::process::ExitCode;

use validate_jwt::config::Config;

use crate::failure::Failure;
use crate::output;

/// Print the JSON Schema of the configuration, for editors.
#[derive(Debug, clap::Args)]
pub(crate) struct Schema {}

impl Schema {
    #[expect(clippy::unused_self, reason = "every command runs in the same way")]
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        output::print_json(&Config::json_schema())
    }
}
