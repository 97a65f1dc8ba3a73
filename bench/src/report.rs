//! The figures as text.

use std::fmt::Write as _;
use std::fs;

use super::Results;
use super::figures::{Figures, Spread};
use super::variant::{Case, Filter, Variant};

/// The table for a terminal.
pub fn table(results: &Results) -> String {
    let mut lines = vec![format!(
        "{:<22} {:<40} {:>24} {:>18} {:>9} {:>8} {:>8}",
        "request", "filter", "added µs (least-most)", "× jwt_authn", "requests/s", "p50 µs", "p99 µs"
    )];
    if let Some(base) = results.base {
        lines.push(format!("{:<22} {:<40} {:>24}", "", "none: the whole request", shown(base)));
    }
    for (variant, figures) in &results.measured {
        let [added, ratio, throughput, p50, p99] = cells(results, *variant, figures);
        lines.push(format!(
            "{:<22} {:<40} {added:>24} {ratio:>18} {throughput:>9} {p50:>8} {p99:>8}",
            variant.case.title(),
            variant.filter.title(),
        ));
    }
    lines.push(format!("a start of Envoy, one worker: {}", results.starts.told()));
    lines.join("\n")
}

/// The document.
pub fn markdown(results: &Results) -> String {
    let plan = results.plan;
    let mut text = format!(
        "# Benchmarks\n\n\
         What a request costs Envoy, measured by `cargo bench-envoy --write` in one run; the file is written by it.\n\n\
         ![Added processor time per request](benchmarks.svg)\n\n\
         - **Envoy {envoy}**, one worker; {machine}\n\
         - **Added µs**: processor time of the Envoy process per request, by the operating system's accounting, less\n  \
           that of the same request to a listener without an auth filter ({base} µs). Median of {rounds} rounds, with\n  \
           the least and the most in parentheses: everything has its turn in each round, {alike} requests at a time\n  \
           ({fresh} where every token is a new one, {sandbox} in the sandbox). Caches were full before.\n\
         - **The load** comes from a thread on another processor that never sleeps: waking it would be charged to Envoy,\n  \
           and to a slower filter more often.\n\
         - **× jwt_authn**: that divided by what Envoy's own filter, with its default settings, adds to the same\n  \
           request in the same round. It is told to check the same: signature, issuer, audience and expiry.\n\
         - **p50 and p99**: latency at {rate} requests per second over eight connections.\n\
         - **A start** of Envoy with one worker, three VMs: {starts}.\n\
         - Access tokens of 1.2 kB as Entra ID issues them; the listener answers itself (no upstream).\n\n\
         | request | filter | added µs | × jwt_authn | requests/s | p50 µs | p99 µs |\n\
         |---|---|---|---|---|---|---|\n",
        envoy = results.envoy,
        machine = machine(),
        base = results.base.map_or_else(String::new, shown),
        rounds = plan.rounds,
        alike = plan.alike,
        fresh = plan.fresh,
        sandbox = plan.sandbox,
        rate = plan.rate,
        starts = results.starts.told(),
    );
    for (variant, figures) in &results.measured {
        let [added, ratio, throughput, p50, p99] = cells(results, *variant, figures);
        let (case, filter) = (variant.case.title(), variant.filter.title());
        // Writing to a string does not fail.
        let _ = writeln!(text, "| {case} | {filter} | {added} | {ratio} | {throughput} | {p50} | {p99} |");
    }
    text
}

/// Added time, ratio, throughput and latencies; blank where there is none.
fn cells(results: &Results, variant: Variant, figures: &Figures) -> [String; 5] {
    let micros = |percentile: usize| {
        figures.latency.map_or_else(String::new, |latency| latency[percentile].as_micros().to_string())
    };
    [
        shown(figures.added()),
        ratio(results, variant, figures),
        format!("{:.0}", figures.throughput.median),
        micros(0),
        micros(1),
    ]
}

fn shown(spread: Spread) -> String {
    format!("{:.1} ({:.1} to {:.1})", spread.median, spread.least, spread.most)
}

fn ratio(results: &Results, variant: Variant, figures: &Figures) -> String {
    // What the sandbox pays is for hosts that have no such filter.
    let comparable = !matches!(variant.filter, Filter::Native | Filter::OursInSandbox);
    let native = results.of(variant.native()).filter(|_| comparable);
    native.map_or_else(String::new, |native| {
        let ratio = figures.ratio_to(native);
        format!("{:.2} ({:.2} to {:.2})", ratio.median, ratio.least, ratio.most)
    })
}

/// The machine, as far as the operating system tells.
fn machine() -> String {
    let file = |path| fs::read_to_string(path).unwrap_or_default();
    let cpus = file("/proc/cpuinfo");
    let models: Vec<&str> =
        cpus.lines().filter_map(|line| line.strip_prefix("model name")?.split(": ").nth(1)).collect();
    let model = models.first().copied().unwrap_or("an unnamed processor");
    let kernel = file("/proc/sys/kernel/osrelease");
    format!("{} × {model}, Linux {}", models.len(), kernel.trim())
}

/// The rows of the chart: a heading, and bars under it.
pub(super) fn chart_rows() -> Vec<(Case, &'static [Filter])> {
    use validate_jwt_testbed::token::Algorithm::{Es256, Rs256};
    const ALL: &[Filter] = &[Filter::Native, Filter::NativeCached, Filter::Ours];
    const BOTH: &[Filter] = &[Filter::Native, Filter::Ours];
    vec![
        (Case::Hot(Rs256), ALL),
        (Case::Cold(Rs256), ALL),
        (Case::Cold(Es256), ALL),
        (Case::Expired, BOTH),
        (Case::UnknownKid, BOTH),
        (Case::NoToken, BOTH),
    ]
}
