//! HTTP clients that can say what a well-behaved one cannot: any bytes in a header, copies, half a body.
//!
//! ```no_run
//! # async fn example(envoy: std::net::SocketAddr) -> Result<(), validate_jwt_testbed::Error> {
//! use validate_jwt_testbed::client::{Connection, Request};
//!
//! let answer = Request::get("/orders").bearer("e30.e30.").send(envoy).await?;
//! assert_eq!(answer.status, 401);
//! assert_eq!(answer.header("x-token-reason"), Some("token_malformed"));
//!
//! let bytes = Request::get("/").header("authorization", b"Bearer \xff").send(envoy).await?;
//! let mut connection = Connection::open(envoy).await?; // kept alive between requests
//! connection.write(b"GET / HT").await?; // and as slow, partial or broken as wanted
//! # Ok(()) }
//! ```

mod head;
mod http1;
mod http2;

use std::net::SocketAddr;

pub use head::Head;
pub use http1::Connection;
pub use http2::Http2Connection;

use crate::error::Error;

/// A request, as bytes as it is going to be sent.
#[derive(Clone, Debug)]
pub struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) trailers: Vec<(String, Vec<u8>)>,
}

impl Request {
    /// A request with any method.
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: None,
            trailers: Vec::new(),
        }
    }

    /// A GET request.
    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// A POST request with a body.
    pub fn post(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::new("POST", path).body(body)
    }

    /// Adds a header; a second one of the same name is a second header line.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Adds `Authorization: Bearer` with this token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Adds a trailer: a header behind the body, which HTTP/1 then sends in chunks.
    #[must_use]
    pub fn trailer(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.trailers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Sends it over a connection of its own and awaits the answer.
    pub async fn send(&self, to: SocketAddr) -> Result<Response, Error> {
        Connection::open(to).await?.send(self).await
    }
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// All header lines in order, names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, without transfer coding.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of this name, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers_named(name).into_iter().next()
    }

    /// All headers of this name that are text.
    pub fn headers_named(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(candidate, _)| candidate.eq_ignore_ascii_case(name));
        named.filter_map(|(_, value)| std::str::from_utf8(value).ok()).collect()
    }

    /// The body as text, with replacement characters where it is none.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<serde_json::Value, Error> {
        serde_json::from_slice(&self.body).map_err(Error::http(format!("reading {:?} as JSON", self.text())))
    }
}
