//! Points in time, as the filter counts them: microseconds since 1970-01-01T00:00:00Z.
//!
//! The core reads no clock. The host hands nanoseconds over ([`UnixTime::from_nanoseconds`]), tokens bring
//! `NumericDate` values (RFC 7519, section 2) of any JSON number form (`UnixTime::from_number`). All
//! arithmetic saturates: a date near the ends of the range never wraps around into the past or the future.

use std::ops::{Add, Sub};
use std::time::Duration;

use serde_json::Number;

/// A point in time: microseconds since the Unix epoch, leap seconds not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(i64);

impl UnixTime {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);
    /// The earliest time that can be told (the year −290308).
    pub const MIN: Self = Self(i64::MIN);
    /// The latest time that can be told (the year 294247); everything later counts as this.
    pub const MAX: Self = Self(i64::MAX);

    /// From a host's clock, in nanoseconds since the epoch; parts of a microsecond are cut off.
    pub fn from_nanoseconds(nanoseconds: u64) -> Self {
        Self(i64::try_from(nanoseconds / 1_000).unwrap_or(i64::MAX))
    }

    /// From whole microseconds since the epoch.
    pub(crate) const fn from_microseconds(microseconds: i64) -> Self {
        Self(microseconds)
    }

    /// From whole seconds since the epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROSECONDS_PER_SECOND))
    }

    /// From seconds since the epoch, which may be fractional. Infinities become the ends of the range, and
    /// what is not a number becomes the earliest time.
    pub(crate) fn from_seconds_f64(seconds: f64) -> Self {
        if seconds.is_nan() {
            return Self::MIN;
        }
        // A cast from a float saturates.
        #[expect(clippy::cast_possible_truncation, reason = "saturating is what is wanted")]
        Self((seconds * 1e6).floor() as i64)
    }

    /// From a JSON number of seconds: integers are taken exactly, all other forms as a float.
    pub(crate) fn from_number(number: &Number) -> Self {
        if let Some(seconds) = number.as_i64() {
            return Self::from_seconds(seconds);
        }
        // Beyond `i64`: a `u64` is far in the future, and so is its float.
        number.as_f64().map_or(Self::MAX, Self::from_seconds_f64)
    }

    /// Whole seconds since the epoch, rounded towards the past.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(MICROSECONDS_PER_SECOND)
    }

    /// Microseconds since the epoch.
    pub(crate) const fn as_microseconds(self) -> i64 {
        self.0
    }

    /// The time that went by since `earlier`; zero if `earlier` is later.
    pub fn saturating_duration_since(self, earlier: Self) -> Duration {
        if self <= earlier {
            return Duration::ZERO;
        }
        // The difference of two `i64` in the right order always fits a `u64`.
        Duration::from_micros(self.0.abs_diff(earlier.0))
    }
}

impl Add<Duration> for UnixTime {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(microseconds(duration)))
    }
}

impl Sub<Duration> for UnixTime {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(microseconds(duration)))
    }
}

fn microseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

const MICROSECONDS_PER_SECOND: i64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_number(json: &str, expected_microseconds: i64) {
        let number: Number = serde_json::from_str(json).unwrap();
        assert_eq!(UnixTime::from_number(&number).as_microseconds(), expected_microseconds, "{json}");
    }

    #[test]
    fn every_form_of_a_json_number_is_a_date() {
        for (json, expected) in [
            ("0", 0),
            ("-0", 0),
            ("-0.0", 0),
            ("1", 1_000_000),
            ("1.5", 1_500_000),
            ("1.0", 1_000_000),
            ("1e3", 1_000_000_000),
            ("1E+3", 1_000_000_000),
            ("-1.5", -1_500_000),
            ("1760003000", 1_760_003_000_000_000),
            ("1.760003e9", 1_760_003_000_000_000),
            ("1e-9", 0),
            ("-1e-9", -1),
            ("1e-400", 0),
        ] {
            check_number(json, expected);
        }
    }

    #[test]
    fn huge_dates_saturate_and_never_wrap() {
        for json in ["9223372036854775807", "9223372036854775808", "18446744073709551615", "1e300", "1e13"] {
            check_number(json, i64::MAX);
        }
        check_number(&"9".repeat(40), i64::MAX);
        for json in ["-9223372036854775808", "-9223372036854775809", "-1e300"] {
            check_number(json, i64::MIN);
        }
    }

    #[test]
    fn what_is_no_number_is_never_in_the_future() {
        assert_eq!(UnixTime::from_seconds_f64(f64::NAN), UnixTime::MIN);
        assert_eq!(UnixTime::from_seconds_f64(f64::INFINITY), UnixTime::MAX);
        assert_eq!(UnixTime::from_seconds_f64(f64::NEG_INFINITY), UnixTime::MIN);
    }

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        assert_eq!(UnixTime::MAX + Duration::MAX, UnixTime::MAX);
        assert_eq!(UnixTime::MIN - Duration::MAX, UnixTime::MIN);
        assert_eq!(
            UnixTime::from_seconds(5) - Duration::from_millis(1),
            UnixTime::from_microseconds(4_999_000)
        );
        assert_eq!(UnixTime::MAX.saturating_duration_since(UnixTime::MIN), Duration::from_micros(u64::MAX));
        assert_eq!(UnixTime::EPOCH.saturating_duration_since(UnixTime::MAX), Duration::ZERO);
    }

    #[test]
    fn a_hosts_clock_is_read_in_nanoseconds() {
        assert_eq!(UnixTime::from_nanoseconds(1_500_000_000_999), UnixTime::from_microseconds(1_500_000_000));
        assert_eq!(UnixTime::from_nanoseconds(u64::MAX).as_seconds(), 18_446_744_073);
        assert_eq!(UnixTime::from_microseconds(-1).as_seconds(), -1);
    }
}
