//! Callouts: sending one, finding whose answer has come, and reading it.
//!
//! The SDK's own table of callouts ends the VM at a status or a number that it does not expect, so this one stands in
//! for it, under an export that the module's build gives the ABI's name.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;

use super::abi::{self, Buffer, HostError, Map};
use crate::keys::{Fetch, Response};

thread_local! {
    /// What follows the callouts that are under way, by the host's number.
    static UNDER_WAY: RefCell<HashMap<u32, Then>> = RefCell::default();
}

/// What follows a callout.
type Then = Box<dyn FnOnce(Arrived)>;

/// The answer to a callout, in the host's buffers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrived {
    /// The context that it came to.
    pub(super) context: u32,
    headers: usize,
    body: usize,
}

/// Sends a callout from the root context; `then` runs when its answer has come.
///
/// # Errors
///
/// What stands for its answer where it cannot be sent.
pub(super) fn send(fetch: &Fetch, then: impl FnOnce(Arrived) + 'static) -> Result<(), Response> {
    let header = |name: &'static str, value| (Cow::Borrowed(name), value);
    let headers = [
        header(":method", Cow::Borrowed("GET")),
        header(":scheme", Cow::Borrowed(fetch.url.scheme().as_str())),
        header(":authority", Cow::Borrowed(fetch.url.authority())),
        header(":path", Cow::Borrowed(fetch.url.path())),
        header("accept", Cow::Borrowed(Fetch::ACCEPT)),
        header("user-agent", Cow::Borrowed(Fetch::USER_AGENT)),
    ];
    let number =
        abi::dispatch_http_call(&fetch.cluster, &headers, fetch.timeout).map_err(|error| match error {
            HostError::BadArgument => Response::NoCluster,
            _ => Response::NotSent,
        })?;
    UNDER_WAY.with_borrow_mut(|callouts| callouts.insert(number, Box::new(then)));
    Ok(())
}

/// The answer to a callout. `export_name` keeps the SDK's function out of the way; the module's build gives this one the
/// ABI's name, `proxy_on_http_call_response`.
#[allow(unsafe_code, reason = "an export by name")]
#[unsafe(export_name = "validate_jwt_on_http_call_response")]
extern "C" fn on_http_call_response(
    context: u32,
    number: u32,
    headers: usize,
    body: usize,
    _trailers: usize,
) {
    let then = UNDER_WAY.with_borrow_mut(|callouts| callouts.remove(&number));
    if let Some(then) = then {
        then(Arrived { context, headers, body });
    }
}

impl Arrived {
    /// Reads the answer, at most `limit` bytes of body.
    pub(super) fn read(self, limit: usize) -> Response {
        if self.headers == 0 {
            return Response::Lost;
        }
        if self.body > limit {
            return Response::TooLarge;
        }
        let status = abi::header(Map::CallResponse, ":status")
            .ok()
            .and_then(|value| std::str::from_utf8(&value).ok()?.parse().ok());
        let bytes =
            if self.body == 0 { Ok(Vec::new()) } else { abi::buffer(Buffer::CallResponseBody, self.body) };
        match (status, bytes) {
            (Some(status), Ok(body)) => Response::Answered { status, body },
            _ => Response::Lost,
        }
    }
}
