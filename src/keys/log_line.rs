//! The log line that reports a fetch. Text from a provider appears in it only as an excerpt, and the whole line is
//! bounded.

use std::fmt::Write as _;

use super::event::{Recovery, Report};
use super::provider::ProviderSettings;
use super::record::LONGEST_ERROR;
use crate::excerpt::{Excerpt, LINE};
use crate::time::UnixTime;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// All is well.
    Info,
    /// The keys at hand still serve.
    Warning,
    /// Requests are refused for want of keys.
    Error,
}

impl Report {
    /// The line, and how much it matters. The pause between attempts bounds how often there is one.
    pub fn line(&self, provider: &ProviderSettings, now: UnixTime) -> (Severity, Excerpt) {
        let mut line = format!("keys of provider {}: ", provider.name);
        // Writing into a text cannot fail.
        let (severity, _) = match self {
            Self::Fetched { usable, skipped, changes, recovery, next_attempt } => {
                let _ = write!(line, "{usable} usable");
                for (what, key_ids) in [("new", &changes.new), ("gone", &changes.gone)] {
                    list(&mut line, what, key_ids);
                }
                if let Some(Recovery { failures, since, last }) = recovery {
                    let time = now.saturating_duration_since(*since).as_secs_f64();
                    let last = last.as_ref().map_or("not known", Excerpt::as_str);
                    let last = Excerpt::sentence(last, LAST_SHOWN);
                    let _ = write!(
                        line,
                        "; works again after {failures} failure(s) in {time:.1} s, the last: {last}"
                    );
                }
                let _ = write!(line, "; next refresh in {:.1} s", pause(*next_attempt, now));
                let skips = match skipped.total() {
                    0 => Ok(()),
                    total => write!(line, "; skipped {total}: {skipped}"),
                };
                (Severity::Info, skips)
            }
            Self::Unbelieved(objection) => {
                let written = write!(line, "what another configuration fetched is not used: {objection}");
                (Severity::Warning, written)
            }
            Self::Failed { fetch, error, failures, since, serves_until, next_attempt } => {
                let time = since.map_or(0.0, |since| now.saturating_duration_since(since).as_secs_f64());
                let (severity, serving) = match serves_until {
                    Some(until) if *until > now => {
                        let left = until.saturating_duration_since(now).as_secs();
                        (Severity::Warning, format!("the keys at hand serve for another {left} s"))
                    }
                    Some(_) => (Severity::Error, "the keys at hand are too old to serve".to_owned()),
                    None => (Severity::Error, "there are no keys yet".to_owned()),
                };
                let written = write!(
                    line,
                    "fetching {} through cluster {:?} failed, {failures} in a row since {time:.1} s ago: {}; {serving}; \
                     next attempt in {:.1} s",
                    Excerpt::address(&fetch.url.to_string()),
                    Excerpt::name(&fetch.cluster),
                    Excerpt::sentence(&error.to_string(), LONGEST_ERROR),
                    pause(*next_attempt, now),
                );
                (severity, written)
            }
        };
        (severity, Excerpt::sentence(&line, LINE))
    }
}

/// Seconds from now.
fn pause(until: UnixTime, now: UnixTime) -> f64 {
    until.saturating_duration_since(now).as_secs_f64()
}

/// The first few of a provider's `kid`s.
fn list(line: &mut String, what: &str, key_ids: &[Excerpt]) {
    if key_ids.is_empty() {
        return;
    }
    let _ = write!(line, ", {what}:");
    for id in key_ids.iter().take(KEY_IDS_SHOWN) {
        let _ = write!(line, " {id}");
    }
    let more = key_ids.len().saturating_sub(KEY_IDS_SHOWN);
    if more > 0 {
        let _ = write!(line, " and {more} more");
    }
}

const KEY_IDS_SHOWN: usize = 5;

/// The longest account of an error that is over, in bytes.
const LAST_SHOWN: usize = 300;
