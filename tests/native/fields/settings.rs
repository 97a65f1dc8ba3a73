//! `key_refresh`, `limits`, `verdict_cache`: what the numbers change.

use serde_json::{Value, json};
use validate_jwt::config::Config;
use validate_jwt::gate::CacheLookups;
use validate_jwt::keys::{DocumentLimits, Record, Report};
use validate_jwt_testbed::token::SigningKey;

use super::keeper::{Keeper, document, failure, key_set, metadata};
use crate::bench::{Bench, inline, plain};

fn keeper(key_refresh: &Value) -> Keeper {
    let provider = json!({"url": "https://idp.example/.well-known/openid-configuration"});
    let mut keeper = Keeper::new(&provider, &json!({"key_refresh": key_refresh}));
    keeper.after(0.0);
    keeper
}

#[test]
fn key_refresh_interval_is_the_time_between_refreshes_give_or_take_a_tenth() {
    let mut keeper = keeper(&json!({"interval": 100}));
    keeper.answer_with(&["a"]);
    assert!(!keeper.after(89.0).is_asking());
    assert!(keeper.after(22.0).is_asking());
}

#[test]
fn key_ttl_is_how_long_a_key_serves_that_is_not_seen_again() {
    let mut keeper = keeper(&json!({"interval": 10, "key_ttl": 60}));
    keeper.answer_with(&["gone", "kept"]);
    for _ in 0..4 {
        keeper.after(12.0).answer_with(&["kept"]);
        assert!(keeper.has("gone") && keeper.has("kept"));
    }
    keeper.after(13.0).answer_with(&["kept"]);
    assert!(!keeper.has("gone") && keeper.has("kept"));
}

#[test]
fn key_refresh_forget_starts_from_an_empty_record_of_its_own() {
    let shared_key = |key_refresh: Value| {
        let provider = json!({"url": "https://idp.example/.well-known/openid-configuration"});
        let configuration = json!({
            "validate_jwt": {"openid_config": [provider], "audiences": ["a"]}, "key_refresh": key_refresh,
        });
        let config = Config::parse(configuration.to_string().as_bytes()).expect("good");
        let limits =
            DocumentLimits { document_bytes: config.limits.document_bytes, keys: config.limits.keys };
        Record::shared_key(&config.providers[0], &config.key_refresh, &limits)
    };
    let forgetting = |text: &str| shared_key(json!({"forget": text}));
    assert_eq!(forgetting(""), shared_key(json!({"interval": 3600})), "by default nothing is forgotten");
    assert_ne!(forgetting("2026-11-26"), forgetting(""));
    assert_ne!(forgetting("2026-11-26"), forgetting("2026-11-27"));
    assert_eq!(forgetting("2026-11-26"), forgetting("2026-11-26"), "VMs of one configuration share theirs");
}

#[test]
fn unknown_kid_interval_is_the_least_time_between_two_fetches_for_unknown_keys() {
    let mut keeper = keeper(&json!({"unknown_kid_interval": 20}));
    keeper.answer_with(&["a"]);
    keeper.want_unknown_key();
    keeper.answer(document(&key_set(&["a"])));
    keeper.after(19.0).want_unknown_key();
    assert!(!keeper.is_asking());
    keeper.after(1.0).want_unknown_key();
    assert!(keeper.is_asking());
}

#[test]
fn retry_initial_is_the_first_pause_after_a_failure_and_retry_max_the_longest() {
    let mut keeper = keeper(&json!({"retry_initial": 2, "retry_max": 6}));
    for pause in [2.0, 4.0, 6.0, 6.0] {
        keeper.answer(failure());
        assert!(!keeper.after(pause * 0.89).is_asking(), "{pause}");
        assert!(keeper.after(pause * 0.22).is_asking(), "{pause}");
    }
}

#[test]
fn max_stale_is_how_long_keys_serve_without_their_provider() {
    let mut keeper = keeper(&json!({"interval": 10, "max_stale": 30, "retry_initial": 5, "retry_max": 5}));
    keeper.answer_with(&["a"]);
    for _ in 0..2 {
        keeper.after(14.0).answer(failure());
        assert!(keeper.has("a"));
    }
    keeper.after(3.0);
    assert!(!keeper.has("a"));
}

#[test]
fn limits_keys_bounds_the_usable_keys_of_a_provider() {
    let provider = json!({"url": "https://idp.example/.well-known/openid-configuration"});
    for (ids, accepted) in [(&["a", "b"][..], true), (&["a", "b", "c"], false)] {
        let mut keeper = Keeper::new(&provider, &json!({"limits": {"keys": 2}}));
        keeper.after(0.0).answer(document(&metadata("https://idp.example/keys")));
        keeper.answer(document(&key_set(ids)));
        assert_eq!(keeper.has("a"), accepted, "{ids:?}");
        assert_eq!(matches!(keeper.reports.as_slice(), [Report::Fetched { .. }]), accepted, "{ids:?}");
    }
}

#[test]
fn token_bytes_bounds_a_token_to_the_byte() {
    let key = SigningKey::p256();
    let token = plain().claim("pad", "x".repeat(600)).sign(&key);
    for (most, expected) in [(token.len(), "allowed"), (token.len() - 1, "token_malformed")] {
        let mut configuration = inline(&key, &json!({}));
        configuration["limits"] = json!({"token_bytes": most});
        assert_eq!(Bench::new(&configuration).on(&token), expected, "{most}");
    }
}

#[test]
fn max_entries_and_max_bytes_bound_the_verdict_cache() {
    let key = SigningKey::p256();
    let hits = |cache: Value, tokens: usize, pad: usize| {
        let mut configuration = inline(&key, &json!({}));
        configuration["verdict_cache"] = cache;
        let bench = Bench::new(&configuration);
        let tokens: Vec<_> =
            (0..tokens).map(|at| plain().claim("n", at).claim("pad", "x".repeat(pad)).sign(&key)).collect();
        for token in tokens.iter().chain(&tokens) {
            assert_eq!(bench.on(token), "allowed");
        }
        let CacheLookups { hits, .. } = bench.gate.take_lookups().next().expect("a policy").1;
        hits
    };
    assert_eq!(hits(json!({"max_entries": 0}), 4, 0), 0, "off");
    assert_eq!(hits(json!({}), 40, 0), 40, "all of them are kept");
    assert!(hits(json!({"max_entries": 8}), 40, 0) <= 8);
    assert!(hits(json!({"max_bytes": 65536}), 40, 6000) <= 65536 / 6000);
    assert_eq!(hits(json!({"max_bytes": 1}), 2, 10), 0);
}
