//! Sending prepared requests over a few connections, each with a thread of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::cpu::Processors;
use crate::error::Error;

/// Where requests go, and the status that every one of them has to get.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) address: SocketAddr,
    pub(super) expected: u16,
    pub(super) processors: Processors,
}

impl Load {
    /// Sends every request as soon as its connection is free; gives the time that it took.
    pub(super) fn as_fast_as_it_goes(&self, requests: &[Vec<u8>]) -> Result<Duration, Error> {
        let mut connections = self.connect()?;
        let begun = Instant::now();
        self.each(&mut connections, |first, connection| {
            for request in requests.iter().skip(first).step_by(CONNECTIONS) {
                connection.exchange(request, self.expected)?;
            }
            Ok(())
        })?;
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

/// A connection that reads no more of an answer than its length and status.
struct Connection {
    reader: BufReader<TcpStream>,
    line: Vec<u8>,
}

impl Connection {
    fn open(address: SocketAddr) -> Result<Self, Error> {
        let stream = TcpStream::connect(address).map_err(Error::io("connecting to Envoy"))?;
        stream.set_nodelay(true).map_err(Error::io("configuring a socket"))?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(Error::io("configuring a socket"))?;
        Ok(Self { reader: BufReader::new(stream), line: Vec::new() })
    }

    fn exchange(&mut self, request: &[u8], expected: u16) -> Result<(), Error> {
        self.reader.get_mut().write_all(request).map_err(Error::io("sending a request"))?;
        self.next_line()?;
        let status = std::str::from_utf8(&self.line).ok().and_then(|line| line.get(9..12)?.parse().ok());
        if status != Some(expected) {
            let got = String::from_utf8_lossy(&self.line);
            let detail = format!("{:?} instead of status {expected}: nothing to compare", got.trim_end());
            return Err(Error::configuration(detail));
        }
        let mut length = 0;
        while self.next_line()? > 2 {
            let header = std::str::from_utf8(&self.line).unwrap_or_default();
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().map_err(Error::http("reading the length of an answer"))?;
            }
        }
        let body = std::io::copy(&mut self.reader.by_ref().take(length), &mut std::io::sink());
        body.map(drop).map_err(Error::io("reading an answer"))
    }

    fn next_line(&mut self) -> Result<usize, Error> {
        self.line.clear();
        let read = self.reader.read_until(b'\n', &mut self.line).map_err(Error::io("reading an answer"))?;
        if read == 0 {
            return Err(Error::configuration("Envoy closed a connection of the benchmark"));
        }
        Ok(read)
    }
}

/// Enough to keep one worker busy.
const CONNECTIONS: usize = 8;

const PATIENCE: Duration = Duration::from_secs(30);
