//! The raw host calls (proxy-wasm ABI 0.2.1).
//!
//! The SDK's own wrappers panic on a status they do not expect; these return it. Only this module has
//! `unsafe` code: every pointer it passes comes from a live slice, and what the host hands back was
//! allocated by this module's own allocator, with the length that the host states.
#![allow(unsafe_code)]

mod imports;
mod words;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use imports::{
    proxy_call_foreign_function, proxy_continue_stream, proxy_define_metric, proxy_get_buffer_bytes,
    proxy_get_current_time_nanoseconds, proxy_get_header_map_pairs, proxy_get_header_map_value,
    proxy_get_property, proxy_get_shared_data, proxy_http_call, proxy_increment_metric, proxy_log,
    proxy_record_metric, proxy_remove_header_map_value, proxy_replace_header_map_value,
    proxy_send_local_response, proxy_set_effective_context, proxy_set_property, proxy_set_shared_data,
    proxy_set_tick_period_milliseconds,
};
pub(super) use words::{Buffer, HostError, LogLevel, Map, MetricKind};

use crate::gate::{Header, HeaderMap, serialized};
use crate::time::UnixTime;

/// A metric, by the host's number.
#[derive(Debug, Clone, Copy)]
pub(super) struct MetricId(u32);

type Result<T> = std::result::Result<T, HostError>;

/// The host's wall clock.
pub(super) fn current_time() -> Result<UnixTime> {
    let mut nanoseconds = 0;
    check(unsafe { proxy_get_current_time_nanoseconds(&raw mut nanoseconds) })?;
    Ok(UnixTime::from_nanoseconds(nanoseconds))
}

/// A random number: no two VMs have the same.
#[allow(clippy::disallowed_methods, reason = "the one place for it")]
pub(super) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Sets how often the root context of the calling context ticks.
pub(super) fn set_tick_period(period: Duration) -> Result<()> {
    let milliseconds = u32::try_from(period.as_millis()).unwrap_or(u32::MAX);
    check(unsafe { proxy_set_tick_period_milliseconds(milliseconds) })
}

/// A whole header map, in the ABI's serialised form.
pub(super) fn header_map(map: Map) -> Result<Vec<u8>> {
    returned(|data, size| unsafe { proxy_get_header_map_pairs(map as u32, data, size) })
}

/// The first value of a header.
pub(super) fn header(map: Map, name: &str) -> Result<Vec<u8>> {
    returned(|data, size| unsafe {
        proxy_get_header_map_value(map as u32, name.as_ptr(), name.len(), data, size)
    })
}

/// Replaces every copy of a request header, or adds it.
pub(super) fn set_request_header(name: &str, value: &[u8]) -> Result<()> {
    check(unsafe {
        let map = Map::Request as u32;
        proxy_replace_header_map_value(map, name.as_ptr(), name.len(), value.as_ptr(), value.len())
    })
}

/// Removes every copy of a header. Removing one that is not there succeeds.
pub(super) fn remove_header(map: Map, name: &[u8]) -> Result<()> {
    match check(unsafe { proxy_remove_header_map_value(map as u32, name.as_ptr(), name.len()) }) {
        Err(HostError::NotFound) => Ok(()),
        removed => removed,
    }
}

/// Resumes a paused request.
pub(super) fn resume_request() -> Result<()> {
    check(unsafe { proxy_continue_stream(0) })
}

