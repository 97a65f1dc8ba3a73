//! On nginx: everything about keys works, and nothing passes that would not pass in Envoy. The host fails a test for
//! whatever ends a worker there.

use std::time::Duration;

use serde_json::{Value, json};
use validate_jwt_hosts::{Exchange, Host, Proxy};
use validate_jwt_testbed::token::{RsaFixture, SigningKey};

use crate::lab::{AUDIENCE, bearer, configuration, fetch, good, head, key_set, summary};

/// A proxy that has fetched these keys.
fn warm(configuration: &Value, keys: &[&SigningKey]) -> Proxy {
    let mut proxy = Proxy::start(&Host::nginx(), configuration).expect("a good configuration");
    fetch(&mut proxy, 200, &key_set(keys));
    proxy
}

/// The configuration with other rules before the last one.
fn with_rules(rules: &[Value]) -> Value {
    let mut configuration = configuration();
    let last = json!({"match": {}, "policy": "api"});
    configuration["rules"] = rules.iter().cloned().chain([last]).collect();
    configuration
}

/// Sends a request for this path without a token.
fn anonymous(proxy: &mut Proxy, path: &str) -> String {
    summary(&proxy.request(&head(path, &[])))
}

#[test]
fn a_valid_token_passes_with_its_claims_and_an_exempt_path_needs_none() {
    let key = SigningKey::rsa(RsaFixture::First);
    let mut proxy = warm(&configuration(), &[&key]);
    let token = good().claim("sub", "anne").sign(&key);
    let authorization = format!("Bearer {token}");
    for _ in 0..3 {
        let passed = proxy.request(&head("/orders", &[("authorization", &authorization)]));
        let Exchange::Passed { headers, .. } = passed else { panic!("{passed:?}: {}", proxy.log()) };
        assert!(headers.contains(&("x-user".to_owned(), "anne".to_owned())), "{headers:?}");
    }
    assert_eq!(anonymous(&mut proxy, "/public/index"), "200");
}

#[test]
fn a_request_before_the_keys_is_answered_503_and_the_next_one_passes() {
    let key = SigningKey::p256();
    let mut proxy = Proxy::start(&Host::nginx(), &configuration()).expect("a good configuration");
    let token = good().sign(&key);
    let Exchange::Answered(answer) = bearer(&mut proxy, &token) else { panic!("{}", proxy.log()) };
    assert_eq!((answer.status, &*answer.details), (503, "keys_unavailable"));
    assert!(answer.headers.iter().any(|(name, _)| name == "retry-after"), "{answer:?}");
    fetch(&mut proxy, 200, &key_set(&[&key]));
    assert_eq!(summary(&bearer(&mut proxy, &token)), "200");
}

#[test]
fn keys_that_do_not_come_mean_503_and_heal_without_a_restart() {
    let key = SigningKey::p256();
    let mut proxy = Proxy::start(&Host::nginx(), &configuration()).expect("a good configuration");
    let token = good().sign(&key);
    for pause in [0, 2, 6, 60] {
        proxy.advance(Duration::from_secs(pause));
        fetch(&mut proxy, 500, "");
        assert_eq!(summary(&bearer(&mut proxy, &token)), "503 keys_unavailable");
    }
    proxy.advance(Duration::from_secs(70));
    fetch(&mut proxy, 200, &key_set(&[&key]));
    assert_eq!(summary(&bearer(&mut proxy, &token)), "200");
}

#[test]
fn the_document_leads_to_the_keys_a_tick_later() {
    let key = SigningKey::ed25519();
    let configuration = json!({"validate_jwt": {
        "openid_config": [{"url": "https://idp.example/.well-known/openid-configuration", "cluster": "idp"}],
        "audiences": [AUDIENCE],
    }});
    let mut proxy = Proxy::start(&Host::nginx(), &configuration).expect("a good configuration");
    proxy.tick();
    let discovery = proxy.callout().expect("the document is fetched");
    let document = json!({"issuer": "https://idp.example", "jwks_uri": "https://idp.example/keys"});
    proxy.deliver(&discovery, 200, &document.to_string());
    assert!(proxy.callout().is_none(), "not from the answer");
    fetch(&mut proxy, 200, &key_set(&[&key]));
    assert_eq!(summary(&bearer(&mut proxy, &good().sign(&key))), "200");
}

#[test]
fn a_rotated_key_is_fetched_on_demand() {
    let (old, new) = (SigningKey::p256().with_key_id("old"), SigningKey::p256().with_key_id("new"));
    let mut proxy = warm(&configuration(), &[&old]);
    proxy.advance(Duration::from_secs(600));
    assert_eq!(summary(&bearer(&mut proxy, &good().sign(&new))), "503 keys_unavailable");
    fetch(&mut proxy, 200, &key_set(&[&old, &new]));
    assert_eq!(summary(&bearer(&mut proxy, &good().sign(&new))), "200");
    assert_eq!(summary(&bearer(&mut proxy, &good().sign(&old))), "200");
}

