//! Log lines: what an operator needs, and never a token or the configuration. Their words come from the core, where what a
//! stranger wrote is cut and escaped.

use crate::gate::{Fate, Rejection};
use crate::keys::{ProviderSettings, Report, Severity};
use crate::time::UnixTime;
use crate::token::{Algorithm, AlgorithmSet};

/// A refused request, or one that `report_only` let pass, at debug.
pub(super) fn refusal(fate: Fate, rejection: &Rejection) {
    log::debug!("{}", rejection.line(fate));
}

/// What a fetch brought.
pub(super) fn fetched(provider: &ProviderSettings, report: &Report, now: UnixTime) {
    let (severity, line) = report.line(provider, now);
    let level = match severity {
        Severity::Info => log::Level::Info,
        Severity::Warning => log::Level::Warn,
        Severity::Error => log::Level::Error,
    };
    log::log!(level, "{line}");
}

/// Which engine verifies what, once per VM.
pub(super) fn engines(served: AlgorithmSet) {
    let names = |set: AlgorithmSet| set.iter().map(Algorithm::name).collect::<Vec<_>>().join(" ");
    let sandbox = AlgorithmSet::ASYMMETRIC.union(AlgorithmSet::SYMMETRIC).iter();
    let sandbox = sandbox.filter(|algorithm| !served.contains(*algorithm)).collect();
    let proxy = if served.is_empty() { "nothing".to_owned() } else { names(served) };
    log::info!("signatures: the proxy verifies {proxy}; the sandbox verifies {}", names(sandbox));
}
