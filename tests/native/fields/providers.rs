//! `openid_config`, and what stands in its place in `validate_azure_ad_token`.

use std::time::Duration;

use serde_json::{Value, json};
use validate_jwt::config::Config;
use validate_jwt::keys::{Fetch, FetchStep};
use validate_jwt_testbed::token::{SigningKey, TokenRecipe};

use super::keeper::{ISSUER, Keeper, document, key_set, metadata};
use crate::bench::{AUDIENCE, Bench, TENANT};

/// The provider's first callout, and the one for its keys when the document sends it there.
#[track_caller]
fn callouts(provider: &Value, jwks_uri: &str) -> [Fetch; 2] {
    let mut keeper = Keeper::new(provider, &json!({}));
    keeper.after(0.0);
    [keeper.answer(document(&metadata(jwks_uri))), keeper.answer(document(&key_set(&["a"])))]
}

fn url() -> Value {
    json!({"url": "https://idp.example/.well-known/openid-configuration"})
}

fn with(mut provider: Value, name: &str, value: Value) -> Value {
    provider[name] = value;
    provider
}

#[test]
fn openid_config_url_is_asked_first_query_and_all() {
    let provider = json!({"url": "https://idp.example/d/.well-known/openid-configuration?appid=1&x=%2F"});
    let [discovery, keys] = callouts(&provider, "https://idp.example/keys?appid=1");
    assert_eq!(discovery.step, FetchStep::Metadata);
    assert_eq!(discovery.url.path(), "/d/.well-known/openid-configuration?appid=1&x=%2F");
    assert_eq!((keys.step, keys.url.path()), (FetchStep::Keys, "/keys?appid=1"));
}

#[test]
fn openid_config_cluster_serves_the_urls_host_and_by_default_is_its_name() {
    for (provider, cluster) in [(url(), "idp.example"), (with(url(), "cluster", json!("entra")), "entra")] {
        let [discovery, keys] = callouts(&provider, "https://idp.example/keys");
        assert_eq!((discovery.cluster.as_str(), keys.cluster.as_str()), (cluster, cluster));
    }
}

#[test]
fn jwks_cluster_serves_the_keys_and_by_default_another_host_names_its_own() {
    let provider = with(url(), "cluster", json!("entra"));
    for (provider, jwks_uri, cluster) in [
        (provider.clone(), "https://idp.example/keys", "entra"),
        (provider.clone(), "https://keys.example/keys", "keys.example"),
        (with(provider.clone(), "jwks_cluster", json!("cdn")), "https://keys.example/keys", "cdn"),
        (with(provider, "jwks_cluster", json!("cdn")), "https://idp.example/keys", "cdn"),
    ] {
        let [discovery, keys] = callouts(&provider, jwks_uri);
        assert_eq!((discovery.cluster.as_str(), keys.cluster.as_str()), ("entra", cluster), "{jwks_uri}");
    }
}

#[test]
fn openid_config_timeout_bounds_each_callout() {
    for (provider, seconds) in [(url(), 5.0), (with(url(), "timeout", json!(0.25)), 0.25)] {
        let expected = Duration::from_secs_f64(seconds);
        assert_eq!(callouts(&provider, "https://idp.example/keys").map(|fetch| fetch.timeout), [expected; 2]);
    }
}

#[test]
fn openid_config_issuer_is_what_the_document_must_say() {
    for (issuer, accepted) in
        [(json!(ISSUER), true), (json!("https://idp.example/"), false), (json!("https://other"), false)]
    {
        let mut keeper = Keeper::new(&with(url(), "issuer", issuer.clone()), &json!({}));
        keeper.after(0.0).answer(document(&metadata("https://idp.example/keys")));
        assert_eq!(keeper.is_asking(), accepted, "{issuer}");
    }
}

#[test]
fn jwks_uri_is_asked_at_once_and_its_issuer_is_the_configured_one() {
    let provider = json!({"jwks_uri": "https://idp.example/keys?x=1", "issuer": ISSUER, "cluster": "c"});
    let mut keeper = Keeper::new(&provider, &json!({}));
    let fetch = keeper.after(0.0).answer(document(&key_set(&["a"])));
    assert_eq!((fetch.step, fetch.url.path(), fetch.cluster.as_str()), (FetchStep::Keys, "/keys?x=1", "c"));
    assert!(keeper.has("a"));
}

#[test]
fn allow_http_lets_the_url_and_its_jwks_uri_be_http() {
    let plain = |allowed: bool| json!({"url": "http://idp.example/d", "allow_http": allowed});
    let configuration =
        |provider: Value| json!({"validate_jwt": {"openid_config": [provider], "audiences": ["a"]}});
    assert!(Config::parse(configuration(plain(false)).to_string().as_bytes()).is_err());
    for (provider, accepted) in [(plain(true), true), (url(), false)] {
        let mut keeper = Keeper::new(&provider, &json!({}));
        keeper.after(0.0).answer(document(&metadata("http://idp.example/keys")));
        assert_eq!(keeper.is_asking(), accepted, "{provider}");
    }
}

/// What a tenant's first callout asks for, of which cluster, and for how long.
fn of_a_tenant(more: &Value) -> (String, String, Duration) {
    let mut policy = json!({"tenant_id": TENANT, "audiences": [AUDIENCE]});
    for (name, value) in more.as_object().into_iter().flatten() {
        policy[name] = value.clone();
    }
    let mut keeper = Keeper::of(&json!({"validate_azure_ad_token": policy}));
    let fetch = keeper.after(0.0).answer(document(&json!({})));
    (fetch.url.to_string(), fetch.cluster, fetch.timeout)
}

