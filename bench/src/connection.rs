//! A connection that reads no more of an answer than its status and where it ends.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use validate_jwt_testbed::client::Head;
use validate_jwt_testbed::{Error, PATIENCE};

/// An HTTP/1.1 connection with at most one request under way.
pub(super) struct Connection {
    stream: TcpStream,
    /// What has come of the answer.
    answer: Vec<u8>,
}

impl Connection {
    pub(super) fn open(address: SocketAddr) -> Result<Self, Error> {
        let stream = TcpStream::connect(address).map_err(Error::io("connecting to Envoy"))?;
        stream.set_nodelay(true).map_err(Error::io("configuring a socket"))?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(Error::io("configuring a socket"))?;
        Ok(Self { stream, answer: Vec::new() })
    }

    /// To wait for.
    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Sends a request and waits for its answer.
    pub(super) fn exchange(&mut self, request: &[u8], expected: u16) -> Result<(), Error> {
        self.start(request)?;
        while !self.has_answered(expected)? {}
        Ok(())
    }

    /// Sends a request.
    pub(super) fn start(&mut self, request: &[u8]) -> Result<(), Error> {
        self.stream.write_all(request).map_err(Error::io("sending a request"))
    }

    /// Reads what has come, or waits for it; says whether that was all of the answer.
    pub(super) fn has_answered(&mut self, expected: u16) -> Result<bool, Error> {
        let mut bytes = [0; 4096];
        let read = self.stream.read(&mut bytes).map_err(Error::io("reading an answer"))?;
        if read == 0 {
            return Err(Error::configuration("Envoy closed a connection of the benchmark"));
        }
        self.answer.extend_from_slice(&bytes[..read]);
        let end = |head: Head<'_>| {
            if head.status != expected {
                let detail = format!("expected status {expected}, found {}: nothing to compare", head.status);
                return Err(Error::configuration(detail));
            }
            let length = head.header("content-length").map_or("0".into(), String::from_utf8_lossy);
            let body: usize = length.parse().map_err(Error::http("reading the length of an answer"))?;
            Ok(head.length + body)
        };
        let Some(end) = Head::read(&self.answer, end)?.transpose()? else { return Ok(false) };
        if self.answer.len() < end {
            return Ok(false);
        }
        self.answer.clear();
        Ok(true)
    }
}