/// Answers a request here and now. `details` shows as the access log's response code details.
pub(super) fn send_local_response(
    status: u16,
    details: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<()> {
    let map = headers.serialized();
    check(unsafe {
        proxy_send_local_response(
            u32::from(status),
            details.as_ptr(),
            details.len(),
            body.as_ptr(),
            body.len(),
            map.as_ptr(),
            map.len(),
            NO_GRPC_STATUS,
        )
    })
}

/// Makes the calls that follow apply to another context.
pub(super) fn set_effective_context(context: u32) -> Result<()> {
    check(unsafe { proxy_set_effective_context(context) })
}

/// Bytes of a buffer.
pub(super) fn buffer(buffer: Buffer, length: usize) -> Result<Vec<u8>> {
    returned(|data, size| unsafe { proxy_get_buffer_bytes(buffer as u32, 0, length, data, size) })
}

/// A property, by the parts of its path.
pub(super) fn property(path: &[&str]) -> Result<Vec<u8>> {
    let path = path.join("\0");
    returned(|data, size| unsafe { proxy_get_property(path.as_ptr(), path.len(), data, size) })
}

/// Publishes a property.
pub(super) fn set_property(name: &str, value: &[u8]) -> Result<()> {
    check(unsafe { proxy_set_property(name.as_ptr(), name.len(), value.as_ptr(), value.len()) })
}

/// A value in shared data, and its version. A removed one reads as empty.
pub(super) fn shared_data(key: &str) -> Result<(Vec<u8>, u32)> {
    let mut cas = 0;
    let value = returned(|data, size| unsafe {
        proxy_get_shared_data(key.as_ptr(), key.len(), data, size, &raw mut cas)
    })?;
    Ok((value, cas))
}

/// A version that no host assigns: they count up from 1. Envoy creates a missing value under it, nginx does not.
pub(super) const NO_VERSION: u32 = u32::MAX;

/// Replaces a value in shared data. `cas` is the version it replaces; 0 stands for none.
pub(super) fn set_shared_data(key: &str, value: &[u8], cas: u32) -> Result<()> {
    check(unsafe { proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), cas) })
}

/// Defines a metric.
pub(super) fn define_metric(kind: MetricKind, name: &str) -> Result<MetricId> {
    let mut id = 0;
    check(unsafe { proxy_define_metric(kind as u32, name.as_ptr(), name.len(), &raw mut id) })?;
    Ok(MetricId(id))
}

/// Adds to a counter or a gauge.
pub(super) fn add_metric(metric: MetricId, offset: i64) -> Result<()> {
    check(unsafe { proxy_increment_metric(metric.0, offset) })
}

/// Sets a gauge, or adds a value to a histogram.
pub(super) fn record_metric(metric: MetricId, value: u64) -> Result<()> {
    check(unsafe { proxy_record_metric(metric.0, value) })
}

/// Writes a line to the host's log. If the host refuses it, there is nowhere to report that.
pub(super) fn log(level: LogLevel, line: &str) {
    let _ = unsafe { proxy_log(level as u32, line.as_ptr(), line.len()) };
}

/// Sends a callout without body or trailers, and gives its number.
pub(super) fn dispatch_http_call(upstream: &str, headers: &[Header<'_>], timeout: Duration) -> Result<u32> {
    let map = serialized(headers);
    let milliseconds = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
    let mut callout = 0;
    check(unsafe {
        proxy_http_call(
            upstream.as_ptr(),
            upstream.len(),
            map.as_ptr(),
            map.len(),
            std::ptr::null(),
            0,
            NO_HEADERS.as_ptr(),
            NO_HEADERS.len(),
            milliseconds,
            &raw mut callout,
        )
    })?;
    Ok(callout)
}

/// Calls one of the proxy's own functions. nginx ends the worker where it has no such function.
pub(super) fn call_foreign_function(name: &str, arguments: &[u8]) -> Result<Vec<u8>> {
    returned(|data, size| unsafe {
        proxy_call_foreign_function(
            name.as_ptr(),
            name.len(),
            arguments.as_ptr(),
            arguments.len(),
            data,
            size,
        )
    })
}

/// Runs a host call that hands bytes back, and takes them over.
fn returned(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Result<Vec<u8>> {
    let mut data: *mut u8 = std::ptr::null_mut();
    let mut size = 0;
    check(call(&raw mut data, &raw mut size))?;
    if data.is_null() {
        return Ok(Vec::new());
    }
    // The host asked the SDK's allocator for exactly `size` bytes and gives them away.
    let bytes = unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(data, size)) };
    Ok(bytes.into_vec())
}

fn check(status: u32) -> Result<()> {
    match status {
        0 => Ok(()),
        1 => Err(HostError::NotFound),
        2 => Err(HostError::BadArgument),
        8 => Err(HostError::CasMismatch),
        other => Err(HostError::Other(other)),
    }
}

/// A header map without headers.
const NO_HEADERS: [u8; 4] = [0; 4];

/// `grpc_status` for "derive it from the HTTP status".
const NO_GRPC_STATUS: i32 = -1;
