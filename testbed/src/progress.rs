//! Telling a waiting person that something long still goes on.

use std::future::Future;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::error::Error;

/// Does some long work under a line of text with the seconds it has taken so far.
pub async fn step<T>(what: &str, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let begun = Instant::now();
    let screen = Screen::of_standard_error();
    screen.begin(what);
    let mut work = std::pin::pin!(work);
    let mut tick = tokio::time::interval(screen.interval());
    // The first tick comes at once.
    tick.tick().await;
    let result = loop {
        tokio::select! {
            result = &mut work => break result,
            _ = tick.tick() => screen.still(what, begun.elapsed()),
        }
    };
    screen.end(what, if result.is_ok() { "done" } else { "failed" }, begun.elapsed());
    result
}

/// Runs blocking work beside the others.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let joined = tokio::task::spawn_blocking(work).await;
    joined.map_err(Error::http("a step of the setup"))?
}

/// A terminal shows one line that changes; a log gets a new line now and then.
enum Screen {
    Terminal,
    Log,
}

impl Screen {
    fn of_standard_error() -> Self {
        if io::stderr().is_terminal() { Self::Terminal } else { Self::Log }
    }

    fn interval(&self) -> Duration {
        match self {
            Self::Terminal => Duration::from_secs(1),
            Self::Log => Duration::from_secs(20),
        }
    }

    fn begin(&self, what: &str) {
        match self {
            Self::Terminal => write(&format!("{what} …")),
            Self::Log => write(&format!("{what} …\n")),
        }
    }

    fn still(&self, what: &str, elapsed: Duration) {
        match self {
            Self::Terminal => write(&format!("\r{what} … {} s", elapsed.as_secs())),
            Self::Log => write(&format!("{what}: still at it after {} s\n", elapsed.as_secs())),
        }
    }

    fn end(&self, what: &str, how: &str, elapsed: Duration) {
        let line = format!("{what}: {how} in {:.1} s\n", elapsed.as_secs_f32());
        match self {
            Self::Terminal => write(&format!("\r\x1b[K{line}")),
            Self::Log => write(&line),
        }
    }
}

fn write(text: &str) {
    // Without a reader there is nobody to tell.
    let mut stream = io::stderr().lock();
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}
