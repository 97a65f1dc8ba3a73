//! The frame of a program that serves until it is told to stop.

use std::future::Future;
use std::net::SocketAddr;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use crate::client::Request;
use crate::error::Error;

/// Runs a program's future to its end; an error becomes a sentence on standard error and exit status 1.
pub fn run(program: impl Future<Output = Result<ExitCode, Error>>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = match runtime.map_err(Error::io("starting threads")) {
        Ok(runtime) => runtime,
        Err(error) => return complain(&error),
    };
    let ended = runtime.block_on(program);
    // A compiler or pip that still runs got the terminal's signal too; nothing here needs its end.
    runtime.shutdown_background();
    ended.unwrap_or_else(|error| complain(&error))
}

/// Completes when the program is asked to stop: Ctrl-C, or the signal that containers and `kill` send.
pub async fn until_stopped() -> Result<(), Error> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::io("waiting for signals"))?;
    let mut hangup = signal(SignalKind::hangup()).map_err(Error::io("waiting for signals"))?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(Error::io("waiting for signals")),
        _ = terminate.recv() => Ok(()),
        _ = hangup.recv() => Ok(()),
    }
}

/// Asks a program of the test bed for its health, as a container's health check does.
pub async fn check(address: SocketAddr) -> Result<ExitCode, Error> {
    let answer = Request::get("/health").send(address).await?;
    Ok(if answer.status == 200 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Says what was wrong with a command line, with the exit status that is customary for it.
#[expect(clippy::print_stderr, reason = "this is the program's voice")]
pub fn misused(error: &Error) -> ExitCode {
    eprintln!("{error}");
    ExitCode::from(2)
}

#[expect(clippy::print_stderr, reason = "this is the program's voice")]
fn complain(error: &Error) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::FAILURE
}
