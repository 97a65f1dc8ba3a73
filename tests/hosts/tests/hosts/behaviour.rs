//! Verdicts are the same as in Envoy, though this host has no cryptography of its own.

use std::time::Duration;

use serde_json::json;
use validate_jwt_hosts::{Exchange, Host, Properties, Proxy, Trailers};
use validate_jwt_testbed::token::{Algorithm, RsaFixture, SigningKey, tamper};

use crate::lab::{
    AUDIENCE, bearer, configuration, every_host, fetch, good, head, held, key_set, look_in_vain, summary,
    warm,
};

#[test]
fn a_valid_token_passes_and_the_api_sees_its_claims_instead_of_forged_ones() {
    let key = SigningKey::rsa(RsaFixture::First);
    let mut proxy = warm(&Host::default(), &[&key]);
    let authorization = format!("Bearer {}", good().claim("sub", "anne").sign(&key));
    let forged = [("x-user", "root"), ("authorization", &*authorization), ("x-user", "admin")];
    let Exchange::Passed { headers, properties } = proxy.request(&head("/orders", &forged)) else {
        panic!("{}", proxy.log())
    };
    let seen: Vec<_> = headers.iter().filter(|(name, _)| name == "x-user").collect();
    assert_eq!(seen, [&("x-user".to_owned(), "anne".to_owned())]);
    assert!(headers.contains(&("authorization".to_owned(), authorization)));
    assert_eq!(properties.get("validate_jwt.outcome").map(String::as_str), Some("allowed"));
}

#[test]
fn an_exempt_path_needs_no_token_and_takes_no_forged_header() {
    let mut proxy = warm(&Host::default(), &[&SigningKey::p256()]);
    let request = head("/public/index", &[("x-user", "root"), ("authorization", "Bearer junk")]);
    let Exchange::Passed { headers, .. } = proxy.request(&request) else { panic!("{}", proxy.log()) };
    assert!(headers.iter().all(|(name, _)| name != "x-user"), "{headers:?}");
}

/// This host heeds case in names, so that only the client's own spelling removes a header.
#[test]
fn a_forged_header_goes_in_the_very_spelling_in_which_it_came() {
    let mut proxy = warm(&Host::default(), &[&SigningKey::p256()]);
    let forged = ["x-user", "X-User", "x_user", "X_USER", "x.user", "x~User"].map(|name| (name, "root"));
    let request = head("/public", &[&forged[..], &[("X-Other", "1")]].concat());
    let Exchange::Passed { headers, .. } = proxy.request(&request) else { panic!("{}", proxy.log()) };
    assert!(headers.iter().all(|(_, value)| value != "root"), "{headers:?}");
    assert!(headers.contains(&("X-Other".to_owned(), "1".to_owned())));
}

#[test]
fn forged_trailers_go_and_where_they_cannot_the_request_does_not_go_on() {
    let key = SigningKey::p256();
    let forged = [("x_user", "root"), ("x-sum", "1"), ("X-User", "root"), ("x.user", "root")];
    let authorization = format!("Bearer {}", good().sign(&key));
    for (path, token) in [("/orders", Some(("authorization", &*authorization))), ("/public", None)] {
        let request = head(path, token.as_slice());
        let mut proxy = warm(&Host::default(), &[&key]);
        let (exchange, trailers) = proxy.request_with_trailers(&request, &forged);
        assert_eq!(summary(&exchange), "200", "{path}");
        assert_eq!(trailers, [("x-sum".to_owned(), "1".to_owned())], "{path}");
        let mut proxy = warm(&Host { trailers: Trailers::Fixed, ..Host::default() }, &[&key]);
        let (exchange, _) = proxy.request_with_trailers(&request, &forged);
        assert_eq!(summary(&exchange), "503 validate_jwt_failed_closed", "{path}");
        let (exchange, trailers) = proxy.request_with_trailers(&request, &[("x-sum", "1")]);
        assert_eq!((summary(&exchange), trailers.len()), ("200".to_owned(), 1), "{path}");
    }
}

#[test]
fn an_invalid_token_is_refused_with_its_reason() {
    let key = SigningKey::rsa(RsaFixture::First);
    for host in every_host() {
        assert_refuses(&mut warm(&host, &[&key]), &key);
    }
}

