//! `cargo demo`: see an API protected by the filter in a real Envoy. See [`validate_jwt_testbed::demo`].
#![expect(clippy::print_stdout, reason = "this program talks to a person")]

use std::process::ExitCode;

use validate_jwt_testbed::Error;
use validate_jwt_testbed::arguments::{Arguments, Usage};
use validate_jwt_testbed::demo::{Demo, Outcome, table};
use validate_jwt_testbed::service;

fn main() -> ExitCode {
    service::program(&USAGE, run)
}

async fn run(arguments: Arguments) -> Result<ExitCode, Error> {
    tokio::select! {
        shown = show(&arguments) => shown,
        stopped = service::until_stopped() => {
            stopped?;
            println!("\nStopping: Envoy, the identity provider and the API.");
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn show(arguments: &Arguments) -> Result<ExitCode, Error> {
    let demo = Demo::start().await?;
    let outcomes = demo.try_all().await?;
    println!("\n{}", table(&outcomes));
    let right = outcomes.iter().all(Outcome::is_right);
    if !right {
        println!("Some answers are wrong. Envoy's log:\n{}", demo.envoy_log());
    }
    if arguments.has("--exit") {
        return Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    println!("Try it yourself; Ctrl-C ends it all.\n\n{}", demo.curl_lines());
    std::future::pending().await
}

const USAGE: Usage = Usage {
    help: "\
usage: cargo demo [-- --exit]

Builds the filter, fetches Envoy if there is none, and shows what becomes of eight requests to an API behind it.

  --exit   stop after the table, with exit status 0 only if every answer was right
  --help   this text

Environment: ENVOY_BIN names an Envoy to use, ENVOY_VERSION one to fetch (such as 1.36.2).",
    flags: &["--exit", "--help"],
    options: &[],
};
