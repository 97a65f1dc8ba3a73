//! HTTP/2 without TLS, by prior knowledge.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use super::{Request, Response};
use crate::error::Error;

/// An HTTP/2 connection; cloning it gives another handle on the same one, for concurrent requests.
#[derive(Clone, Debug)]
pub struct Http2Connection {
    sender: http2::SendRequest<BoxBody<Bytes, Infallible>>,
    peer: SocketAddr,
}

impl Http2Connection {
    /// Connects; the connection lives on the caller's runtime.
    pub async fn open(to: SocketAddr) -> Result<Self, Error> {
        let stream = TcpStream::connect(to).await.map_err(Error::io(format!("connecting to {to}")))?;
        let shaken = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
        let (sender, connection) = shaken.map_err(Error::http("the HTTP/2 handshake"))?;
        // Its end shows at the next request.
        tokio::spawn(connection);
        Ok(Self { sender, peer: to })
    }

    /// Sends a request and awaits the answer.
    pub async fn send(&mut self, request: &Request) -> Result<Response, Error> {
        let mut builder = hyper::Request::builder()
            .method(request.method.as_str())
            .uri(format!("http://{}{}", self.peer, request.path));
        for (name, value) in &request.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(Error::http("making a request"))?;
            builder = builder.header(name, value.as_slice());
        }
        let mut trailers = HeaderMap::new();
        for (name, value) in &request.trailers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(Error::http("making a request"))?;
            trailers.append(name, HeaderValue::from_bytes(value).map_err(Error::http("making a request"))?);
        }
        let body = Full::new(Bytes::from(request.body.clone().unwrap_or_default()));
        let body = if trailers.is_empty() {
            body.boxed()
        } else {
            body.with_trailers(async { Some(Ok(trailers)) }).boxed()
        };
        let request = builder.body(body).map_err(Error::http("making a request"))?;
        self.sender.ready().await.map_err(Error::http("an HTTP/2 connection"))?;
        let answer = self.sender.send_request(request).await.map_err(Error::http("an HTTP/2 request"))?;
        let (head, body) = answer.into_parts();
        let own = |(name, value): (&HeaderName, &HeaderValue)| {
            (name.as_str().to_owned(), value.as_bytes().to_vec())
        };
        let headers = head.headers.iter().map(own).collect();
        let body = body.collect().await.map_err(Error::http("reading an HTTP/2 answer"))?;
        Ok(Response { status: head.status.as_u16(), headers, body: body.to_bytes().to_vec() })
    }
}
