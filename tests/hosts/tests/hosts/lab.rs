//! A proxy whose policy takes the keys of one provider.

use serde_json::{Value, json};
use validate_jwt_hosts::{Exchange, Held, Host, Proxy};
use validate_jwt_testbed::token::{SigningKey, TokenRecipe};

pub(crate) const ISSUER: &str = "https://idp.example";
pub(crate) const AUDIENCE: &str = "api";
pub(crate) const REASON: &str = "x-token-reason";

/// A policy over one key set, an exempt path, and a header that carries a claim.
pub(crate) fn configuration() -> Value {
    json!({
        "policies": {"api": {"validate_jwt": {
            "openid_config": [{"jwks_uri": format!("{ISSUER}/keys"), "issuer": ISSUER, "cluster": "idp"}],
            "audiences": [AUDIENCE],
            "forward": {"claims_to_headers": [{"claim": "sub", "header": "x-user"}]},
            "failure": {"reason_header": REASON},
        }}},
        "rules": [
            {"match": {"path_prefix": "/public"}, "allow": true},
            {"match": {}, "policy": "api"},
        ],
    })
}

/// A key set that says nothing of algorithms, as Entra's do not.
pub(crate) fn key_set(keys: &[&SigningKey]) -> String {
    json!({"keys": keys.iter().map(|key| key.entra_jwk()).collect::<Vec<_>>()}).to_string()
}

/// A good token; any change to it is the test's. The proxy's clock stands, this machine's does not.
pub(crate) fn good() -> TokenRecipe {
    TokenRecipe::plain(ISSUER, AUDIENCE).not_before_in(-600)
}

/// A proxy that has fetched these keys, and has just looked for others in vain: a bad signature causes no fetch.
pub(crate) fn warm(host: &Host, keys: &[&SigningKey]) -> Proxy {
    let mut proxy = Proxy::start(host, &configuration()).expect("a good configuration");
    fetch(&mut proxy, 200, &key_set(keys));
    look_in_vain(&mut proxy, keys);
    proxy.calls();
    proxy
}

/// Uses up what an unknown key may cause for `unknown_kid_interval`. Where no request can be held, the client comes again.
pub(crate) fn look_in_vain(proxy: &mut Proxy, keys: &[&SigningKey]) {
    let token = good().sign(&SigningKey::p256().with_key_id("nobody's"));
    let first = bearer(proxy, &token);
    fetch(proxy, 200, &key_set(keys));
    let last = match first {
        Exchange::Held(waits) => proxy.outcome(waits),
        answered => {
            assert_eq!(summary(&answered), "503 keys_unavailable");
            bearer(proxy, &token)
        }
    };
    assert_eq!(summary(&last), "401 signature_key_not_found");
}

/// Hosts on which verdicts are the same.
pub(crate) fn every_host() -> [Host; 2] {
    [Host::default(), Host::nginx()]
}

/// Lets the root fetch the keys, and answers it.
pub(crate) fn fetch(proxy: &mut Proxy, status: u16, body: &str) {
    proxy.tick();
    let callout = proxy.callout().expect("the root fetches keys");
    assert_eq!((&*callout.upstream, &*callout.path), ("idp", "/keys"));
    proxy.deliver(&callout, status, body);
}

/// The head of a request; a header without a value is left out.
pub(crate) fn head<'a>(path: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let own = [(":method", "GET"), (":scheme", "https"), (":authority", "api.example"), (":path", path)];
    own.into_iter().chain(more.iter().copied()).collect()
}

pub(crate) fn bearer(proxy: &mut Proxy, token: &str) -> Exchange {
    proxy.request(&head("/orders", &[("authorization", &format!("Bearer {token}"))]))
}

/// `200` for a request that passed; status and reason of a refusal.
#[track_caller]
pub(crate) fn summary(exchange: &Exchange) -> String {
    match exchange {
        Exchange::Passed { .. } => "200".to_owned(),
        Exchange::Answered(answer) => {
            let named = answer.headers.iter().find(|(name, _)| name == REASON).map(|(_, value)| &**value);
            assert_eq!(named.unwrap_or(&answer.details), answer.details, "the header says what the log does");
            format!("{} {}", answer.status, answer.details)
        }
        Exchange::Held(_) => "held".to_owned(),
    }
}

#[track_caller]
pub(crate) fn held(exchange: Exchange) -> Held {
    match exchange {
        Exchange::Held(held) => held,
        other => panic!("not held: {other:?}"),
    }
}
