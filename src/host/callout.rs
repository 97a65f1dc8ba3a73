//! Callouts: sending one, and reading what came back.

use proxy_wasm::hostcalls::dispatch_http_call;
use proxy_wasm::types::Status;

use super::abi::{self, Buffer, Map};
use crate::keys::{Fetch, Response};

/// Sends a callout. The answer comes to the context that is active now: only ever the root's.
///
/// This is the one host call that goes through the SDK, which keeps the table of callouts.
pub(super) fn send(fetch: &Fetch) -> Result<u32, Response> {
    let headers = vec![
        (":method", "GET"),
        (":scheme", fetch.url.scheme().as_str()),
        (":authority", fetch.url.authority()),
        (":path", fetch.url.path()),
        ("accept", ACCEPT),
        ("user-agent", concat!("validate-jwt/", env!("CARGO_PKG_VERSION"))),
    ];
    dispatch_http_call(&fetch.cluster, headers, None, Vec::new(), fetch.timeout).map_err(
        |status| match status {
            Status::BadArgument => Response::NoCluster,
            _ => Response::NotSent,
        },
    )
}

/// Reads the answer to a callout, at most `limit` bytes of body.
pub(super) fn response(headers: usize, body: usize, limit: usize) -> Response {
    if headers == 0 {
        return Response::Lost;
    }
    if body > limit {
        return Response::TooLarge;
    }
    let status = abi::header(Map::CallResponse, ":status")
        .ok()
        .and_then(|value| std::str::from_utf8(&value).ok()?.parse().ok());
    let bytes = if body == 0 { Ok(Vec::new()) } else { abi::buffer(Buffer::CallResponseBody, body) };
    match (status, bytes) {
        (Some(status), Ok(body)) => Response::Answered { status, body },
        _ => Response::Lost,
    }
}

/// A key endpoint may know its document as a key set only (RFC 7517, section 8.5.2), and some insist on being asked for
/// what they have. What comes is judged by what is in it.
const ACCEPT: &str = "application/json, application/jwk-set+json;q=0.9, */*;q=0.1";