#[test]
fn tenant_id_and_authentication_endpoint_say_what_is_asked_and_cluster_and_timeout_how() {
    let seconds = Duration::from_secs;
    for (more, host, tenant, cluster, timeout) in [
        (json!({}), "login.microsoftonline.com", TENANT, "login.microsoftonline.com", seconds(5)),
        (
            json!({"tenant_id": "contoso.onmicrosoft.com", "cluster": "entra", "timeout": 2}),
            "login.microsoftonline.com",
            "contoso.onmicrosoft.com",
            "entra",
            seconds(2),
        ),
        (
            json!({"authentication_endpoint": "login.microsoftonline.us"}),
            "login.microsoftonline.us",
            TENANT,
            "login.microsoftonline.us",
            seconds(5),
        ),
    ] {
        let url = format!("https://{host}/{tenant}/v2.0/.well-known/openid-configuration");
        assert_eq!(of_a_tenant(&more), (url, cluster.to_owned(), timeout), "{more}");
    }
}

#[test]
fn openid_config_audiences_replace_the_policys_for_tokens_of_that_provider_alone() {
    let (a, b) = (SigningKey::p256(), SigningKey::p256());
    let provider = |name: &str| json!({"jwks_uri": format!("https://{name}/keys"), "issuer": format!("https://{name}/")});
    let bench = |of_a: Value, of_policy: Value| {
        let mut policy =
            json!({"openid_config": [with(provider("a.example"), "audiences", of_a), provider("b.example")]});
        if !of_policy.is_null() {
            policy["audiences"] = of_policy;
        }
        let mut bench = Bench::new(&json!({"validate_jwt": policy}));
        bench.provide(0, "https://a.example/", &[a.public_jwk()]);
        bench.provide(1, "https://b.example/", &[b.public_jwk()]);
        bench
    };
    let on = |bench: &Bench, issuer: &str, audience: &str, key: &SigningKey| {
        bench.on(&TokenRecipe::plain(&format!("https://{issuer}/"), audience).sign(key))
    };
    let both = bench(json!(["for-a"]), json!(["for-all"]));
    for (issuer, audience, key, expected) in [
        ("a.example", "for-a", &a, "allowed"),
        ("a.example", "for-all", &a, "audience_not_allowed"),
        ("b.example", "for-all", &b, "allowed"),
        ("b.example", "for-a", &b, "audience_not_allowed"),
    ] {
        assert_eq!(on(&both, issuer, audience, key), expected, "{issuer} {audience}");
    }
    let alone = bench(json!(["for-a"]), Value::Null);
    assert_eq!(on(&alone, "a.example", "other", &a), "audience_not_allowed");
    assert_eq!(on(&alone, "b.example", "other", &b), "allowed");
}

#[test]
fn openid_config_audiences_of_two_providers_of_one_issuer_are_those_of_whose_key_signed() {
    let (one, two) = (SigningKey::p256(), SigningKey::p256());
    let provider = |path: &str, audience: &str| {
        let issuer = "https://idp.example/";
        json!({"jwks_uri": format!("https://idp.example/{path}"), "issuer": issuer, "audiences": [audience]})
    };
    let policy = json!({"openid_config": [provider("one", "first"), provider("two", "second")]});
    let mut bench = Bench::new(&json!({"validate_jwt": policy}));
    bench.provide(0, "https://idp.example/", &[one.public_jwk()]);
    bench.provide(1, "https://idp.example/", &[two.public_jwk()]);
    for (audience, key, expected) in [
        ("first", &one, "allowed"),
        ("second", &two, "allowed"),
        ("first", &two, "audience_not_allowed"),
        ("second", &one, "audience_not_allowed"),
        ("third", &one, "audience_not_allowed"),
    ] {
        assert_eq!(
            bench.on(&TokenRecipe::plain("https://idp.example/", audience).sign(key)),
            expected,
            "{audience}"
        );
    }
}

#[test]
fn openid_config_audiences_of_providers_that_share_a_key_are_each_enough() {
    let key = SigningKey::p256();
    let provider = |path: &str, audience: &str| {
        let issuer = "https://idp.example/";
        json!({"jwks_uri": format!("https://idp.example/{path}"), "issuer": issuer, "audiences": [audience]})
    };
    let policy = json!({"openid_config": [provider("one", "first"), provider("two", "second")]});
    let mut bench = Bench::new(&json!({"validate_jwt": policy}));
    bench.provide(0, "https://idp.example/", &[key.public_jwk()]);
    bench.provide(1, "https://idp.example/", &[key.public_jwk()]);
    for (audience, expected) in
        [("first", "allowed"), ("second", "allowed"), ("third", "audience_not_allowed")]
    {
        let token = TokenRecipe::plain("https://idp.example/", audience).sign(&key);
        assert_eq!(bench.on(&token), expected, "{audience}");
    }
}

#[test]
fn openid_config_audiences_of_one_provider_stand_in_one_entry() {
    let with = |first: &Value, second: &Value| {
        let entry = |more: &Value| {
            let mut entry = url();
            for (name, value) in more.as_object().into_iter().flatten() {
                entry[name] = value.clone();
            }
            entry
        };
        json!({"validate_jwt": {"openid_config": [entry(first), entry(second)], "audiences": ["a"]}})
            .to_string()
    };
    let (audiences, issuers) = (json!({"audiences": ["b"]}), json!({"issuers": ["https://c.example"]}));
    for text in [with(&audiences, &issuers), with(&issuers, &audiences), with(&audiences, &audiences)] {
        let problems = Config::parse(text.as_bytes()).expect_err("a problem");
        let told = problems[0].to_string();
        assert!(
            told.contains("openid_config[1]: expected all audiences of a provider in one entry"),
            "{told}"
        );
    }
    assert!(Config::parse(with(&issuers, &issuers).as_bytes()).is_ok());
}
