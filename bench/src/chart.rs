//! The figures as a picture: added processor time per request, one bar for each filter.

use std::fmt::Write as _;

use super::Results;
use super::report::chart_rows;
use super::variant::{Filter, Variant};

/// The chart, SVG. It follows the reader's light or dark scheme.
pub fn chart(results: &Results) -> String {
    let groups: Vec<_> = chart_rows()
        .into_iter()
        .map(|(case, filters)| {
            let bars: Vec<_> = filters
                .iter()
                .filter_map(|&filter| Some((filter, results.of(Variant { case, filter })?.added())))
                .collect();
            (case.title(), bars)
        })
        .collect();
    let most = groups.iter().flat_map(|(_, bars)| bars).map(|(_, added)| added.most).fold(1.0, f64::max);
    let scale = BARS / most;
    let mut body = String::new();
    let mut y = TOP;
    for (title, bars) in &groups {
        y += GAP;
        // Writing to a string does not fail.
        let _ = writeln!(body, r#"<text class="title" x="{LEFT}" y="{y}">{title}</text>"#);
        for (filter, added) in bars {
            y += BAR;
            let width = (added.median.max(0.0) * scale).max(1.0);
            let (class, top, middle) = (class(*filter), y - 11.0, y - 5.0);
            let [least, most] = [added.least, added.most].map(|value| LABELS + value.max(0.0) * scale);
            let text = most.max(LABELS + width) + 8.0;
            let _ = writeln!(
                body,
                r#"<text class="label" x="{right}" y="{y}">{name}</text>
<rect class="{class}" x="{LABELS}" y="{top}" width="{width:.1}" height="12" rx="2"/>
<line x1="{least:.1}" x2="{most:.1}" y1="{middle}" y2="{middle}"/>
<text x="{text:.1}" y="{y}">{value:.1} µs</text>"#,
                right = LABELS - 8.0,
                name = filter.title(),
                value = added.median,
            );
        }
        y += 6.0;
    }
    let height = y + 16.0;
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="Processor time that a request costs Envoy more than without an auth filter, in microseconds">
<style>
text {{ font: 12px system-ui, sans-serif; fill: #24292f }}
.title {{ font-weight: 600 }}
.label {{ text-anchor: end }}
.ours {{ fill: #0969da }}
.native {{ fill: #8c959f }}
line {{ stroke: #24292f; stroke-opacity: .55 }}
@media (prefers-color-scheme: dark) {{
  text {{ fill: #e6edf3 }}
  line {{ stroke: #e6edf3 }}
}}
</style>
<text class="title" x="{LEFT}" y="22">Processor time that a request costs Envoy more than without an auth filter</text>
{body}</svg>
"#
    )
}

fn class(filter: Filter) -> &'static str {
    match filter {
        Filter::Native | Filter::NativeCached => "native",
        _ => "ours",
    }
}

const WIDTH: f64 = 760.0;

const LEFT: f64 = 16.0;

/// Where the names of the bars end and the bars begin.
const LABELS: f64 = 230.0;

/// The length of the longest bar.
const BARS: f64 = 420.0;

const TOP: f64 = 26.0;

/// From a group's last bar to the next one's title.
const GAP: f64 = 22.0;

/// From one bar to the next.
const BAR: f64 = 18.0;
