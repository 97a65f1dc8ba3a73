//! Packs the command line program, and prints the archive's path.
#![expect(clippy::print_stdout, reason = "this program's output is what is asked for")]

use std::path::Path;
use std::process::ExitCode;

use validate_jwt_release::program;
use validate_jwt_release::version::{self, Version};
use validate_jwt_testbed::arguments::{Arguments, Usage};
use validate_jwt_testbed::{Error, service};

fn main() -> ExitCode {
    service::program(&USAGE, run)
}

async fn run(arguments: Arguments) -> Result<ExitCode, Error> {
    let version = arguments.required("--version")?.parse::<Version>()?.fitting(&version::workspace()?)?;
    let program = Path::new(arguments.required("--program")?);
    let folder = Path::new(arguments.required("--folder")?);
    let archive = program::pack(program, &version, arguments.required("--target")?, folder)?;
    println!("{}", archive.display());
    Ok(ExitCode::SUCCESS)
}

const USAGE: Usage = Usage {
    help: "\
usage: release-program --program FILE --version VERSION --target TARGET --folder FOLDER

Writes validate-jwt-VERSION-TARGET.tar.gz into the folder: the program and its licence. Refuses a program that needs a newer glibc
than 2.34.

  --program FILE     validate-jwt, as Cargo built it
  --version VERSION  that of Cargo.toml, such as 0.2.0, or a pre-release of it or of a later one, such as 0.2.0-rc.1
  --target TARGET    what it was built for, such as x86_64-unknown-linux-gnu
  --folder FOLDER    the folder of the release
  --help             this text",
    flags: &["--help"],
    options: &["--folder", "--program", "--target", "--version"],
};
