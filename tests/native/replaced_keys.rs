//! A key replaced under the same name, or without a name: a bad signature wants keys just as an unknown `kid` does.

use serde_json::{Value, json};
use validate_jwt::gate::{Circumstances, Decision, Demand, Detail, HeaderRemoval, Pending, Verdict};
use validate_jwt::keys::Want;
use validate_jwt::token::SandboxEngine;
use validate_jwt_testbed::token::{RsaFixture, SigningKey, TokenRecipe, tamper};

use crate::bench::{AUDIENCE, Bench, bearer};

const ISSUER: &str = "https://idp.example";

fn bench(keys: &[Value]) -> Bench {
    let mut bench = Bench::new(&json!({"validate_jwt": {
        "openid_config": [{"url": "https://idp.example/.well-known/openid-configuration"}],
        "audiences": [AUDIENCE],
    }}));
    bench.provide(0, ISSUER, keys);
    bench
}

fn token() -> TokenRecipe {
    TokenRecipe::plain(ISSUER, AUDIENCE)
}

/// A key as it is published, without these members.
fn published(key: &SigningKey, without: &[&str]) -> Value {
    let mut jwk = key.public_jwk();
    for name in without {
        jwk.as_object_mut().expect("a JWK").remove(*name);
    }
    jwk
}

#[test]
fn a_bad_signature_wants_the_key_that_may_have_replaced_the_one_at_hand() {
    let named = |name: &str| SigningKey::p256().with_key_id(name);
    let (old, new) = (named("k"), named("k"));
    let rsa = SigningKey::rsa(RsaFixture::First).with_key_id("k");
    let unnamed = |key: &SigningKey| token().without_header("kid").sign(key);
    for (what, before, after, good, otherwise) in [
        (
            "under the same kid",
            published(&old, &[]),
            published(&new, &[]),
            token().sign(&new),
            "signature_invalid",
        ),
        (
            "no kid in the set",
            published(&old, &["kid"]),
            published(&new, &["kid"]),
            token().sign(&new),
            "signature_invalid",
        ),
        (
            "no kid anywhere",
            published(&old, &["kid"]),
            published(&new, &["kid"]),
            unnamed(&new),
            "signature_invalid",
        ),
        (
            "no kid in the token",
            published(&old, &[]),
            published(&new, &[]),
            unnamed(&new),
            "signature_invalid",
        ),
        (
            "of another type",
            published(&rsa, &[]),
            published(&new, &[]),
            token().sign(&new),
            "algorithm_not_allowed",
        ),
        (
            "another kid",
            published(&named("a"), &[]),
            published(&new, &[]),
            token().sign(&new),
            "signature_key_not_found",
        ),
    ] {
        let mut bench = bench(&[before]);
        let Decision::Wait(Pending { demand: Demand::Keys(keys), fallback }) = bench.decide(&bearer(&good))
        else {
            panic!("{what}")
        };
        let is_named = !["another kid", "no kid in the set"].contains(&what);
        let want = if is_named { Want::ReplacedKey } else { Want::UnknownKey };
        assert_eq!(keys.want, want, "{what}");
        let Verdict::Refuse(rejection) = fallback else { panic!("{what}") };
        assert_eq!(rejection.reason.code(), otherwise, "{what}: where no fetch is allowed");
        assert_eq!(bench.settled(&good), otherwise, "{what}: after a fetch in vain");
        bench.provide(0, ISSUER, &[after]);
        assert_eq!(bench.on(&good), "allowed", "{what}");
    }
}

#[test]
fn a_forged_token_wants_no_more_than_an_invented_kid_and_junk_wants_nothing() {
    let key = SigningKey::p256().with_key_id("k");
    let bench = bench(&[published(&key, &[])]);
    let forged = tamper::flip_signature_bit(&token().sign(&key), 3);
    let invented = token().sign(&SigningKey::p256().with_key_id("invented"));
    let demand = |token: &str| match bench.decide(&bearer(token)) {
        Decision::Wait(Pending { demand: Demand::Keys(keys), .. }) => Some(keys.providers),
        _ => None,
    };
    assert!(demand(&forged).is_some());
    assert_eq!(demand(&forged), demand(&invented));
    for junk in [
        token().expires_in(-1).sign(&key),
        token().audience("x").sign(&key),
        token().issuer("https://x").sign(&key),
        token().header("typ", "x").sign(&key),
    ] {
        assert_eq!(demand(&tamper::flip_signature_bit(&junk, 3)), None);
    }
}

#[test]
fn inline_keys_are_not_fetched_however_bad_a_signature_is() {
    let (key, inline) = (SigningKey::p256().with_key_id("k"), SigningKey::p256().with_key_id("i"));
    let mut bench = Bench::new(&json!({"validate_jwt": {
        "openid_config": [{"url": "https://idp.example/.well-known/openid-configuration"}],
        "issuer_signing_keys": [{"jwk": inline.public_jwk()}],
        "audiences": [AUDIENCE],
    }}));
    bench.provide(0, ISSUER, &[key.public_jwk()]);
    assert_eq!(bench.on(&token().sign(&inline)), "allowed");
    assert_eq!(bench.on(&tamper::flip_signature_bit(&token().sign(&inline), 3)), "signature_invalid");
    assert_eq!(bench.on(&tamper::flip_signature_bit(&token().sign(&key), 3)), "await");
}

#[test]
fn a_request_that_waited_in_vain_for_a_replaced_key_is_answered_503_and_not_401() {
    let key = SigningKey::p256().with_key_id("k");
    let bench = bench(&[published(&key, &[])]);
    let certificate = || None;
    let circumstances = Circumstances {
        keyring: &bench.keyring,
        engine: &SandboxEngine,
        now: bench.now,
        certificate: &certificate,
        removal: HeaderRemoval::Works,
        proofs: &bench.proofs,
        detail: Detail::Cause,
    };
    let replaced = token().sign(&SigningKey::p256().with_key_id("k"));
    let Verdict::Refuse(rejection) =
        bench.gate.admit(&bearer(&replaced), &circumstances).give_up(&bench.keyring, bench.now)
    else {
        panic!("refused")
    };
    assert_eq!(rejection.reason.code(), "keys_unavailable");
    assert!(rejection.retry_after.is_some());
    let expired = token().expires_in(-1).sign(&key);
    let Verdict::Refuse(rejection) =
        bench.gate.admit(&bearer(&expired), &circumstances).give_up(&bench.keyring, bench.now)
    else {
        panic!("refused")
    };
    assert_eq!(rejection.reason.code(), "token_expired");
}

#[test]
fn a_kid_that_two_providers_of_an_issuer_share_waits_for_the_one_whose_keys_are_not_there() {
    let keys = [SigningKey::p256().with_key_id("1"), SigningKey::p256().with_key_id("1")];
    let entry = |at: usize| json!({"url": format!("{ISSUER}/{at}"), "issuer": ISSUER});
    let mut bench = Bench::new(&json!({"validate_jwt": {
        "openid_config": [entry(0), entry(1)],
        "audiences": [AUDIENCE],
    }}));
    bench.provide(0, ISSUER, &[keys[0].public_jwk()]);
    let of_the_second = token().sign(&keys[1]);
    assert_eq!(bench.on(&token().sign(&keys[0])), "allowed");
    assert_eq!(bench.settled(&of_the_second), "keys_unavailable");
    assert_eq!(bench.waits_for(&of_the_second), [0, 1]);
    bench.provide(1, ISSUER, &[keys[1].public_jwk()]);
    assert_eq!(bench.on(&of_the_second), "allowed");
}
