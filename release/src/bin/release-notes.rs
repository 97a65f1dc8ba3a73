//! Prints the notes of a release: its chapter of `CHANGELOG.md`. Refuses a version that this tree is not.
#![expect(clippy::print_stdout, reason = "this program's output is what is asked for")]

use std::fs;
use std::process::ExitCode;

use validate_jwt_release::changelog;
use validate_jwt_release::version::{self, Version};
use validate_jwt_testbed::arguments::{Arguments, Usage};
use validate_jwt_testbed::{Error, service, workspace};

fn main() -> ExitCode {
    service::program(&USAGE, run)
}

async fn run(arguments: Arguments) -> Result<ExitCode, Error> {
    let version = arguments.required("--version")?.parse::<Version>()?.fitting(&version::workspace()?)?;
    let file = workspace::root().join("CHANGELOG.md");
    let changelog = fs::read_to_string(&file).map_err(Error::io("reading CHANGELOG.md"))?;
    println!("{}", changelog::notes(&changelog, &version, arguments.value("--source"))?);
    Ok(ExitCode::SUCCESS)
}

const USAGE: Usage = Usage {
    help: "\
usage: release-notes --version VERSION [--source URL]

Prints what CHANGELOG.md says of a version; of a pre-release, what it has under \"Unreleased\".

  --version VERSION  that of Cargo.toml, such as 0.2.0, or a pre-release of it or of a later one, such as 0.2.0-rc.1
  --source URL       the repository's address, for links to its files
  --help             this text",
    flags: &["--help"],
    options: &["--source", "--version"],
};
