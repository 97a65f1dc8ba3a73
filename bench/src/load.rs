//! Sending prepared requests over a few connections.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::connection::Connection;
use super::cpu::Processors;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::PATIENCE;

/// Where requests go, and the status that every one of them has to get.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) address: SocketAddr,
    pub(super) expected: u16,
    pub(super) processors: Processors,
}

impl Load {
    /// Sends every request as soon as its connection is free; gives the time that it took.
    ///
    /// One thread does it, and never sleeps: whoever answers a sleeping client pays for waking it, the more often the
    /// slower it answers, and that would be taken for the cost of the filter.
    pub(super) fn as_fast_as_it_goes(&self, requests: &[Vec<u8>]) -> Result<Duration, Error> {
        self.processors.use_these()?;
        let mut connections = self.connect()?;
        let begun = Instant::now();
        let mut unsent = requests.iter();
        for (connection, request) in connections.iter_mut().zip(&mut unsent) {
            connection.start(request)?;
        }
        let mut unanswered = requests.len();
        let mut last_answer = begun;
        while unanswered > 0 {
            for at in answered(&connections)? {
                if !connections[at].has_answered(self.expected)? {
                    continue;
                }
                unanswered -= 1;
                last_answer = Instant::now();
                if let Some(request) = unsent.next() {
                    connections[at].start(request)?;
                }
            }
            if last_answer.elapsed() > PATIENCE {
                return Err(Error::configuration("Envoy does not answer the benchmark"));
            }
        }
        Ok(begun.elapsed())
    }

    /// Sends so many requests per second, whether or not the earlier ones were answered in time; gives the latency
    /// of each. One that had to wait for its connection is counted from the moment when it was due.
    pub(super) fn at_rate(&self, requests: &[Vec<u8>], per_second: u32) -> Result<Vec<Duration>, Error> {
        let mut connections = self.connect()?;
        let begun = Instant::now();
        let pause = Duration::from_secs(1) / per_second;
        let latencies = self.each(&mut connections, |first, connection| {
            let mut latencies = Vec::new();
            for (at, request) in (0_u32..).zip(requests).skip(first).step_by(CONNECTIONS) {
                let due = begun + pause * at;
                let left = due.saturating_duration_since(Instant::now());
                thread::sleep(left);
                let counted_from = if left.is_zero() { due } else { Instant::now() };
                connection.exchange(request, self.expected)?;
                latencies.push(counted_from.elapsed());
            }
            Ok(latencies)
        })?;
        Ok(latencies.into_iter().flatten().collect())
    }

    fn connect(&self) -> Result<Vec<Connection>, Error> {
        (0..CONNECTIONS).map(|_| Connection::open(self.address)).collect()
    }

    /// Runs the work of every connection at once.
    fn each<T: Send>(
        &self,
        connections: &mut [Connection],
        work: impl Fn(usize, &mut Connection) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        let work = &work;
        thread::scope(|scope| {
            let threads: Vec<_> = connections
                .iter_mut()
                .enumerate()
                .map(|(first, connection)| {
                    scope.spawn(move || {
                        self.processors.use_these()?;
                        work(first, connection)
                    })
                })
                .collect();
            let joined = threads.into_iter().map(|thread| match thread.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            joined.collect()
        })
    }
}

/// Which connections have something to read, without waiting for it.
fn answered(connections: &[Connection]) -> Result<Vec<usize>, Error> {
    let mut polled: Vec<_> =
        connections.iter().map(|connection| PollFd::new(connection.stream(), PollFlags::IN)).collect();
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut polled, Some(&at_once)).map_err(|error| Error::io("waiting for answers")(error.into()))?;
    let ready = polled.iter().enumerate().filter(|(_, one)| !one.revents().is_empty());
    Ok(ready.map(|(at, _)| at).collect())
}

/// Enough to keep one worker busy.
const CONNECTIONS: usize = 8;
