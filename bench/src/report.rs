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

/// The part of the document that tells of a processor.
pub(super) fn section(results: &Results, processor: &Processor) -> String {
    let mut text = format!(
        "## {model}\n\n\
         ![Added processor time per request](benchmarks-{slug}.svg)\n\n\
         - **Envoy {envoy}**, one worker; {rounds} rounds; {count} processors, Linux {kernel}. The request without an auth\n  \
           filter takes {base} µs.\n\
         - **A start**: {starts}.\n\n\
         | request | filter | added µs | × jwt_authn | requests/s | p50 µs | p99 µs |\n\
         |---|---|---|---|---|---|---|\n",
        model = processor.model,
        slug = processor.slug(),
        rounds = results.plan.rounds,
        envoy = results.envoy,
        count = processor.count,
        kernel = processor.kernel,
        base = results.base.map_or_else(String::new, shown),
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
    spread.told(1)
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Processor {
    /// What its maker calls it.
    pub model: String,
    /// How many the machine has.
    pub count: usize,
    /// The kernel's release.
    pub kernel: String,
}

impl Processor {
    /// This machine's.
    pub fn here() -> Self {
        let file = |path| fs::read_to_string(path).unwrap_or_default();
        let cpus = file("/proc/cpuinfo");
        let models: Vec<&str> =
            cpus.lines().filter_map(|line| line.strip_prefix("model name")?.split(": ").nth(1)).collect();
        Self {
            model: models.first().copied().unwrap_or("an unnamed processor").to_owned(),
            count: models.len(),
            kernel: file("/proc/sys/kernel/osrelease").trim().to_owned(),
        }
    }

    /// Its name in a file's name.
    pub fn slug(&self) -> String {
        let words = self.model.to_lowercase().replace("(r)", " ").replace("(tm)", " ");
        let words =
            words.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join("-")
    }
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
