//! The `validate-jwt` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    validate_jwt_cli::run()
}
