//! The numbers of the ABI by name: statuses, maps, buffers, kinds of metrics, levels of the log.

/// A status other than OK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::host) enum HostError {
    /// There is no such thing.
    NotFound,
    /// Compare-and-swap: the value has changed.
    CasMismatch,
    /// An argument is invalid, such as a cluster that does not exist.
    BadArgument,
    /// Any other status, by its number.
    Other(u32),
}

/// A map of headers.
#[derive(Debug, Clone, Copy)]
#[repr(u32)]
pub(in crate::host) enum Map {
    Request = 0,
    RequestTrailers = 1,
    CallResponse = 6,
}

/// A buffer of bytes.
#[derive(Debug, Clone, Copy)]
#[repr(u32)]
pub(in crate::host) enum Buffer {
    CallResponseBody = 4,
    PluginConfiguration = 7,
}

/// The kind of a metric.
#[derive(Debug, Clone, Copy)]
#[repr(u32)]
pub(in crate::host) enum MetricKind {
    Counter = 0,
    Gauge = 1,
    Histogram = 2,
}

/// How loud a log line is.
#[derive(Debug, Clone, Copy)]
#[repr(u32)]
pub(in crate::host) enum LogLevel {
    Debug = 1,
    Info = 2,
    Warn = 3,
    Error = 4,
    Critical = 5,
}
