//! `cargo wasm`: builds the module that proxies load, in its two forms, and says where they are.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this program talks to a person")]

use std::process::ExitCode;

use validate_jwt_module::{Built, Words};

fn main() -> ExitCode {
    let unexpected = match lexopt::Parser::from_env().next() {
        Ok(argument) => argument.map(lexopt::Arg::unexpected),
        Err(error) => Some(error),
    };
    if let Some(error) = unexpected {
        eprintln!("error: {error}; this program takes no arguments");
        return ExitCode::from(2);
    }
    match validate_jwt_module::build(Words::Shown) {
        Ok(Built { module, for_nginx }) => {
            println!("{}\n{}", module.display(), for_nginx.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
