//! The verdict cache repeats a full verification, and nothing else.

use std::time::Duration;

use serde_json::{Value, json};
use validate_jwt::gate::CacheLookups;
use validate_jwt::time::UnixTime;
use validate_jwt_testbed::token::{RsaFixture, SigningKey, now, tamper};

use crate::bench::{AUDIENCE, Bench, bearer, inline, plain, request};

/// Hits and misses of the first policy since the last look.
fn lookups(bench: &Bench) -> (u64, u64) {
    let CacheLookups { hits, misses } = bench.gate.take_lookups().next().expect("a policy").1;
    (hits, misses)
}

#[test]
fn a_repeated_token_is_found_and_one_that_differs_in_a_bit_is_not() {
    let key = SigningKey::p256();
    let bench = Bench::new(&inline(&key, &json!({})));
    let token = plain().sign(&key);
    for _ in 0..3 {
        assert_eq!(bench.on(&token), "allowed");
    }
    assert_eq!(lookups(&bench), (2, 1));
    for bit in 0..64 {
        assert_eq!(bench.on(&tamper::flip_signature_bit(&token, bit)), "signature_invalid");
    }
    assert_eq!(lookups(&bench), (0, 64), "and no refusal is kept");
}

#[test]
fn an_entry_ends_with_the_token_to_the_second() {
    let key = SigningKey::p256();
    let mut bench = Bench::new(&inline(&key, &json!({"clock_skew": 10})));
    let now = now();
    let token = plain().claim("exp", now + 100).sign(&key);
    let start = UnixTime::from_seconds(now);
    bench.now = start + Duration::from_secs(1);
    assert_eq!(bench.on(&token), "allowed");
    bench.now = start + Duration::from_secs(108);
    assert_eq!(bench.on(&token), "allowed");
    bench.now = start + Duration::from_secs(111);
    assert_eq!(bench.on(&token), "token_expired");
    bench.now = start - Duration::from_secs(100_000);
    assert_eq!(bench.on(&token), "token_not_yet_valid", "a clock that goes back counts as well");
}

#[test]
fn an_entry_ends_with_its_key_and_with_the_time_that_keys_serve() {
    let url = "https://idp.example/.well-known/openid-configuration";
    let configuration = json!({"validate_jwt": {"openid_config": [{"url": url}], "audiences": [AUDIENCE]}});
    let mut bench = Bench::new(&configuration);
    let (old, new) = (SigningKey::p256().with_key_id("old"), SigningKey::p256().with_key_id("new"));
    let token = plain().sign(&old);
    assert_eq!(bench.on(&token), "await");
    assert_eq!(lookups(&bench), (0, 0), "it comes again when there are keys");
    bench.provide(0, "https://idp.example", &[old.public_jwk(), new.public_jwk()]);
    assert_eq!([bench.on(&token), bench.on(&token)], ["allowed", "allowed"]);
    assert_eq!(lookups(&bench), (1, 1));
    bench.provide(0, "https://idp.example", &[new.public_jwk()]);
    assert_eq!(bench.on(&token), "await", "the removed key would have to be fetched");
    bench.provide(0, "https://other.example", &[old.public_jwk()]);
    assert_eq!(bench.on(&token), "issuer_not_allowed");
}

#[test]
fn a_verdict_of_one_policy_is_none_of_another() {
    let key = SigningKey::p256();
    let policy = |audience: &str| inline(&key, &json!({"audiences": [audience]}));
    let bench = Bench::new(&json!({
        "policies": {"a": policy(AUDIENCE), "b": policy("another")},
        "rules": [{"match": {"path": "/a"}, "policy": "a"}, {"match": {}, "policy": "b"}],
    }));
    let authorization = format!("Bearer {}", plain().sign(&key));
    let at = |path: &str| bench.verdict(&request(&[(":path", path), ("authorization", &authorization)]));
    assert_eq!([at("/a"), at("/a"), at("/b")], ["allowed", "allowed", "audience_not_allowed"]);
}

#[test]
fn what_a_bound_token_is_bound_to_is_proved_every_time() {
    let key = SigningKey::p256();
    let mut bench = Bench::new(&inline(&key, &json!({})));
    let thumbprint = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let token = plain().claim("cnf", json!({"x5t#S256": thumbprint})).sign(&key);
    bench.certificate = Some([0; 32]);
    assert_eq!(bench.on(&token), "allowed");
    bench.certificate = None;
    assert_eq!(bench.on(&token), "confirmation_failed");
}

#[test]
fn a_flood_of_unique_tokens_displaces_no_hot_one() {
    let key = SigningKey::symmetric(vec![9; 64]);
    let mut configuration = inline(&key, &json!({}));
    configuration["verdict_cache"] = json!({"max_entries": 50, "max_bytes": 1_000_000});
    let bench = Bench::new(&configuration);
    let algorithm = validate_jwt_testbed::token::Algorithm::Hs256;
    let recipe = || plain().without_claim("nbf").algorithm(algorithm);
    let hot = recipe().claim("jti", "hot").sign(&key);
    for _ in 0..5 {
        bench.on(&hot);
    }
    lookups(&bench);
    for number in 0..2000 {
        assert_eq!(bench.on(&recipe().claim("jti", number.to_string()).sign(&key)), "allowed");
        if number % 20 == 0 {
            assert_eq!(bench.on(&hot), "allowed");
        }
    }
    let (hits, _) = lookups(&bench);
    assert_eq!(hits, 100, "every look for the hot token found it");
}

#[test]
fn the_cache_can_be_turned_off_and_changes_no_answer() {
    let key = SigningKey::rsa(RsaFixture::First);
    let forward: Value = json!({"forward": {"claims_to_headers": [{"claim": "sub", "header": "x-sub"}]}});
    let with = Bench::new(&inline(&key, &forward));
    let mut configuration = inline(&key, &forward);
    configuration["verdict_cache"] = json!({"max_entries": 0});
    let without = Bench::new(&configuration);
    let sent = bearer(&plain().sign(&key));
    for _ in 0..2 {
        assert_eq!(with.admission(&sent).edits(), without.admission(&sent).edits());
    }
    assert_eq!(lookups(&without), (0, 0));
}
