//! `docs/keys.md`: its numbers are the code's, its tests and metrics exist, its picture shows every state.

use std::fs;

use validate_jwt::config::Config;
use validate_jwt::metrics::{HELD_REQUESTS, ProviderMetric};
use validate_jwt_testbed::workspace;

use crate::test_names::missing_tests;

fn read(name: &str) -> String {
    fs::read_to_string(workspace::root().join(name)).expect(name)
}

#[test]
fn the_numbers_in_the_chapter_on_keys_are_the_defaults() {
    let config =
        r#"{"validate_jwt": {"openid_config": [{"url": "https://idp.example/d"}], "audiences": ["x"]}}"#;
    let config = Config::parse(config.as_bytes()).expect("a configuration");
    let (refresh, limits) = (&config.key_refresh, &config.limits);
    let timeout = config.providers[0].timeout;
    let chapter = read("docs/keys.md");
    for (name, seconds) in [
        ("key_refresh.interval", refresh.interval),
        ("key_refresh.key_ttl", refresh.key_ttl),
        ("key_refresh.unknown_kid_interval", refresh.unknown_kid_interval),
        ("key_refresh.retry_initial", refresh.retry_initial),
        ("key_refresh.retry_max", refresh.retry_max),
        ("key_refresh.max_stale", refresh.max_stale),
        ("key_refresh.max_wait", refresh.max_wait),
        ("timeout", timeout),
    ] {
        let row = format!("| `{name}` | {} s | ", seconds.as_secs_f64());
        assert!(chapter.contains(&row), "{row}");
    }
    for (name, number) in [
        ("limits.document_bytes", limits.document_bytes),
        ("limits.keys", limits.keys),
        ("limits.held_requests", limits.held_requests),
    ] {
        let row = format!("| `{name}` | {number} | ");
        assert!(chapter.contains(&row), "{row}");
    }
    let lease = format!("| a lease | {} s | ", (timeout * 2).as_secs() + 1);
    assert!(chapter.contains(&lease), "{lease}");
}

#[test]
fn every_test_and_metric_that_the_chapter_on_keys_names_exists() {
    let chapter = read("docs/keys.md");
    assert_eq!(missing_tests(&chapter), [""; 0]);
    let quoted: Vec<&str> = chapter.split('`').skip(1).step_by(2).collect();
    let metrics = [
        ProviderMetric::FetchSuccess,
        ProviderMetric::FetchFailure,
        ProviderMetric::Usable,
        ProviderMetric::AgeSeconds,
    ]
    .map(|metric| metric.name("<provider>"));
    for metric in metrics.iter().map(String::as_str).chain([HELD_REQUESTS]) {
        assert!(quoted.contains(&metric), "{metric}");
    }
}

#[test]
fn the_picture_of_the_state_machine_shows_every_state() {
    let (picture, machine) = (read("docs/keys.svg"), read("src/keys/lifecycle.rs"));
    let states =
        machine.split("enum Task {").nth(1).and_then(|rest| rest.split('}').next()).expect("the states");
    let names: Vec<&str> = states
        .lines()
        .filter_map(|line| line.trim().split(['(', ',', ' ']).next())
        .filter(|name| !name.is_empty())
        .collect();
    assert_eq!(names.len(), 4, "{names:?}");
    for name in names {
        assert!(picture.contains(&format!(">{name}<")), "{name}");
    }
}
