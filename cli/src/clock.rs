//! This machine's clock.

use std::time::SystemTime;

use validate_jwt::time::UnixTime;

/// The time here.
pub(crate) fn now() -> UnixTime {
    of_system(SystemTime::now())
}

/// A time of the system's.
pub(crate) fn of_system(time: SystemTime) -> UnixTime {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => UnixTime::EPOCH + since,
        Err(before) => UnixTime::EPOCH - before.duration(),
    }
}

/// No token is good until the year 5138: such a number is one of milliseconds.
pub(crate) const LATEST: i64 = 100_000_000_000;
