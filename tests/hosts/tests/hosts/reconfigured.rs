//! A second configuration in one root: what the first one held is settled, and what it had fetched serves on.

use serde_json::json;
use validate_jwt_hosts::{Exchange, Host, Proxy};
use validate_jwt_testbed::token::SigningKey;

use crate::lab::{bearer, configuration, fetch, good, held, key_set, summary};

#[test]
fn a_second_configuration_answers_each_request_that_the_first_one_held_once() {
    let key = SigningKey::p256();
    let token = good().sign(&key);
    let mut proxy = Proxy::start(&Host::default(), &configuration()).expect("a good configuration");
    let waiting = [held(bearer(&mut proxy, &token)), held(bearer(&mut proxy, &token))];
    proxy.tick();
    let under_way = proxy.callout().expect("the root fetches keys");
    proxy.calls();

    proxy.configure(&other_configuration());
    let calls = proxy.calls();
    assert!(calls.contains("answer 2") && !calls.contains("resume"), "{calls}");

    // The answer to the callout of the first configuration comes late: it changes nothing for them.
    proxy.deliver(&under_way, 200, &key_set(&[&key]));
    proxy.tick();
    let calls = proxy.calls();
    assert!(!calls.contains("answer") && !calls.contains("resume"), "{calls}");
    for held in waiting {
        let Exchange::Answered(answer) = proxy.outcome(held) else { panic!("{}", proxy.log()) };
        assert_eq!((answer.status, &*answer.details), (503, "keys_unavailable"));
        assert!(answer.headers.iter().any(|(name, _)| name == "retry-after"), "{answer:?}");
    }
}

#[test]
fn keys_of_the_first_configuration_serve_the_second() {
    let key = SigningKey::p256();
    let token = good().sign(&key);
    let mut proxy = Proxy::start(&Host::default(), &configuration()).expect("a good configuration");
    fetch(&mut proxy, 200, &key_set(&[&key]));
    assert_eq!(summary(&bearer(&mut proxy, &token)), "200");
    proxy.configure(&other_configuration());
    assert_eq!(summary(&bearer(&mut proxy, &token)), "200", "{}", proxy.log());
}

#[test]
fn a_request_that_the_second_configuration_holds_waits_for_its_own_verdict() {
    let key = SigningKey::p256();
    let mut proxy = Proxy::start(&Host::default(), &configuration()).expect("a good configuration");
    proxy.configure(&other_configuration());
    let waits = held(bearer(&mut proxy, &good().sign(&key)));
    fetch(&mut proxy, 200, &key_set(&[&key]));
    assert_eq!(summary(&proxy.outcome(waits)), "200", "{}", proxy.log());
}

/// As the first one, but for how long its keys serve.
fn other_configuration() -> serde_json::Value {
    let mut configuration = configuration();
    configuration["key_refresh"] = json!({"max_stale": 100_000});
    configuration
}
