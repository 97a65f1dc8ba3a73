//! Log lines: what an operator needs, and never a token, a claim value or the configuration.

use crate::gate::Rejection;
use crate::keys::{ProviderSettings, Report};
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
    log::debug!("{fate}: reason={reason} policy={policy} kid=\"{kid}\" issuer=\"{issuer}\"{colon}{advice}");
}

/// What a fetch brought.
pub(super) fn fetched(provider: &ProviderSettings, report: &Report, now: UnixTime) {
    let name = &provider.name;
    match report {
        Report::Fetched { usable, skipped } if skipped.total() == 0 => {
            log::info!("keys of provider {name}: {usable} usable");
        }
        Report::Fetched { usable, skipped } => {
            let reasons: Vec<String> =
                skipped.iter().map(|(reason, count)| format!("{count} × {reason}")).collect();
            log::info!("keys of provider {name}: {usable} usable, skipped: {}", reasons.join(", "));
        }
        Report::Failed { fetch, error, failures, serves_until, next_attempt } => {
            let pause = next_attempt.saturating_duration_since(now).as_secs_f64();
            let serving = match serves_until {
                Some(until) if *until > now => {
                    let left = until.saturating_duration_since(now).as_secs();
                    format!("the keys at hand serve for another {left} s")
                }
                Some(_) => "the keys at hand are too old to serve".to_owned(),
                None => "there are no keys yet".to_owned(),
            };
            log::warn!(
                "keys of provider {name}: fetching {} through cluster \"{}\" failed, {failures} in a row: {error}; \
                 {serving}; next attempt in {pause:.1} s",
                fetch.url,
                fetch.cluster,
            );
        }
    }
}

/// Which engine verifies what, once per VM.
pub(super) fn engines(served: AlgorithmSet) {
    let names = |set: AlgorithmSet| set.iter().map(Algorithm::name).collect::<Vec<_>>().join(" ");
    let sandbox = AlgorithmSet::ASYMMETRIC.union(AlgorithmSet::SYMMETRIC).iter();
    let sandbox = sandbox.filter(|algorithm| !served.contains(*algorithm)).collect();
    let proxy = if served.is_empty() { "nothing".to_owned() } else { names(served) };
    log::info!("signatures: the proxy verifies {proxy}; the sandbox verifies {}", names(sandbox));
}
