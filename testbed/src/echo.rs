//! The API behind the proxy: answers every request with what it saw of it.
//!
//! ```no_run
//! # async fn example() -> Result<(), validate_jwt_testbed::Error> {
//! use validate_jwt_testbed::echo::EchoApi;
//!
//! let api = EchoApi::start()?;
//! // … requests through the proxy …
//! assert_eq!(api.count(), 1);
//! let seen = api.last().expect("the request came through");
//! assert_eq!(seen.header_values("authorization"), ["Bearer …"]);
//! # Ok(()) }
//! ```
//!
//! An answer is JSON: `method`, `path` (with query), `protocol`, `headers` (a list of name and value, every copy),
//! `body_bytes`, `body_sha256` (hexadecimal), `trailers` (as `headers`) and `count`, the number of requests so far. A request for an upgrade is
//! granted, and what comes after it is sent back. `/health` is answered without being counted.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderMap, UPGRADE};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::runtime;
use crate::server::{Body, Connection, Server, Site, empty, full};

/// The echoing API. Dropping it ends it.
pub struct EchoApi {
    server: Server<Api>,
    api: Arc<Api>,
}

/// A request as the API saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub protocol: String,
    /// All headers, every copy, with replacement characters where a value is not text.
    pub headers: Vec<(String, String)>,
    /// Length of the body.
    pub body_bytes: usize,
    /// SHA-256 of the body, hexadecimal.
    pub body_sha256: String,
    /// All trailers, every copy.
    pub trailers: Vec<(String, String)>,
}

impl Seen {
    /// The values of all headers of this name.
    pub fn header_values(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(candidate, _)| candidate.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }
}

impl EchoApi {
    /// Starts on a free loopback port.
    pub fn start() -> Result<Self, Error> {
        Self::start_on(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// Starts on this address.
    pub fn start_on(address: SocketAddr) -> Result<Self, Error> {
        let api = Arc::new(Api { record: Mutex::new(Record::default()) });
        Ok(Self { server: Server::start(api.clone(), address)?, api })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// How many requests came through.
    pub fn count(&self) -> u64 {
        self.api.lock().count
    }

    /// The latest request.
    pub fn last(&self) -> Option<Seen> {
        self.api.lock().seen.back().cloned()
    }

    /// The latest requests, at most a thousand, oldest first.
    pub fn seen(&self) -> Vec<Seen> {
        self.api.lock().seen.iter().cloned().collect()
    }

    /// Stops: connections are refused until [`EchoApi::restart`].
    pub async fn stop(&self) -> Result<(), Error> {
        self.server.stop().await
    }

    /// Listens again on the same port.
    pub fn restart(&self) -> Result<(), Error> {
        self.server.restart()
    }
}

struct Api {
    record: Mutex<Record>,
}

#[derive(Default)]
struct Record {
    count: u64,
    seen: VecDeque<Seen>,
}

impl Api {
    fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, seen: Seen) -> u64 {
        let mut record = self.lock();
        record.count += 1;
        record.seen.push_back(seen);
        if record.seen.len() > KEPT {
            record.seen.pop_front();
        }
        record.count
    }
}

impl Site for Api {
    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        _: Arc<Connection>,
    ) -> io::Result<Response<Body>> {
        if request.uri().path() == "/health" {
            return Ok(Response::new(full("ok\n")));
        }
        if request.headers().contains_key(UPGRADE) {
            return Ok(self.upgrade(request));
        }
        let (head, mut body) = request.into_parts();
        let mut digest = Sha256::new();
        let mut length = 0;
        let mut trailers = HeaderMap::new();
        while let Some(frame) = body.frame().await {
            match frame.map_err(io::Error::other)?.into_data() {
                Ok(data) => {
                    length += data.len();
                    digest.update(&data);
                }
                Err(frame) => trailers = frame.into_trailers().unwrap_or_default(),
            }
        }
        let seen = Seen { trailers: pairs(&trailers), ..seen(&head, length, &digest.finalize()) };
        let mut answer = document(&seen);
        answer["count"] = json!(self.note(seen));
        let mut response = Response::new(full(format!("{answer:#}\n")));
        response.headers_mut().insert(CONTENT_TYPE, JSON);
        Ok(response)
    }
}

impl Api {
    fn upgrade(&self, request: Request<Incoming>) -> Response<Body> {
        let protocol = request.headers().get(UPGRADE).cloned();
        let (head, body) = request.into_parts();
        self.note(seen(&head, 0, &Sha256::digest([])));
        runtime::spawn(async move {
            // A client that leaves during or after the upgrade is no fault of the API.
            if let Ok(upgraded) = hyper::upgrade::on(Request::from_parts(head, body)).await {
                let (mut reader, mut writer) = tokio::io::split(TokioIo::new(upgraded));
                let _ = tokio::io::copy(&mut reader, &mut writer).await;
            }
        });
        let mut response = Response::new(empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        response.headers_mut().insert(CONNECTION, hyper::header::HeaderValue::from_static("upgrade"));
        if let Some(protocol) = protocol {
            response.headers_mut().insert(UPGRADE, protocol);
        }
        response
    }
}

fn seen(head: &hyper::http::request::Parts, body_bytes: usize, digest: &[u8]) -> Seen {
    Seen {
        method: head.method.to_string(),
        path: head.uri.path_and_query().map_or_else(|| head.uri.to_string(), ToString::to_string),
        protocol: format!("{:?}", head.version),
        headers: pairs(&head.headers),
        body_bytes,
        body_sha256: hexadecimal(digest),
        trailers: Vec::new(),
    }
}

fn pairs(map: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    map.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

fn document(seen: &Seen) -> Value {
    json!({
        "method": seen.method,
        "path": seen.path,
        "protocol": seen.protocol,
        "headers": seen.headers,
        "body_bytes": seen.body_bytes,
        "body_sha256": seen.body_sha256,
        "trailers": seen.trailers,
    })
}

/// Enough to look at, little enough for hours of load.
const KEPT: usize = 1000;

const JSON: hyper::header::HeaderValue = hyper::header::HeaderValue::from_static("application/json");