fn assert_refuses(proxy: &mut Proxy, key: &SigningKey) {
    let now = proxy.now();
    let token = good().claim("exp", now + 3_600).sign(key);
    for (what, token, expected) in [
        ("valid", token.clone(), "200"),
        ("valid, found in the cache", token.clone(), "200"),
        ("none", String::new(), "401 token_not_present"),
        ("garbage", "garbage".to_owned(), "401 token_malformed"),
        ("unsigned", good().unsigned(), "401 algorithm_not_allowed"),
        ("expired", good().claim("exp", now - 1).sign(key), "401 token_expired"),
        ("early", good().claim("nbf", now + 60).sign(key), "401 token_not_yet_valid"),
        ("of another issuer", good().issuer("https://a.example").sign(key), "401 issuer_not_allowed"),
        ("for another API", good().audience("other").sign(key), "401 audience_not_allowed"),
        ("tampered", tamper::flip_signature_bit(&token, 9), "401 signature_invalid"),
        (
            "by a stranger",
            good().sign(&SigningKey::p256().with_key_id(key.key_id())),
            "401 algorithm_not_allowed",
        ),
    ] {
        assert_eq!(summary(&bearer(proxy, &token)), expected, "{what}");
    }
    let twice = format!("Bearer {token}");
    let twice = proxy.request(&head("/", &[("authorization", &twice), ("authorization", &twice)]));
    assert_eq!(summary(&twice), "400 token_ambiguous");
    proxy.advance(Duration::from_secs(3_600));
    assert_eq!(summary(&bearer(proxy, &token)), "401 token_expired", "cached before");
}

#[test]
fn every_refusal_of_a_flood_has_its_reason_in_the_log_and_a_hundred_a_second_are_explained() {
    let key = SigningKey::p256();
    let mut proxy = warm(&Host::default(), &[&key]);
    // Getting warm took a refusal.
    proxy.advance(Duration::from_secs(1));
    let expired = good().claim("exp", proxy.now() - 1).sign(&key);
    let lines = |proxy: &Proxy| {
        let log = proxy.log();
        ["reason=token_expired", "it ended 1 s ago", "not explained"].map(|words| log.matches(words).count())
    };
    for _ in 0..150 {
        assert_eq!(summary(&bearer(&mut proxy, &expired)), "401 token_expired");
    }
    assert_eq!(lines(&proxy), [150, 100, 50]);
    proxy.advance(Duration::from_secs(1));
    let expired = good().claim("exp", proxy.now() - 1).sign(&key);
    assert_eq!(summary(&bearer(&mut proxy, &expired)), "401 token_expired");
    assert_eq!(lines(&proxy), [151, 101, 50]);
}

#[test]
fn requests_are_held_until_the_root_has_fetched_the_keys_and_then_settled_each_on_its_own() {
    let key = SigningKey::rsa(RsaFixture::First);
    let mut proxy = Proxy::start(&Host::default(), &configuration()).expect("a good configuration");
    let token = good().sign(&key);
    let passes = held(bearer(&mut proxy, &token));
    let fails = held(bearer(&mut proxy, &tamper::flip_signature_bit(&token, 0)));
    let leaves = held(bearer(&mut proxy, &token));
    let expiry = proxy.now() + 1;
    let expires = held(bearer(&mut proxy, &good().claim("exp", expiry).sign(&key)));
    // Junk does not wait for anything.
    assert_eq!(summary(&bearer(&mut proxy, "a.b.c")), "401 token_malformed");
    proxy.abandon(&leaves);
    proxy.advance(Duration::from_secs(1));
    fetch(&mut proxy, 200, &key_set(&[&key]));
    assert_eq!(summary(&proxy.outcome(passes)), "200", "{}", proxy.log());
    assert_eq!(summary(&proxy.outcome(fails)), "401 signature_invalid");
    assert_eq!(summary(&proxy.outcome(expires)), "401 token_expired");
    assert!(proxy.callout().is_none(), "one fetch for all of them");
}

#[test]
fn keys_that_do_not_come_mean_503_and_heal_without_a_restart() {
    let key = SigningKey::p256();
    let mut proxy = Proxy::start(&Host::default(), &configuration()).expect("a good configuration");
    let token = good().sign(&key);
    let waits = held(bearer(&mut proxy, &token));
    fetch(&mut proxy, 500, "");
    // It waits on: the next attempt is due before its time is up.
    let waits = held(proxy.outcome(waits));
    proxy.advance(Duration::from_secs(6));
    fetch(&mut proxy, 500, "");
    let Exchange::Answered(answer) = proxy.outcome(waits) else { panic!("{}", proxy.log()) };
    assert_eq!((answer.status, &*answer.details), (503, "keys_unavailable"));
    assert!(answer.headers.iter().any(|(name, _)| name == "retry-after"), "{answer:?}");
    proxy.advance(Duration::from_secs(60));
    fetch(&mut proxy, 200, &key_set(&[&key]));
    assert_eq!(summary(&bearer(&mut proxy, &token)), "200");
}

