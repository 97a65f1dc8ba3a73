//! The `log` crate's lines, and a panic's last words, over the raw host call.

use log::{LevelFilter, Log, Metadata, Record};

use super::abi::{self, LogLevel};
use crate::filter::Level;

/// Sends `log`'s lines to the host from now on. The host's own level decides what it shows.
pub(super) fn install() {
    // Refused where a logger is installed already: then it is this one.
    if log::set_logger(&HostLog).is_ok() {
        log::set_max_level(LevelFilter::Debug);
    }
    std::panic::set_hook(Box::new(|panic| abi::log(LogLevel::Critical, &panic.to_string())));
}

/// Writes one of the filter's lines.
pub(super) fn line(level: Level, line: &str) {
    let level = match level {
        Level::Debug => LogLevel::Debug,
        Level::Info => LogLevel::Info,
        Level::Warn => LogLevel::Warn,
        Level::Error => LogLevel::Error,
    };
    abi::log(level, line);
}

struct HostLog;

impl Log for HostLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        let level = match record.level() {
            log::Level::Error => LogLevel::Error,
            log::Level::Warn => LogLevel::Warn,
            log::Level::Info => LogLevel::Info,
            log::Level::Debug | log::Level::Trace => LogLevel::Debug,
        };
        if self.enabled(record.metadata()) {
            abi::log(level, &record.args().to_string());
        }
    }

    fn flush(&self) {}
}
