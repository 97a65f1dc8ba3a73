//! `deploy/monitoring/`: alerts, dashboard and the labels that both want speak of metrics that the filter has.

use std::collections::{BTreeMap, BTreeSet};

use regex_lite::Regex;
use serde_json::Value;
use validate_jwt::metrics::{
    CacheCounter, HELD_MILLISECONDS, HELD_REQUESTS, PROOFS_FORGOTTEN, ProviderMetric, RequestCounter,
};
use validate_jwt_testbed::workspace;

/// A metric as Prometheus has it: its name, and the labels with their values.
type Series = (String, BTreeMap<String, String>);

#[test]
fn every_alert_and_every_panel_asks_for_metrics_and_labels_that_there_are() {
    let known = labelled();
    let mut asked = BTreeSet::new();
    for (place, query) in alerts().into_iter().chain(panels()) {
        let metric = Regex::new(r"validate_jwt_\w+").expect("an expression");
        let names: Vec<&str> = metric.find_iter(&query).map(|found| found.as_str()).collect();
        assert!(!names.is_empty(), "{place}: no metric of the filter in {query}");
        for name in names {
            assert!(known.contains_key(name), "{place}: there is no metric {name}");
            asked.insert(name.to_owned());
        }
        // What is compared stands behind a metric in braces, or behind `by` and `on`.
        let matchers = Regex::new(r"(validate_jwt_\w+)\{([^}]*)\}").expect("an expression");
        for found in matchers.captures_iter(&query) {
            for matcher in found[2].split(',') {
                let label = matcher.split(['=', '!']).next().unwrap_or_default().trim();
                assert!(known[&found[1]].contains(label), "{place}: {} has no label {label}", &found[1]);
            }
        }
    }
    let unseen: Vec<&String> = known
        .keys()
        .filter(|name| !asked.contains(*name) && !name.ends_with("_sum") && !name.ends_with("_count"))
        .collect();
    assert!(unseen.is_empty(), "neither an alert nor a panel shows {unseen:?}");
}

#[test]
fn every_reason_that_an_alert_or_a_panel_names_is_one() {
    let reason = Regex::new(r#"reason(?:=~|!=|=)"([^"]*)""#).expect("an expression");
    let mut count = 0;
    for (place, query) in alerts().into_iter().chain(panels()) {
        for found in reason.captures_iter(&query) {
            for code in found[1].split('|') {
                let known = validate_jwt::gate::Reason::ALL.iter().any(|reason| reason.code() == code);
                assert!(known, "{place}: {code} is no reason");
                count += 1;
            }
        }
    }
    assert!(count > 0);
}

#[test]
fn relabelling_makes_of_plain_names_what_stats_config_makes() {
    let rules =
        yaml("deploy/monitoring/prometheus.yaml")["scrape_configs"][1]["metric_relabel_configs"].clone();
    for plain in names("strict", "login_microsoftonline_com") {
        let series = (plain.replace('.', "_"), BTreeMap::new());
        let wanted = tagged(&plain);
        assert_eq!(relabelled(&rules, series), wanted, "{plain}");
        // Names that have their labels stay as they are.
        assert_eq!(relabelled(&rules, wanted.clone()), wanted, "{plain}");
    }
}

#[test]
fn every_way_to_set_stats_tags_sets_the_same() {
    let stats = |text: &str| -> Value {
        let found: Value = yaml_serde::from_str(text).expect("YAML");
        found["stats_config"].clone()
    };
    let proxy = yaml("deploy/monitoring/envoy-gateway.yaml");
    assert_eq!(
        (&proxy["kind"], &proxy["spec"]["bootstrap"]["type"]),
        (&"EnvoyProxy".into(), &"Merge".into())
    );
    let merged = stats(proxy["spec"]["bootstrap"]["value"].as_str().expect("a text"));
    assert_eq!(merged, stats(&read("deploy/envoy-entra.yaml")));
}

#[test]
fn the_panels_of_the_dashboard_are_whole_and_do_not_overlap() {
    let dashboard = dashboard();
    let mut taken: BTreeMap<(u64, u64), String> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for panel in dashboard["panels"].as_array().expect("panels") {
        let title = panel["title"].as_str().expect("a title").to_owned();
        assert!(ids.insert(panel["id"].as_u64().expect("a number")), "{title}: its id is another's");
        for field in ["description", "type"] {
            assert!(!panel[field].as_str().unwrap_or_default().is_empty(), "{title}: no {field}");
        }
        let place = |name: &str| panel["gridPos"][name].as_u64().expect("a number");
        assert!(place("x") + place("w") <= 24, "{title}: wider than the page");
        for x in place("x")..place("x") + place("w") {
            for y in place("y")..place("y") + place("h") {
                let other = taken.insert((x, y), title.clone());
                assert_eq!(other, None, "{title} lies over another");
            }
        }
        for target in panel["targets"].as_array().expect("targets") {
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{title}");
        }
    }
    let variable = Regex::new(r"\$(\w+)").expect("an expression");
    let listed = dashboard["templating"]["list"].as_array().expect("variables");
    for (place, query) in panels() {
        for found in variable.captures_iter(&query).filter(|found| &found[1] != "__rate_interval") {
            assert!(
                listed.iter().any(|entry| entry["name"] == found[1]),
                "{place}: no variable {}",
                &found[1]
            );
        }
    }
}

#[test]
fn the_picture_of_the_dashboard_shows_every_panel() {
    let picture = read("docs/dashboard.svg");
    let drawn: Vec<&str> =
        picture.split("font-weight=\"bold\">").skip(1).filter_map(|rest| rest.split('<').next()).collect();
    let mut titles: Vec<String> = panels().into_iter().map(|(title, _)| title).collect();
    titles.dedup();
    assert_eq!(drawn, titles);
}

#[test]
fn the_page_about_monitoring_has_a_row_for_every_alert() {
    let page = read("docs/monitoring.md");
    let listed: Vec<&str> =
        page.lines().filter_map(|line| line.strip_prefix("| `ValidateJwt")?.split('`').next()).collect();
    let alerts: Vec<String> = alerts().into_iter().map(|(name, _)| name).collect();
    assert_eq!(listed.iter().map(|name| format!("ValidateJwt{name}")).collect::<Vec<_>>(), alerts);
}

/// The alerts' names and queries.
fn alerts() -> Vec<(String, String)> {
    let rules = yaml("deploy/monitoring/alerts.yaml")["groups"][0]["rules"].clone();
    let rules = rules.as_array().expect("rules").iter();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    rules.map(|rule| (text(&rule["alert"]), text(&rule["expr"]))).collect()
}

/// The panels' titles and queries.
fn panels() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for panel in dashboard()["panels"].as_array().expect("panels") {
        for target in panel["targets"].as_array().expect("targets") {
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            found.push((text(&panel["title"]), text(&target["expr"])));
        }
    }
    found
}

