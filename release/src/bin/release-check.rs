//! Checks a folder with a whole release, with a real Envoy, and says what is right.
#![expect(clippy::print_stdout, reason = "this program talks to a person")]

use std::path::Path;
use std::process::ExitCode;

use validate_jwt_release::check;
use validate_jwt_testbed::arguments::{Arguments, Usage};
use validate_jwt_testbed::{Error, service};

fn main() -> ExitCode {
    service::program(&USAGE, run)
}

async fn run(arguments: Arguments) -> Result<ExitCode, Error> {
    let folder = Path::new(arguments.required("--folder")?);
    for line in check::check(folder, &arguments.required("--version")?.parse()?).await? {
        println!("{line}");
    }
    Ok(ExitCode::SUCCESS)
}

const USAGE: Usage = Usage {
    help: "\
usage: release-check --folder FOLDER --version VERSION

Checks what .ci/release left in a folder: checksums, modules, images, which are taken apart and loaded by Envoy, programs, parts.

  --folder FOLDER    the folder of the release
  --version VERSION  such as 0.2.0
  --help             this text

Environment: ENVOY_BIN names an Envoy to use, ENVOY_VERSION one to fetch (such as 1.36.2).",
    flags: &["--help"],
    options: &["--folder", "--version"],
};
