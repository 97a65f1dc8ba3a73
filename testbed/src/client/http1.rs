//! HTTP/1.1 over a bare socket.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Head, Request, Response};
use crate::error::Error;
use crate::patience::PATIENCE;

/// A connection that is kept between requests. Dropping it closes it, in the middle of an answer or not.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    /// Received but not yet consumed.
    received: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn open(to: SocketAddr) -> Result<Self, Error> {
        let stream = TcpStream::connect(to).await.map_err(Error::io(format!("connecting to {to}")))?;
        stream.set_nodelay(true).map_err(Error::io("configuring a socket"))?;
        Ok(Self { stream, peer: to, received: Vec::new() })
    }

    /// Sends a request and awaits the answer.
    pub async fn send(&mut self, request: &Request) -> Result<Response, Error> {
        self.write(&encode(request, self.peer)).await?;
        self.answer_to(&request.method).await
    }

    /// Sends these bytes and nothing else.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.stream.write_all(bytes).await.map_err(Error::io(format!("sending to {}", self.peer)))
    }

    /// Sends a request's head, announcing its body but sending none of it; follow with [`Connection::write`].
    pub async fn write_head(&mut self, request: &Request) -> Result<(), Error> {
        let mut bytes = encode(request, self.peer);
        bytes.truncate(bytes.len() - encoded_body(request).len());
        self.write(&bytes).await
    }

    /// Awaits the answer to what was written, up to the test bed's patience.
    pub async fn response(&mut self) -> Result<Response, Error> {
        self.answer_to("GET").await
    }

    /// Whatever the peer sends until it closes the connection: for upgrades and broken peers.
    pub async fn rest(&mut self) -> Result<Vec<u8>, Error> {
        while self.fill().await? > 0 {}
        Ok(std::mem::take(&mut self.received))
    }

    /// Whether more was received than the answers that were awaited.
    pub fn has_more(&self) -> bool {
        !self.received.is_empty()
    }

    /// Awaits exactly so many bytes.
    pub async fn read(&mut self, count: usize) -> Result<Vec<u8>, Error> {
        while self.received.len() < count {
            self.fill_some().await?;
        }
        Ok(self.received.drain(..count).collect())
    }

    async fn answer_to(&mut self, method: &str) -> Result<Response, Error> {
        let waiting_for = format!("an answer from {}", self.peer);
        let timed_out = Error::TimedOut { waiting_for, after: PATIENCE };
        let answer = tokio::time::timeout(PATIENCE, async {
            loop {
                let (status, headers) = self.head().await?;
                // Interim answers such as 100 are not what the caller asked for; 101 ends HTTP.
                if status == 101 || status >= 200 {
                    let body = self.body(method, status, &headers).await?;
                    return Ok(Response { status, headers, body });
                }
            }
        });
        answer.await.map_err(|_| timed_out)?
    }

    async fn head(&mut self) -> Result<(u16, Vec<(String, Vec<u8>)>), Error> {
        loop {
            let own = |head: Head<'_>| {
                let headers = head.headers().map(|(name, value)| (name.to_lowercase(), value.to_vec()));
                (head.length, head.status, headers.collect())
            };
            if let Some((length, status, headers)) = Head::read(&self.received, own)? {
                self.received.drain(..length);
                return Ok((status, headers));
            }
            self.fill_some().await?;
        }
    }

    async fn body(
        &mut self,
        method: &str,
        status: u16,
        headers: &[(String, Vec<u8>)],
    ) -> Result<Vec<u8>, Error> {
        let header = |wanted: &str| {
            let found = headers.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
        };
        if method == "HEAD" || matches!(status, 101 | 204 | 304) {
            return Ok(Vec::new());
        }
        if header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
            return self.chunked().await;
        }
        match header("content-length") {
            Some(length) => {
                let length =
                    length.parse().map_err(Error::http(format!("reading content-length {length:?}")))?;
                self.read(length).await
            }
            None => self.rest().await,
        }
    }

    async fn chunked(&mut self) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        loop {
            let line = self.line().await?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16)
                .map_err(Error::http(format!("reading chunk size {size:?}")))?;
            if size == 0 {
                while !self.line().await?.is_empty() {}
                return Ok(body);
            }
            body.extend(self.read(size).await?);
            self.line().await?;
        }
    }

    async fn line(&mut self) -> Result<String, Error> {
        loop {
            if let Some(end) = self.received.windows(2).position(|pair| pair == b"\r\n") {
                let line: Vec<u8> = self.received.drain(..end + 2).take(end).collect();
                return Ok(String::from_utf8_lossy(&line).into_owned());
            }
            self.fill_some().await?;
        }
    }

    async fn fill_some(&mut self) -> Result<(), Error> {
        if self.fill().await? > 0 {
            return Ok(());
        }
        let detail = format!("the peer closed the connection after {} bytes of it", self.received.len());
        Err(Error::Http { doing: format!("reading an answer from {}", self.peer), detail })
    }

    async fn fill(&mut self) -> Result<usize, Error> {
        let read = self.stream.read_buf(&mut self.received).await;
        read.map_err(Error::io(format!("reading from {}", self.peer)))
    }
}

/// The body's bytes: in one chunk where trailers follow.
fn encoded_body(request: &Request) -> Vec<u8> {
    let body = request.body.as_deref().unwrap_or_default();
    if request.trailers.is_empty() {
        return body.to_vec();
    }
    let mut bytes = Vec::new();
    if !body.is_empty() {
        bytes.extend(format!("{:x}\r\n", body.len()).into_bytes());
        bytes.extend(body);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n");
    lines(&request.trailers, &mut bytes);
    bytes.extend(b"\r\n");
    bytes
}

fn lines(fields: &[(String, Vec<u8>)], bytes: &mut Vec<u8>) {
    for (name, value) in fields {
        bytes.extend(name.as_bytes());
        bytes.extend(b": ");
        bytes.extend(value);
        bytes.extend(b"\r\n");
    }
}

/// The request's bytes; `host` and the body's framing are added unless the request has its own.
fn encode(request: &Request, peer: SocketAddr) -> Vec<u8> {
    let has = |wanted: &str| request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
    let mut bytes = format!("{} {} HTTP/1.1\r\n", request.method, request.path).into_bytes();
    if !has("host") {
        bytes.extend(format!("host: {peer}\r\n").into_bytes());
    }
    lines(&request.headers, &mut bytes);
    if !has("content-length") && !has("transfer-encoding") {
        match &request.body {
            _ if !request.trailers.is_empty() => bytes.extend(b"transfer-encoding: chunked\r\n"),
            Some(body) => bytes.extend(format!("content-length: {}\r\n", body.len()).into_bytes()),
            None => {}
        }
    }
    bytes.extend(b"\r\n");
    bytes.extend(encoded_body(request));
    bytes
}