#[test]
fn a_rotated_key_is_fetched_on_demand() {
    let (old, new) = (SigningKey::p256().with_key_id("old"), SigningKey::p256().with_key_id("new"));
    let mut proxy = warm(&Host::default(), &[&old]);
    proxy.advance(Duration::from_secs(600));
    let waits = held(bearer(&mut proxy, &good().sign(&new)));
    fetch(&mut proxy, 200, &key_set(&[&old, &new]));
    assert_eq!(summary(&proxy.outcome(waits)), "200");
    assert_eq!(summary(&bearer(&mut proxy, &good().sign(&old))), "200");
}

#[test]
fn discovery_leads_to_the_keys() {
    let key = SigningKey::ed25519();
    let configuration = json!({"validate_jwt": {
        "openid_config": [{"url": "https://idp.example/.well-known/openid-configuration", "cluster": "idp"}],
        "audiences": [AUDIENCE],
    }});
    let mut proxy = Proxy::start(&Host::default(), &configuration).expect("a good configuration");
    let waits = held(bearer(&mut proxy, &good().sign(&key)));
    proxy.tick();
    let discovery = proxy.callout().expect("the document is fetched");
    assert_eq!(discovery.path, "/.well-known/openid-configuration");
    let document = json!({"issuer": "https://idp.example", "jwks_uri": "https://idp.example/k?v=1"});
    proxy.deliver(&discovery, 200, &document.to_string());
    let keys = proxy.callout().expect("the keys are fetched");
    assert_eq!((&*keys.upstream, &*keys.path), ("idp", "/k?v=1"));
    proxy.deliver(&keys, 200, &key_set(&[&key]));
    assert_eq!(summary(&proxy.outcome(waits)), "200", "{}", proxy.log());
}

#[test]
fn without_cryptography_of_the_host_the_sandbox_verifies_every_algorithm() {
    let keys = [
        SigningKey::rsa(RsaFixture::First),
        SigningKey::rsa(RsaFixture::Bits4096),
        SigningKey::p256(),
        SigningKey::p384(),
        SigningKey::p521(),
        SigningKey::ed25519(),
    ];
    for host in every_host() {
        assert_verifies_all(&mut warm(&host, &keys.each_ref()), &keys);
    }
}

fn assert_verifies_all(proxy: &mut Proxy, keys: &[SigningKey]) {
    let rsa = [
        Algorithm::Rs256,
        Algorithm::Rs384,
        Algorithm::Rs512,
        Algorithm::Ps256,
        Algorithm::Ps384,
        Algorithm::Ps512,
    ];
    let of_rsa = keys[..2].iter().flat_map(|key| rsa.map(|algorithm| (algorithm, key)));
    for (algorithm, key) in of_rsa.chain(keys[2..].iter().map(|key| (key.default_algorithm(), key))) {
        let token = good().algorithm(algorithm).sign(key);
        assert_eq!(summary(&bearer(proxy, &token)), "200", "{algorithm}");
        for bit in [0, 100, 200] {
            let spoilt = tamper::flip_signature_bit(&token, bit);
            assert_eq!(summary(&bearer(proxy, &spoilt)), "401 signature_invalid", "{algorithm}");
        }
    }
    assert!(proxy.log().contains("the proxy verifies nothing"), "{}", proxy.log());
}

#[test]
fn a_host_that_takes_no_properties_enforces_all_the_same() {
    let key = SigningKey::p256();
    let mut configuration = configuration();
    configuration["policies"]["api"]["validate_jwt"]["output_token_variable_name"] = json!("jwt");
    let host = Host { properties: Properties::Refused, ..Host::default() };
    let mut proxy = Proxy::start(&host, &configuration).expect("a good configuration");
    fetch(&mut proxy, 200, &key_set(&[&key]));
    look_in_vain(&mut proxy, &[&key]);
    let token = good().sign(&key);
    assert_eq!(summary(&bearer(&mut proxy, &token)), "200");
    assert_eq!(summary(&bearer(&mut proxy, &tamper::strip_signature(&token))), "401 signature_invalid");
}

#[test]
fn a_mistake_in_the_configuration_is_no_start() {
    for host in every_host() {
        let refused = Proxy::start(&host, &json!({"validate_jwt": {"audiences": []}}));
        let log = refused.err().expect("an empty list of audiences is refused");
        assert!(log.contains("Error configuration"), "{log}");
    }
}
