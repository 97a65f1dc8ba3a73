//! Rules for Prometheus, and whether they would fire: the few forms that the page uses, evaluated over what Envoy shows.

use std::collections::BTreeMap;

use serde_json::Value;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::envoy::Envoy;

/// The rules by their names.
pub(super) struct Alarms(BTreeMap<String, Rule>);

/// `metric{…} == 0`, with `and changes(metric{…}[10m]) > 0` behind it or without; `increase(metric{…}[15m]) > 0`; or two
/// `rate(metric{…}[10m]) > 0` with `unless` between them.
struct Rule {
    kind: Kind,
    /// What must not be met besides, of late.
    unless: Option<Box<Rule>>,
    metric: String,
    /// Labels as they stand, each of which a series must have.
    labels: Vec<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    IsZero,
    HasGrown,
}

/// Series and their values at one moment.
#[derive(Clone)]
pub(super) struct Scrape(BTreeMap<String, f64>);

impl Alarms {
    pub(super) fn of(document: &Value) -> Self {
        let groups = document["groups"].as_array().expect("groups").iter();
        let rules = groups.flat_map(|group| group["rules"].as_array().expect("rules"));
        let named = rules.map(|rule| {
            let text = |name: &str| rule[name].as_str().unwrap_or_else(|| panic!("{name} of {rule}"));
            assert!(rule["annotations"]["summary"].is_string(), "{rule}");
            (text("alert").to_owned(), Rule::of(text("expr")))
        });
        Self(named.collect())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether a rule fires, after what was seen before, and what was seen last.
    pub(super) fn fires(&self, name: &str, [before, last]: [&Scrape; 2], now: &Scrape) -> bool {
        let rule = self.0.get(name).unwrap_or_else(|| panic!("no alarm {name:?}"));
        let is_excused = rule.unless.as_ref().is_some_and(|other| other.is_met(last, now));
        !is_excused && rule.is_met(before, now)
    }
}

impl Rule {
    fn is_met(&self, before: &Scrape, now: &Scrape) -> bool {
        now.0.iter().filter(|(series, _)| self.selects(series)).any(|(series, value)| match self.kind {
            Kind::IsZero => *value == 0.0,
            // A series that was not there before has not grown, for Prometheus.
            Kind::HasGrown => before.0.get(series).is_some_and(|before| value > before),
        })
    }

    fn of(expression: &str) -> Self {
        // Everything that a page breaks down is still there: its age goes on.
        if let Some((rule, "changes(validate_jwt_keys_age_seconds[10m]) > 0")) =
            expression.split_once(" and ")
        {
            return Self::of(rule);
        }
        if let Some((rule, unless)) = expression.split_once(" unless ") {
            return Self { unless: Some(Box::new(Self::of(unless))), ..Self::of(rule) };
        }
        let grown = |(function, window): (&str, &str)| {
            expression.strip_prefix(function).map(|rest| rest.strip_suffix(window).expect(expression))
        };
        let (kind, selector) =
            match [("increase(", "[15m]) > 0"), ("rate(", "[10m]) > 0")].into_iter().find_map(grown) {
                Some(selector) => (Kind::HasGrown, selector),
                None => (Kind::IsZero, expression.strip_suffix(" == 0").expect(expression)),
            };
        let (metric, labels) = selector.split_once('{').unwrap_or((selector, "}"));
        let labels = labels.strip_suffix('}').expect(expression).split(',').filter(|label| !label.is_empty());
        Self { kind, unless: None, metric: metric.to_owned(), labels: labels.map(str::to_owned).collect() }
    }

    fn selects(&self, series: &str) -> bool {
        let (metric, labels) = series.split_once('{').unwrap_or((series, ""));
        let labels: Vec<&str> = labels.trim_end_matches('}').split(',').collect();
        metric == self.metric && self.labels.iter().all(|label| labels.contains(&label.as_str()))
    }
}

impl Scrape {
    /// Adds the series that are new: Envoy shows some from their first event on.
    pub(super) fn learn(&mut self, later: Self) {
        for (series, value) in later.0 {
            self.0.entry(series).or_insert(value);
        }
    }

    pub(super) async fn of(envoy: &Envoy) -> Result<Self, Error> {
        let text = Request::get("/stats/prometheus").send(envoy.admin_address()).await?.text();
        let samples =
            text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.rsplit_once(' '));
        Ok(Self(
            samples.filter_map(|(series, value)| Some((series.to_owned(), value.parse().ok()?))).collect(),
        ))
    }
}
