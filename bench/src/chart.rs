//! Figures as a picture: groups of bars, each with the least and the most that was measured.

use std::fmt::Write as _;

use super::Results;
use super::figures::Spread;
use super::report::chart_rows;
use super::variant::{Filter, Variant};

/// Bars under a heading.
pub(crate) struct Group {
    pub(crate) title: String,
    pub(crate) unit: &'static str,
    /// Digits behind the point.
    pub(crate) decimals: usize,
    pub(crate) bars: Vec<Bar>,
}

/// One bar.
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) look: Look,
    pub(crate) value: Spread,
}

/// Whose bar it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// This filter's.
    Ours,
    /// Envoy's own.
    Native,
}

/// The chart of what a request costs, SVG. It follows the reader's light or dark scheme.
pub fn chart(results: &Results) -> String {
    let groups: Vec<_> = chart_rows()
        .into_iter()
        .map(|(case, filters)| {
            let bar = |&filter: &Filter| {
                let value = results.of(Variant { case, filter })?.added();
                Some(Bar { name: filter.title().to_owned(), look: look(filter), value })
            };
            let bars = filters.iter().filter_map(bar).collect();
            Group { title: case.title(), unit: "µs", decimals: 1, bars }
        })
        .collect();
    let title = "Processor time that a request costs Envoy more than without an auth filter";
    draw(title, &format!("{title}, in microseconds"), &groups)
}

/// Draws groups of bars. Those with the same unit have the same scale.
pub(crate) fn draw(title: &str, label: &str, groups: &[Group]) -> String {
    let mut body = String::new();
    let mut y = TOP;
    for Group { title, unit, decimals, bars } in groups {
        let scale = BARS / most(groups, unit);
        y += GAP;
        // Writing to a string does not fail.
        let _ = writeln!(body, r#"<text class="title" x="{LEFT}" y="{y}">{title}</text>"#);
        for Bar { name, look, value } in bars {
            y += BAR;
            let width = (value.median.max(0.0) * scale).max(1.0);
            let (class, top, middle) = (look.class(), y - 11.0, y - 5.0);
            let [least, most] = [value.least, value.most].map(|value| LABELS + value.max(0.0) * scale);
            let text = most.max(LABELS + width) + 8.0;
            let _ = writeln!(
                body,
                r#"<text class="label" x="{right}" y="{y}">{name}</text>
<rect class="{class}" x="{LABELS}" y="{top}" width="{width:.1}" height="12" rx="2"/>
<line x1="{least:.1}" x2="{most:.1}" y1="{middle}" y2="{middle}"/>
<text x="{text:.1}" y="{y}">{value:.decimals$} {unit}</text>"#,
                right = LABELS - 8.0,
                value = value.median,
            );
        }
        y += 6.0;
    }
    let height = y + 16.0;
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">
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
<text class="title" x="{LEFT}" y="22">{title}</text>
{body}</svg>
"#
    )
}

impl Look {
    fn class(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Native => "native",
        }
    }
}

fn look(filter: Filter) -> Look {
    match filter {
        Filter::Native | Filter::NativeCached => Look::Native,
        _ => Look::Ours,
    }
}

/// The most of everything with this unit.
fn most(groups: &[Group], unit: &str) -> f64 {
    let alike = groups.iter().filter(|group| group.unit == unit).flat_map(|group| &group.bars);
    let most = alike.map(|bar| bar.value.most).fold(0.0, f64::max);
    if most > 0.0 { most } else { 1.0 }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_of_one_unit_have_one_scale_and_each_unit_its_own() {
        let group = |unit, values: &[f64]| {
            let bar =
                |&value: &f64| Bar { name: String::new(), look: Look::Ours, value: Spread::of(&[value]) };
            Group { title: String::new(), unit, decimals: 1, bars: values.iter().map(bar).collect() }
        };
        let picture =
            draw("", "", &[group("s", &[1.0, 2.0]), group("MB", &[500.0]), group("s", &[4.0, 0.0])]);
        let widths: Vec<&str> =
            picture.split("width=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(widths, ["105.0", "210.0", "420.0", "420.0", "1.0"]);
    }
}
