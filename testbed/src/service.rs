//! The frame of the test bed's programs.

use std::future::Future;
use std::net::SocketAddr;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::{Arguments, Usage};
use crate::client::Request;
use crate::error::Error;

/// A program: its command line read, and what it does then run to its end. An error becomes one line on standard error;
/// the exit status is 1, or 2 where the command line was wrong.
pub fn program<Work>(usage: &Usage, work: impl FnOnce(Arguments) -> Work) -> ExitCode
where
    Work: Future<Output = Result<ExitCode, Error>>,
{
    match usage.read(std::env::args_os().skip(1)) {
        Ok(arguments) if arguments.has("--help") => show_help(usage),
        Ok(arguments) => match run(work(arguments)) {
            Ok(status) => status,
            Err(error) => complain(&error, ExitCode::FAILURE),
        },
        Err(error) => complain(&error, ExitCode::from(2)),
    }
}

fn run(work: impl Future<Output = Result<ExitCode, Error>>) -> Result<ExitCode, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(Error::io("starting threads"))?;
    let ended = runtime.block_on(work);
    // A compiler or pip that still runs got the terminal's signal too; nothing here needs its end.
    runtime.shutdown_background();
    ended
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

#[expect(clippy::print_stdout, reason = "this is the program's voice")]
fn show_help(usage: &Usage) -> ExitCode {
    println!("{}", usage.help);
    ExitCode::SUCCESS
}

#[expect(clippy::print_stderr, reason = "this is the program's voice")]
fn complain(error: &Error, status: ExitCode) -> ExitCode {
    eprintln!("error: {error}");
    status
}
