//! `cargo wasm`: builds the module that proxies load, and says where it is.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this program talks to a person")]

use std::process::ExitCode;

use validate_jwt_module::Words;

fn main() -> ExitCode {
    if let Some(argument) = std::env::args().nth(1) {
        eprintln!("{argument} is no argument of this program: it takes none, and builds the module");
        return ExitCode::from(2);
    }
    match validate_jwt_module::build(Words::Shown) {
        Ok(module) => {
            println!("{}", module.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
