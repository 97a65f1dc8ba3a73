//! A host that allows little: what does not fit is done without, and never lets anybody in.

use std::time::Duration;

use proxy_wasm_host::abi::v0_2_1::InMemoryStoreLimits;
use serde_json::json;
use validate_jwt_hosts::{Host, Proxy, generous};
use validate_jwt_testbed::token::{RsaFixture, SigningKey, tamper};

use crate::lab::{bearer, configuration, every_host, fetch, good, head, held, key_set, summary, warm};

/// Verdicts of a host with these limits.
fn assert_enforces(host: &Host) {
    let key = SigningKey::rsa(RsaFixture::First);
    let mut proxy = warm(host, &[&key]);
    let token = good().sign(&key);
    for _ in 0..3 {
        assert_eq!(summary(&bearer(&mut proxy, &token)), "200", "{}", proxy.log());
        let spoilt = tamper::flip_signature_bit(&token, 3);
        assert_eq!(summary(&bearer(&mut proxy, &spoilt)), "401 signature_invalid");
        assert_eq!(summary(&bearer(&mut proxy, "")), "401 token_not_present");
    }
    proxy.tick();
    assert_eq!(summary(&bearer(&mut proxy, &token)), "200", "after a look at shared data");
}

#[test]
fn shared_data_that_takes_no_value_leaves_each_vm_with_keys_of_its_own() {
    let store = InMemoryStoreLimits::new();
    assert_enforces(&Host { store: store.with_value_bytes(16), ..Host::default() });
    assert_enforces(&Host { store: store.with_keys(0), ..Host::default() });
}

#[test]
fn a_host_without_metrics_counts_nothing() {
    for host in every_host() {
        assert_enforces(&Host { store: InMemoryStoreLimits::new().with_metrics(0), ..host.clone() });
        assert_enforces(&Host { limits: generous().with_max_shared_names(3), ..host });
    }
}

/// The verdict cache is the only part that grows, up to its bound.
#[test]
fn eight_megabytes_of_memory_and_twenty_million_instructions_a_call_are_enough() {
    let limits = generous().with_memory_bytes(8 * 1024 * 1024).with_fuel(20_000_000);
    let host = Host { limits, ..Host::default() };
    let mut configuration = configuration();
    configuration["verdict_cache"] = json!({"max_bytes": 1024 * 1024});
    let mut proxy = Proxy::start(&host, &configuration).expect("a good configuration");
    let key = SigningKey::p256();
    fetch(&mut proxy, 200, &key_set(&[&key]));
    let padding = "x".repeat(4_000);
    for round in 0..600 {
        let token = good().claim("padding", &*padding).claim("jti", round.to_string()).sign(&key);
        assert_eq!(summary(&bearer(&mut proxy, &token)), "200", "{round}");
        let junk = format!("{}{round}", "e30.".repeat(4_000));
        assert_eq!(summary(&bearer(&mut proxy, &junk)), "401 token_malformed", "{round}");
    }
}

#[test]
fn a_document_beyond_the_limit_is_no_key_set() {
    let key = SigningKey::p256();
    let mut proxy = Proxy::start(&Host::default(), &configuration()).expect("a good configuration");
    fetch(&mut proxy, 200, &format!("{}{}", key_set(&[&key]), " ".repeat(2 * 1024 * 1024)));
    let token = good().sign(&key);
    let waits = held(bearer(&mut proxy, &token));
    proxy.advance(Duration::from_secs(6));
    proxy.tick();
    assert_eq!(summary(&proxy.outcome(waits)), "503 keys_unavailable");
    assert_eq!(summary(&proxy.request(&head("/public", &[]))), "200");
}
