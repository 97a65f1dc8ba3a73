//! How often the filter calls its host, by kind of request. Each call costs, and a new one shows here.

use serde_json::json;
use validate_jwt_hosts::{Host, Proxy};
use validate_jwt_testbed::token::{SigningKey, tamper};

use crate::lab::{AUDIENCE, bearer, configuration, fetch, good, head, held, key_set, summary, warm};

/// What a request costs in calls, by name, once the VM has served one. To renew it, run the test and
/// copy what it prints; a row that grows needs a reason.
const EXPECTED: [(&str, &str); 10] = [
    ("valid, found in the cache", GOES_ON_WITH_A_CLAIM),
    ("valid, for the first time", GOES_ON_WITH_A_CLAIM),
    ("no token", REFUSED),
    ("malformed", REFUSED),
    ("expired", REFUSED),
    ("an unknown `kid`", REFUSED_AFTER_A_LOOK),
    ("a wrong signature", REFUSED_AFTER_A_LOOK),
    (
        "a forged header",
        "change a header 2, clock 1, metric 1, read a property 1, read headers 1, write a property 2",
    ),
    ("an allow rule", "clock 1, metric 1, read a property 1, read headers 1, write a property 1"),
    (
        "an allow rule, a forged header",
        "change a header 1, clock 1, metric 1, read a property 1, read headers 1, write a property 1",
    ),
];

/// Where the host has cryptography, a token that is new costs `foreign function 1` besides.
const GOES_ON_WITH_A_CLAIM: &str =
    "change a header 1, clock 1, metric 1, read a property 1, read headers 1, write a property 2";

const REFUSED: &str =
    "answer 1, clock 1, log 1, metric 1, read a property 1, read headers 1, write a property 3";

/// The key that is missing, or that was replaced under its id, may have been fetched by another worker.
const REFUSED_AFTER_A_LOOK: &str = "answer 1, clock 1, log 1, metric 1, read a property 1, read headers 1, \
                                    read shared data 1, write a property 3";

/// Why each call is made.
const REASONS: [(&str, &str); 9] = [
    ("answer", "a refusal is answered here"),
    ("change a header", "a claim goes to the API, and each spelling of a forged one goes away"),
    ("clock", "when the token and the keys end"),
    ("log", "why it was refused; no call that every host has tells whether anybody reads it"),
    ("metric", "outcome and reason, by policy"),
    ("read a property", "the route's metadata may name a policy"),
    ("read headers", "all in one call: none is there twice unseen"),
    ("read shared data", "another worker may have fetched keys since"),
    ("write a property", "outcome, policy and reason for the access log, one each"),
];

#[test]
fn every_call_that_a_request_costs_has_a_reason() {
    let calls = |row: &str| -> Vec<String> {
        let names = row.split(", ").filter_map(|call| Some(call.rsplit_once(' ')?.0.to_owned()));
        names.collect()
    };
    let mut made: Vec<String> = EXPECTED.iter().flat_map(|(_, row)| calls(row)).collect();
    made.sort_unstable();
    made.dedup();
    assert_eq!(made, REASONS.map(|(call, _)| call));
}

#[test]
fn a_request_costs_so_many_host_calls_and_no_more() {
    let key = SigningKey::p256();
    let mut proxy = warm(&Host::default(), &[&key]);
    let bearer_of = |token: &str| format!("Bearer {token}");
    let known = bearer_of(&good().sign(&key));
    let new = bearer_of(&good().claim("jti", "another").sign(&key));
    let expired = bearer_of(&good().claim("exp", proxy.now() - 1).sign(&key));
    let unknown = bearer_of(&good().sign(&SigningKey::p256().with_key_id("nobody")));
    let spoilt = bearer_of(&tamper::flip_signature_bit(&good().sign(&key), 7));
    let forged = ("x-user", "root");
    let requests = [
        ("valid, found in the cache", head("/", &[("authorization", &known)])),
        ("valid, for the first time", head("/", &[("authorization", &new)])),
        ("no token", head("/", &[])),
        ("malformed", head("/", &[("authorization", "Bearer a.b.c")])),
        ("expired", head("/", &[("authorization", &expired)])),
        ("an unknown `kid`", head("/", &[("authorization", &unknown)])),
        ("a wrong signature", head("/", &[("authorization", &spoilt)])),
        ("a forged header", head("/", &[("authorization", &known), forged])),
        ("an allow rule", head("/public", &[])),
        ("an allow rule, a forged header", head("/public", &[forged])),
    ];
    proxy.request(&requests[0].1);
    proxy.calls();
    let counted = requests.map(|(what, request)| {
        proxy.request(&request);
        (what, proxy.calls())
    });
    let counted: Vec<_> = counted.iter().map(|(what, calls)| (*what, &**calls)).collect();
    assert_eq!(counted, EXPECTED, "{counted:#?}");
}

