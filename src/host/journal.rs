//! Log lines: what an operator needs, and never a token, a claim value or the configuration.

use std::fmt::Write as _;

use crate::gate::{Rejection, Subject};
use crate::keys::{ProviderSettings, Recovery, Report};
use crate::time::UnixTime;
use crate::token::{Algorithm, AlgorithmSet};

/// What became of a request that was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Refused,
    /// `report_only`.
    LetPass,
}

/// A refused request, or one that `report_only` let pass, at debug.
pub(super) fn refusal(fate: Fate, rejection: &Rejection) {
    let fate = match fate {
        Fate::Refused => "refused",
        Fate::LetPass => "would be refused",
    };
    let policy = rejection.policy.as_deref().unwrap_or("-");
    let kid = rejection.subject.key_id.as_deref().unwrap_or("-");
    let issuer = rejection.subject.issuer.as_deref().unwrap_or("-");
    let reason = rejection.reason.code();
    let (colon, advice) = rejection.diagnosis.map_or(("", ""), |diagnosis| (": ", diagnosis.advice()));
    // Joined by hand: this is written for every refusal, whether or not the proxy shows it.
    let line = [
        fate,
        ": reason=",
        reason,
        " policy=",
        policy,
        " kid=\"",
        kid,
        "\" issuer=\"",
        issuer,
        "\"",
        colon,
        advice,
    ];
    log::debug!("{}", line.concat());
}

/// What a fetch brought: at info what is well, at warn while the keys at hand still serve, and at error when
/// requests are refused for want of keys. The pause between attempts bounds how often.
pub(super) fn fetched(provider: &ProviderSettings, report: &Report, now: UnixTime) {
    let name = &provider.name;
    match report {
        Report::Fetched { usable, skipped, changes, recovery, next_attempt } => {
            let mut line = format!("keys of provider {name}: {usable} usable");
            for (what, key_ids) in [("new", &changes.new), ("gone", &changes.gone)] {
                if !key_ids.is_empty() {
                    let _ = write!(line, ", {what}: {}", listed(key_ids));
                }
            }
            for (reason, count) in skipped.iter() {
                let _ = write!(line, ", skipped: {count} × {reason}");
            }
            if let Some(Recovery { failures, since, last }) = recovery {
                let time = now.saturating_duration_since(*since).as_secs_f64();
                let last = last.as_deref().unwrap_or("not known").escape_debug();
                let _ = write!(
                    line,
                    "; works again after {failures} failure(s) in {time:.1} s, the last: {last}"
                );
            }
            log::info!("{line}; next refresh in {:.1} s", pause(*next_attempt, now));
        }
        Report::Unbelieved(objection) => {
            log::warn!(
                "keys of provider {name}: what another configuration fetched is not used: {objection}"
            );
        }
        Report::Failed { fetch, error, failures, since, serves_until, next_attempt } => {
            let time = since.map_or(0.0, |since| now.saturating_duration_since(since).as_secs_f64());
            let (level, serving) = match serves_until {
                Some(until) if *until > now => {
                    let left = until.saturating_duration_since(now).as_secs();
                    (log::Level::Warn, format!("the keys at hand serve for another {left} s"))
                }
                Some(_) => (log::Level::Error, "the keys at hand are too old to serve".to_owned()),
                None => (log::Level::Error, "there are no keys yet".to_owned()),
            };
            log::log!(
                level,
                "keys of provider {name}: fetching {} through cluster \"{}\" failed, {failures} in a row since \
                 {time:.1} s ago: {error}; {serving}; next attempt in {:.1} s",
                fetch.url,
                fetch.cluster,
                pause(*next_attempt, now),
            );
        }
    }
}

/// Seconds from now.
fn pause(until: UnixTime, now: UnixTime) -> f64 {
    until.saturating_duration_since(now).as_secs_f64()
}

/// The first few of a provider's `kid`s, cut and escaped.
fn listed(key_ids: &[String]) -> String {
    let shown = key_ids.iter().take(KEY_IDS_SHOWN);
    let shown: Vec<String> = shown.filter_map(|id| Subject::new(Some(id), None).key_id).collect();
    let more = key_ids.len().saturating_sub(KEY_IDS_SHOWN);
    if more > 0 { format!("{} and {more} more", shown.join(" ")) } else { shown.join(" ") }
}

const KEY_IDS_SHOWN: usize = 8;

/// Which engine verifies what, once per VM.
pub(super) fn engines(served: AlgorithmSet) {
    let names = |set: AlgorithmSet| set.iter().map(Algorithm::name).collect::<Vec<_>>().join(" ");
    let sandbox = AlgorithmSet::ASYMMETRIC.union(AlgorithmSet::SYMMETRIC).iter();
    let sandbox = sandbox.filter(|algorithm| !served.contains(*algorithm)).collect();
    let proxy = if served.is_empty() { "nothing".to_owned() } else { names(served) };
    log::info!("signatures: the proxy verifies {proxy}; the sandbox verifies {}", names(sandbox));
}
