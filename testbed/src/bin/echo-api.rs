//! The echoing API as a program, for containers. See [`validate_jwt_testbed::echo`].
#![expect(clippy::print_stdout, reason = "this program talks to a person")]

use std::net::SocketAddr;
use std::process::ExitCode;

use validate_jwt_testbed::Error;
use validate_jwt_testbed::arguments::{Arguments, Usage};
use validate_jwt_testbed::echo::EchoApi;
use validate_jwt_testbed::service;

fn main() -> ExitCode {
    service::program(&USAGE, run)
}

async fn run(arguments: Arguments) -> Result<ExitCode, Error> {
    let default = SocketAddr::from(([0, 0, 0, 0], 8082));
    if arguments.has("--check") {
        return service::check(arguments.parsed("--check", default)?).await;
    }
    let api = EchoApi::start_on(arguments.parsed("--listen", default)?)?;
    println!("echo API: http://{}/", api.address());
    service::until_stopped().await?;
    Ok(ExitCode::SUCCESS)
}

const USAGE: Usage = Usage {
    help: "\
usage: echo-api [--listen ADDRESS]
       echo-api --check ADDRESS

  --listen  where to listen, by default 0.0.0.0:8082
  --check   ask a running one for its health; exit status 0 means well
  --help    this text",
    flags: &["--help"],
    options: &["--check", "--listen"],
};