fn dashboard() -> Value {
    serde_json::from_str(&read("deploy/monitoring/dashboard.json")).expect("JSON")
}

/// The metrics as Prometheus has them with `stats_config`, and which labels each has.
fn labelled() -> BTreeMap<String, BTreeSet<String>> {
    let mut known = BTreeMap::new();
    for plain in names("p", "q") {
        let (name, labels) = tagged(&plain);
        let mut labels: BTreeSet<String> = labels.into_keys().collect();
        if name.ends_with("_bucket") {
            labels.insert("le".to_owned());
        }
        known.insert(name, labels);
    }
    known
}

/// Every metric of a policy and a provider, as Envoy names it; histograms with what Prometheus makes of them.
fn names(policy: &str, provider: &str) -> Vec<String> {
    let requests = RequestCounter::all().map(|counter| counter.name(policy));
    let cache = [CacheCounter::Hit, CacheCounter::Miss].map(|counter| counter.name(policy));
    let provider = ProviderMetric::ALL.map(|metric| metric.name(provider));
    let others = [HELD_REQUESTS, HELD_MILLISECONDS, PROOFS_FORGOTTEN].map(str::to_owned);
    let all = requests.chain(cache).chain(provider).chain(others);
    all.flat_map(|name| {
        if name.ends_with("_milliseconds") {
            ["_bucket", "_sum", "_count"].map(|part| format!("{name}{part}")).to_vec()
        } else {
            vec![name]
        }
    })
    .collect()
}

/// What Envoy makes of a metric with `stats_config`: a tag's first group is cut out of the name, its second is the value.
fn tagged(plain: &str) -> Series {
    let tags = yaml("deploy/envoy-entra.yaml")["stats_config"]["stats_tags"].clone();
    // Prometheus's parts of a histogram are no parts of Envoy's name.
    let (stem, part) = ["_bucket", "_sum", "_count"]
        .iter()
        .find_map(|part| Some((plain.strip_suffix(part)?, *part)))
        .unwrap_or((plain, ""));
    let full = format!("wasmcustom.{stem}");
    let (mut name, mut labels) = (full.clone(), BTreeMap::new());
    for tag in tags.as_array().expect("tags") {
        let regex = Regex::new(tag["regex"].as_str().expect("a text")).expect("an expression");
        if let Some(found) = regex.captures(&full) {
            name = name.replacen(&found[1], "", 1);
            labels.insert(tag["tag_name"].as_str().expect("a name").to_owned(), found[2].to_owned());
        }
    }
    let name = name.strip_prefix("wasmcustom.").expect("the prefix").replace('.', "_");
    (format!("{name}{part}"), labels)
}

/// What Prometheus makes of a series with `metric_relabel_configs` whose action is `replace`.
fn relabelled(rules: &Value, (mut name, mut labels): Series) -> Series {
    for rule in rules.as_array().expect("rules") {
        assert_eq!(rule["source_labels"], serde_json::json!(["__name__"]));
        let regex = rule["regex"].as_str().expect("a text");
        let regex = Regex::new(&format!("^(?:{regex})$")).expect("an expression");
        let Some(found) = regex.captures(&name) else { continue };
        let replacement = rule["replacement"].as_str().unwrap_or("$1").replace("$1", &found[1]);
        match rule["target_label"].as_str().expect("a label") {
            "__name__" => name = replacement,
            label => {
                labels.insert(label.to_owned(), replacement);
            }
        }
    }
    (name, labels)
}

fn yaml(name: &str) -> Value {
    yaml_serde::from_str(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn read(name: &str) -> String {
    std::fs::read_to_string(workspace::root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}
