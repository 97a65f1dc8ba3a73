//! Four workers of nginx over one store, as time goes by: their timers tick, and a provider answers what they ask.

use std::time::Duration;

use serde_json::{Value, json};
use validate_jwt_hosts::{Host, Proxy};
use validate_jwt_testbed::token::SigningKey;

use crate::lab::{AUDIENCE, ISSUER, bearer, configuration, good, key_set, summary};

/// What the provider does.
enum Provider<'a> {
    Serves(&'a [&'a SigningKey]),
    IsDown,
}

struct Workers {
    proxies: Vec<Proxy>,
    /// Callouts of all of them, by path.
    fetched: Vec<String>,
    ticks: usize,
}

impl Workers {
    fn start(configuration: &Value) -> Self {
        let first = Proxy::start(&Host::nginx(), configuration).expect("a good configuration");
        let beside = |_| first.start_beside(&Host::nginx(), configuration).expect("a good configuration");
        let mut proxies: Vec<Proxy> = (1..WORKERS).map(beside).collect();
        proxies.push(first);
        Self { proxies, fetched: Vec::new(), ticks: 0 }
    }

    /// Four workers that have the keys.
    fn warm(keys: &[&SigningKey]) -> Self {
        let mut workers = Self::start(&configuration());
        workers.run(4, TICK, &Provider::Serves(keys));
        workers.fetched.clear();
        workers
    }

    /// Lets a step go by so many times, with a tick of each worker, and answers what they ask.
    fn run(&mut self, times: usize, step: Duration, provider: &Provider<'_>) {
        for _ in 0..times {
            for proxy in &mut self.proxies {
                assert_eq!(proxy.tick_period(), Some(TICK), "one timer, for good");
                proxy.advance(step);
                proxy.tick();
                self.ticks += 1;
                while let Some(callout) = proxy.callout() {
                    match provider {
                        Provider::IsDown => proxy.deliver(&callout, 503, "no"),
                        Provider::Serves(_) if callout.path == DISCOVERY => {
                            let document = json!({"issuer": ISSUER, "jwks_uri": format!("{ISSUER}/keys")});
                            proxy.deliver(&callout, 200, &document.to_string());
                        }
                        Provider::Serves(keys) => proxy.deliver(&callout, 200, &key_set(keys)),
                    }
                    self.fetched.push(callout.path);
                }
            }
        }
    }

    /// What each of them says of a token.
    fn say(&mut self, token: &str) -> Vec<String> {
        self.proxies.iter_mut().map(|proxy| summary(&bearer(proxy, token))).collect()
    }
}

#[test]
fn document_and_keys_are_fetched_once_for_all() {
    let key = SigningKey::ed25519();
    let mut workers = Workers::start(&json!({"validate_jwt": {
        "openid_config": [{"url": format!("{ISSUER}{DISCOVERY}"), "cluster": "idp"}],
        "audiences": [AUDIENCE],
    }}));
    let token = good().sign(&key);
    assert_eq!(workers.say(&token), ["503 keys_unavailable"; WORKERS]);
    workers.run(8, TICK, &Provider::Serves(&[&key]));
    assert_eq!(workers.say(&token), ["200"; WORKERS]);
    assert_eq!(workers.fetched, [DISCOVERY, "/keys"]);
}

#[test]
fn a_rotated_key_that_one_worker_asks_for_serves_all() {
    let (old, new) = (SigningKey::p256().with_key_id("old"), SigningKey::p256().with_key_id("new"));
    let mut workers = Workers::warm(&[&old]);
    workers.run(10, Duration::from_secs(60), &Provider::Serves(&[&old]));
    assert_eq!(workers.fetched, [""; 0]);
    assert_eq!(summary(&bearer(&mut workers.proxies[2], &good().sign(&new))), "503 keys_unavailable");
    workers.run(2, TICK, &Provider::Serves(&[&old, &new]));
    for key in [&new, &old] {
        assert_eq!(workers.say(&good().sign(key)), ["200"; WORKERS]);
    }
    assert_eq!(workers.fetched, ["/keys"]);
}

/// `max_stale` is a day, `retry_max` a minute.
#[test]
fn an_outage_costs_nobody_anything_for_a_day_then_503_and_heals_by_itself() {
    let key = SigningKey::p256();
    let mut workers = Workers::warm(&[&key]);
    let token = good().expires_in(7 * 86_400).sign(&key);
    for hour in 0..23 {
        workers.run(240, Duration::from_secs(15), &Provider::IsDown);
        assert_eq!(workers.say(&token), ["200"; WORKERS], "hour {hour}");
    }
    workers.run(480, Duration::from_secs(15), &Provider::IsDown);
    assert_eq!(workers.say(&token), ["503 keys_unavailable"; WORKERS]);
    // One attempt a minute for all of them, not for each: pauses are up to 10 % shorter.
    let most = 25 * 60 * 10 / 9 + 10;
    assert!(workers.fetched.len() <= most, "{} attempts", workers.fetched.len());
    workers.run(5, Duration::from_secs(15), &Provider::Serves(&[&key]));
    assert_eq!(workers.say(&token), ["200"; WORKERS]);
}

#[test]
fn ten_thousand_invented_key_ids_cost_one_fetch_and_no_tick_more() {
    let key = SigningKey::p256();
    let mut workers = Workers::warm(&[&key]);
    workers.run(600, Duration::from_secs(1), &Provider::Serves(&[&key]));
    let (fetched, ticks) = (workers.fetched.len(), workers.ticks);
    let stranger = SigningKey::p256();
    let (token, mut refused) = (good().sign(&key), 0);
    for number in 0..10_000 {
        let invented = good().sign(&stranger.clone().with_key_id(format!("invented-{number}")));
        let answer = summary(&bearer(&mut workers.proxies[number % WORKERS], &invented));
        assert!(["503 keys_unavailable", "401 signature_key_not_found"].contains(&&*answer), "{answer}");
        refused += usize::from(answer.starts_with("401"));
        if number % 200 == 0 {
            workers.run(1, TICK, &Provider::Serves(&[&key]));
            assert_eq!(workers.say(&token), ["200"; WORKERS]);
        }
    }
    assert_eq!(workers.fetched.len() - fetched, 1);
    assert_eq!(workers.ticks - ticks, 50 * WORKERS, "four a second and worker, as before the flood");
    assert!(refused > 9_000, "{refused}");
}

const WORKERS: usize = 4;

/// The timer of this host.
const TICK: Duration = Duration::from_millis(250);

const DISCOVERY: &str = "/.well-known/openid-configuration";
