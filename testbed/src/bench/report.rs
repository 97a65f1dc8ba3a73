//! The figures as text.

use super::Results;
use super::figures::{Figures, Spread};
use super::variant::{Filter, Variant};

/// The table for a terminal.
pub fn table(results: &Results) -> String {
    let mut lines = vec![format!(
        "{:<20} {:<40} {:>22} {:>18} {:>8} {:>9} {:>9}",
        "", "", "added µs (min-max)", "× jwt_authn", "req/s", "p50 µs", "p99 µs"
    )];
    lines.push(format!("{:<20} {:<40} {:>22}", "", "without a filter, in all", shown(results.base)));
    for (variant, figures) in &results.measured {
        lines.push(format!(
            "{:<20} {:<40} {:>22} {:>18} {:>8.0} {:>9} {:>9}",
            variant.case.title(),
            variant.filter.title(),
            shown(figures.added()),
            ratio(results, *variant, figures),
            figures.throughput.median,
            figures.p50.as_micros(),
            figures.p99.as_micros(),
        ));
    }
    lines.join("\n")
}

/// The document.
pub fn markdown(results: &Results) -> String {
    table(results)
}

fn shown(spread: Spread) -> String {
    format!("{:.1} ({:.1}-{:.1})", spread.median, spread.least, spread.most)
}

fn ratio(results: &Results, variant: Variant, figures: &Figures) -> String {
    if variant.filter == Filter::Native {
        return "1".to_owned();
    }
    results.of(variant.native()).map_or_else(String::new, |native| {
        let ratio = figures.ratio_to(native);
        format!("{:.2} ({:.2}-{:.2})", ratio.median, ratio.least, ratio.most)
    })
}