#[test]
fn the_timer_is_set_once_for_good() {
    let key = SigningKey::p256();
    let mut proxy = warm(&configuration(), &[&key]);
    let period = proxy.tick_period();
    assert_eq!(period, Some(Duration::from_millis(250)));
    for seconds in [1, 100, 3_600, 90_000] {
        proxy.advance(Duration::from_secs(seconds));
        proxy.tick();
        while let Some(callout) = proxy.callout() {
            proxy.deliver(&callout, 200, &key_set(&[&key]));
        }
        assert_eq!(proxy.tick_period(), period);
    }
}

/// `:authority` is a name of the server's own there.
#[test]
fn a_host_rule_reads_the_clients_host() {
    let rule = |host: &str| with_rules(&[json!({"match": {"hosts": [host]}, "allow": true})]);
    let mut proxy = warm(&rule("api.example"), &[&SigningKey::p256()]);
    assert_eq!(anonymous(&mut proxy, "/"), "200");
    let mut proxy = warm(&rule("gateway.internal"), &[&SigningKey::p256()]);
    assert_eq!(anonymous(&mut proxy, "/"), "401 token_not_present");
}

/// `:path` is decoded and resolved there, and the upstream gets what the client sent.
#[test]
fn a_path_that_the_upstream_could_read_otherwise_is_refused() {
    let rule = json!({"match": {"path_prefix": "/public"}, "allow": true});
    let mut proxy = warm(&with_rules(&[rule]), &[&SigningKey::p256()]);
    for path in [
        "/admin/..%2fpublic/x",
        "/admin/..%2Fpublic/x",
        "/admin%2f..%2fpublic/x",
        "/admin/%2e%2e%2fpublic",
        "/public%2fx",
        "/public%5c..%5cadmin",
        "/public/..%5cadmin",
        "/public/%2e%2e%2fadmin",
        "/public/..;/admin",
        "/public/x%00",
        "/public%3Fx",
        "/PUBLIC/x",
    ] {
        assert_eq!(anonymous(&mut proxy, path), "400 request_ambiguous", "{path}");
    }
    for path in
        ["/public", "/public/", "/public/a%20b", "/public/%7Ex", "/public/x?next=%2Fadmin", "/public/100%25"]
    {
        assert_eq!(anonymous(&mut proxy, path), "200", "{path}");
    }
    for path in ["/", "/orders", "/orders/a%20b", "/public/../orders", "/orders/100%25"] {
        assert_eq!(anonymous(&mut proxy, path), "401 token_not_present", "{path}");
    }
}

/// A removed header still reaches the upstream there.
#[test]
fn a_forged_header_is_refused_in_every_spelling() {
    let key = SigningKey::p256();
    let mut proxy = warm(&configuration(), &[&key]);
    let authorization = format!("Bearer {}", good().sign(&key));
    for name in ["x-user", "X-User", "x_user", "x.user"] {
        for path in ["/orders", "/public"] {
            let request = head(path, &[("authorization", &authorization), (name, "root")]);
            assert_eq!(summary(&proxy.request(&request)), "400 request_ambiguous", "{name}, {path}");
        }
    }
}

#[test]
fn a_token_that_cannot_be_removed_is_no_configuration() {
    let mut configuration = configuration();
    let policy = &mut configuration["policies"]["api"]["validate_jwt"];
    policy["forward"] = json!({"token": "remove"});
    let log = Proxy::start(&Host::nginx(), &configuration).err().expect("it is refused");
    assert!(log.contains("policy \"api\": forward.token: \"remove\" is not possible on this host"), "{log}");
    assert!(log.contains("proxy_set_header Authorization"), "{log}");
    Proxy::start(&Host::default(), &configuration).expect("other hosts can");
}

/// The host does not show it, and is not asked for it.
#[test]
fn a_certificate_bound_token_is_refused_and_no_configuration_may_demand_one() {
    let key = SigningKey::p256();
    let mut proxy = warm(&configuration(), &[&key]);
    let bound = good().claim("cnf", json!({"x5t#S256": "A".repeat(43)}));
    assert_eq!(summary(&bearer(&mut proxy, &bound.sign(&key))), "401 confirmation_failed");
    let mut configuration = configuration();
    configuration["policies"]["api"]["validate_jwt"]["proof_of_possession"] =
        json!({"certificate": "required"});
    let log = Proxy::start(&Host::nginx(), &configuration).err().expect("it is refused");
    assert!(
        log.contains("policy \"api\": proof_of_possession.certificate: \"required\" is not possible"),
        "{log}"
    );
    Proxy::start(&Host::default(), &configuration).expect("other hosts can");
}

#[test]
fn what_has_no_effect_is_warned_of_once_for_all_workers() {
    let mut configuration = configuration();
    configuration["key_refresh"] = json!({"wait": "hold"});
    configuration["policies"]["api"]["validate_jwt"]["output_token_variable_name"] = json!("jwt");
    let first = Proxy::start(&Host::nginx(), &configuration).expect("a good configuration");
    let second = first.start_beside(&Host::nginx(), &configuration).expect("a good configuration");
    let count = |word: &str| [&first, &second].map(|proxy| proxy.log().matches(word).count());
    assert_eq!(count("key_refresh.wait: this host cannot hold requests"), [1, 0], "{}", first.log());
    assert_eq!(count("output_token_variable_name: this host takes no properties"), [1, 0], "{}", first.log());
}