/// With one policy a route has nothing to choose, and the policy's name says nothing.
#[test]
fn a_request_under_a_single_policy_costs_less_and_with_publish_false_least() {
    let key = SigningKey::p256();
    for (publish, refused, let_pass) in [
        (
            true,
            "answer 1, clock 1, log 1, metric 1, read headers 1, write a property 2",
            "change a header 1, clock 1, metric 1, read headers 1, write a property 1",
        ),
        (
            false,
            "answer 1, clock 1, log 1, metric 1, read headers 1",
            "change a header 1, clock 1, metric 1, read headers 1",
        ),
    ] {
        let policy = configuration()["policies"]["api"]["validate_jwt"].clone();
        let configuration = json!({"validate_jwt": policy, "publish": publish});
        let mut proxy = Proxy::start(&Host::default(), &configuration).expect("a good configuration");
        fetch(&mut proxy, 200, &key_set(&[&key]));
        let token = good().sign(&key);
        bearer(&mut proxy, &token);
        proxy.calls();
        bearer(&mut proxy, &token);
        assert_eq!(proxy.calls(), let_pass);
        bearer(&mut proxy, "a.b.c");
        assert_eq!(proxy.calls(), refused);
    }
}

/// A request without trailers pays nothing for them.
#[test]
fn trailers_cost_one_look_and_one_call_for_each_forged_spelling() {
    let mut proxy = warm(&Host::default(), &[&SigningKey::p256()]);
    let request = head("/public", &[]);
    proxy.request(&request);
    proxy.calls();
    let base = "clock 1, metric 1, read a property 1, read headers 2, write a property 1";
    proxy.request_with_trailers(&request, &[("x-sum", "1")]);
    assert_eq!(proxy.calls(), base);
    proxy.request_with_trailers(&request, &[("x_user", "1"), ("x_user", "2"), ("x.user", "3")]);
    assert_eq!(proxy.calls(), format!("change a header 2, {base}"));
}

/// What the VM asks once: whether this is nginx, and whether there is a `verify_signature` that works.
#[test]
fn the_first_request_of_a_vm_looks_at_the_host_once() {
    let key = SigningKey::p256();
    let mut proxy = Proxy::start(&Host::default(), &configuration()).expect("a good configuration");
    fetch(&mut proxy, 200, &key_set(&[&key]));
    proxy.calls();
    let token = good().sign(&key);
    bearer(&mut proxy, &token);
    let first = proxy.calls();
    assert!(first.contains("foreign function 1"), "{first}");
    bearer(&mut proxy, &token);
    let second = proxy.calls();
    assert!(!second.contains("foreign function"), "{second}");
}

/// Plugins share a VM, as a configuration does with the one before it: what the first has found out is known to all.
#[test]
fn the_second_configuration_of_a_vm_does_not_try_the_hosts_cryptography_again() {
    let key = SigningKey::p256();
    let token = good().sign(&key);
    let mut proxy = Proxy::start(&Host::default(), &configuration()).expect("a good configuration");
    fetch(&mut proxy, 200, &key_set(&[&key]));
    proxy.calls();
    bearer(&mut proxy, &token);
    let first = proxy.calls();
    assert!(first.contains("foreign function 1"), "{first}");

    let mut other = configuration();
    other["policies"]["api"]["validate_jwt"]["audiences"] = json!([AUDIENCE, "another"]);
    proxy.configure(&other);
    proxy.tick();
    proxy.calls();
    assert_eq!(summary(&bearer(&mut proxy, &token)), "200");
    let second = proxy.calls();
    assert!(!second.contains("foreign function"), "{second}");
}

/// A worker that has nothing to do wakes up every two seconds, and neither fetches nor writes.
#[test]
fn a_timer_with_nothing_to_do_only_looks() {
    let mut proxy = warm(&Host::default(), &[&SigningKey::p256()]);
    proxy.tick();
    proxy.calls();
    proxy.tick();
    assert_eq!(proxy.calls(), "clock 1, metric 3, read shared data 1");
    assert_eq!(proxy.tick_period().map(|period| period.as_millis()), Some(2_000));
}

/// Hundreds of plugins would look for it in vain, again and again, while a provider is slow.
#[test]
fn a_worker_looks_often_for_what_another_one_fetches_only_while_a_request_waits() {
    let key = SigningKey::p256();
    let mut fetching = Proxy::start(&Host::default(), &configuration()).expect("a good configuration");
    let mut other = fetching.start_beside(&Host::default(), &configuration()).expect("a good configuration");
    let period = |proxy: &Proxy| proxy.tick_period().map(|period| period.as_millis());
    fetching.tick();
    other.tick();
    assert!(fetching.callout().is_some() && other.callout().is_none());
    assert_eq!(period(&other), Some(2_000));
    let _waits = held(bearer(&mut other, &good().sign(&key)));
    assert_eq!(period(&other), Some(10));
    other.tick();
    assert_eq!(period(&other), Some(10));
}
