//! Protected resource metadata (RFC 9728), and the challenges that lead to it; step-up (RFC 9470).

use serde_json::{Value, json};
use validate_jwt::gate::{Answer, Decision, Request, Verdict};
use validate_jwt_testbed::token::SigningKey;

use crate::bench::{AUDIENCE, Bench, bearer, inline, plain, request};

const IDENTIFIER: &str = "https://api.example/orders";
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource/orders";

fn policy(more: &Value) -> Value {
    let mut policy = json!({
        "openid_config": [{"jwks_uri": "https://idp.example/keys", "issuer": "https://idp.example"}],
        "audiences": [AUDIENCE],
        "resource": {"identifier": IDENTIFIER},
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        policy[name] = value.clone();
    }
    json!({"validate_jwt": policy})
}

/// The metadata, where the request is answered with them.
fn served(bench: &Bench, request: &Request) -> Option<Answer> {
    match bench.decide(request) {
        Decision::Final(Verdict::Serve(served)) => Some(served.answer),
        _ => None,
    }
}

#[track_caller]
fn document(more: &Value) -> Value {
    let answer = served(&Bench::new(&policy(more)), &request(&[(":path", WELL_KNOWN)])).expect("metadata");
    serde_json::from_slice(&answer.body).expect("JSON")
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_ref())
}

#[test]
fn resource_identifier_has_its_metadata_served_on_its_own_host_without_a_token() {
    let bench = Bench::new(&policy(&json!({})));
    for (headers, is_served) in [
        (&[(":path", WELL_KNOWN)][..], true),
        (&[(":path", WELL_KNOWN), (":authority", "API.example:443")], true),
        (&[(":path", "/.well-known/oauth-protected-resource/orders?x=1")], true),
        (&[(":path", WELL_KNOWN), (":method", "HEAD")], true),
        (&[(":path", WELL_KNOWN), (":method", "OPTIONS")], true),
        (&[(":path", WELL_KNOWN), ("authorization", "Bearer garbage")], true),
        (&[(":path", WELL_KNOWN), (":method", "POST")], false),
        (&[(":path", WELL_KNOWN), (":authority", "other.example")], false),
        (&[(":path", WELL_KNOWN), (":authority", "api.example:8443")], false),
        (&[(":path", "/.well-known/oauth-protected-resource")], false),
        (&[(":path", "/.well-known/oauth-protected-resource/orders/")], false),
        (&[(":path", "/.well-known/oauth-protected-resource/Orders")], false),
        (&[(":path", "/x/.well-known/oauth-protected-resource/orders")], false),
    ] {
        assert_eq!(served(&bench, &request(headers)).is_some(), is_served, "{headers:?}");
    }
    let of =
        |method| served(&bench, &request(&[(":path", WELL_KNOWN), (":method", method)])).expect("an answer");
    let get = of("GET");
    assert_eq!(get.status, 200);
    assert_eq!(header(&get, "content-type"), Some("application/json"));
    assert_eq!(header(&get, "cache-control"), Some("public, max-age=3600"));
    assert_eq!(header(&get, "access-control-allow-origin"), Some("*"));
    assert_eq!(
        serde_json::from_slice::<Value>(&get.body).expect("JSON"),
        json!({
            "resource": IDENTIFIER,
            "authorization_servers": ["https://idp.example"],
            "bearer_methods_supported": ["header"],
        })
    );
    assert_eq!((of("HEAD").body, of("OPTIONS").body), (Vec::new(), Vec::new()));
    assert_eq!(header(&of("OPTIONS"), "access-control-allow-methods"), Some("GET, HEAD, OPTIONS"));
}

#[test]
fn resource_name_scopes_supported_documentation_policy_uri_tos_uri_and_extra_are_members_of_the_document() {
    let resource = json!({
        "identifier": IDENTIFIER,
        "authorization_servers": ["https://login.example/"],
        "scopes_supported": ["orders.read"],
        "name": "Orders",
        "documentation": "https://docs.example",
        "policy_uri": "https://docs.example/policy",
        "tos_uri": "https://docs.example/terms",
        "extra": {"resource_name#de": "Bestellungen", "bearer_methods_supported": []},
    });
    assert_eq!(
        document(&json!({"resource": resource})),
        json!({
            "resource": IDENTIFIER,
            "authorization_servers": ["https://login.example/"],
            "scopes_supported": ["orders.read"],
            "resource_name": "Orders",
            "resource_documentation": "https://docs.example",
            "resource_policy_uri": "https://docs.example/policy",
            "resource_tos_uri": "https://docs.example/terms",
            "resource_name#de": "Bestellungen",
            "bearer_methods_supported": [],
        })
    );
}

#[test]
fn resource_extra_says_nothing_that_has_a_field_of_its_own() {
    let text =
        policy(&json!({"resource": {"identifier": IDENTIFIER, "extra": {"resource": "x"}}})).to_string();
    let problems = validate_jwt::config::Config::parse(text.as_bytes()).expect_err("a problem");
    assert!(problems[0].to_string().contains("resource.extra.resource: expected members"), "{}", problems[0]);
}

#[test]
fn resource_allow_http_accepts_a_plain_identifier() {
    let with = |allow: bool| {
        policy(&json!({"resource": {"identifier": "http://localhost:8080", "allow_http": allow}})).to_string()
    };
    assert!(validate_jwt::config::Config::parse(with(false).as_bytes()).is_err());
    let headers = [(":path", "/.well-known/oauth-protected-resource"), (":authority", "localhost:8080")];
    assert!(served(&Bench::of_text(&with(true)), &request(&headers)).is_some());
}

#[test]
fn resource_authorization_servers_follow_from_the_providers_as_far_as_they_are_known() {
    let url = "https://login.microsoftonline.com/organizations/v2.0/.well-known/openid-configuration";
    let both = json!({"openid_config": [
        {"jwks_uri": "https://idp.example/keys", "issuer": "https://idp.example", "issuers": ["https://alias.example"]},
        {"url": url},
    ]});
    let mut bench = Bench::new(&policy(&both));
    let asked = request(&[(":path", WELL_KNOWN)]);
    // A request that comes before the document waits for it, and learns what is known if it does not come.
    let Decision::Wait(pending) = bench.decide(&asked) else { panic!("it waits") };
    let Verdict::Serve(partial) = pending.fallback else { panic!("it is answered") };
    assert_eq!(header(&partial.answer, "cache-control"), Some("no-store"));
    let told: Value = serde_json::from_slice(&partial.answer.body).expect("JSON");
    assert_eq!(told["authorization_servers"], json!(["https://idp.example", "https://alias.example"]));
    let template = "https://login.microsoftonline.com/{tenantid}/v2.0";
    bench.provide(1, template, &[SigningKey::p256().public_jwk()]);
    let whole = served(&bench, &asked).expect("metadata");
    let told: Value = serde_json::from_slice(&whole.body).expect("JSON");
    let organizations = "https://login.microsoftonline.com/organizations/v2.0";
    assert_eq!(
        told["authorization_servers"],
        json!(["https://idp.example", organizations, "https://alias.example"])
    );
}

#[test]
fn scope_prefix_is_advertised_and_never_compared() {
    let key = SigningKey::p256();
    let authorize = json!({"scopes": {"any": ["Orders.Read", "Orders.Write"]}, "scope_prefix": "api://app/"});
    let more = json!({"authorize": authorize, "resource": {"identifier": IDENTIFIER}, "issuers": ["https://idp.example"]});
    let bench = Bench::new(&inline(&key, &more));
    assert_eq!(bench.on(&plain().claim("scp", "Orders.Read").sign(&key)), "allowed");
    let refused = bearer(&plain().claim("scp", "api://app/Orders.Read").sign(&key));
    let challenge = |request: &Request| {
        let answer = bench.answer(request);
        let found = answer.headers.iter().find(|(name, _)| name == "www-authenticate");
        found.map(|(_, value)| value.to_string()).unwrap_or_default()
    };
    let scope = "scope=\"api://app/Orders.Read api://app/Orders.Write\"";
    let metadata = "resource_metadata=\"https://api.example/.well-known/oauth-protected-resource/orders\"";
    assert_eq!(
        challenge(&refused),
        format!(
            "Bearer error=\"insufficient_scope\", error_description=\"The token does not grant access to this \
             resource.\", {scope}, {metadata}"
        )
    );
    assert_eq!(challenge(&request(&[])), format!("Bearer {scope}, {metadata}"));
    let malformed = "error=\"invalid_token\", error_description=\"The token is malformed.\"";
    assert_eq!(challenge(&bearer("x")), format!("Bearer {malformed}, {metadata}"));
    let told = served(&bench, &request(&[(":path", WELL_KNOWN)])).expect("metadata");
    let told: Value = serde_json::from_slice(&told.body).expect("JSON");
    assert_eq!(told["scopes_supported"], json!(["api://app/Orders.Read", "api://app/Orders.Write"]));
}

#[test]
fn failure_resource_metadata_wins_over_that_of_resource_and_challenge_false_over_both() {
    let elsewhere = "https://elsewhere.example/metadata";
    let bench = Bench::new(&policy(&json!({"failure": {"resource_metadata": elsewhere}})));
    let answer = bench.answer(&request(&[]));
    assert_eq!(
        header(&answer, "www-authenticate"),
        Some(&*format!("Bearer resource_metadata=\"{elsewhere}\""))
    );
    let silent = Bench::new(&policy(&json!({"failure": {"challenge": false}}))).answer(&request(&[]));
    assert_eq!(header(&silent, "www-authenticate"), None);
}

#[test]
fn the_document_tells_of_proofs_and_places() {
    let told = document(&json!({
        "proof_of_possession": {"dpop": "required", "algorithms": ["ES256"], "certificate": "required"},
        "sources": [{"header": "authorization"}, {"query_parameter": "access_token"}, {"cookie": "c"}],
    }));
    assert_eq!(told["dpop_bound_access_tokens_required"], json!(true));
    assert_eq!(told["dpop_signing_alg_values_supported"], json!(["ES256"]));
    assert_eq!(told["tls_client_certificate_bound_access_tokens"], json!(true));
    assert_eq!(told["bearer_methods_supported"], json!(["header", "query"]));
}

#[test]
fn two_policies_never_share_a_resource_identifier() {
    let one = policy(&json!({}));
    let other = policy(&json!({"resource": {"identifier": "https://API.example:443/orders?x=1"}}));
    let text = json!({
        "policies": {"one": one, "two": other},
        "rules": [{"match": {"path": "/a"}, "policy": "one"}, {"match": {}, "policy": "two"}],
    });
    let problems = validate_jwt::config::Config::parse(text.to_string().as_bytes()).expect_err("a problem");
    assert!(
        problems[0].to_string().contains("policies.two: expected an identifier of its own"),
        "{}",
        problems[0]
    );
}

/// `authorize.authentication` with this rule, on tokens with these claims.
#[track_caller]
fn step_up(rule: &Value, cases: &[(Value, &str)]) {
    let key = SigningKey::p256();
    let mut bench = Bench::new(&inline(&key, &json!({"authorize": {"authentication": rule}})));
    bench.now = validate_jwt::time::UnixTime::from_seconds(1_700_000_000);
    for (claims, expected) in cases {
        let recipe = plain().without_claim("nbf").without_claim("iat").claim("exp", 1_700_001_000);
        let add = |recipe, (name, value): (&String, &Value)| {
            validate_jwt_testbed::token::TokenRecipe::claim(recipe, name, value.clone())
        };
        let recipe = claims.as_object().into_iter().flatten().fold(recipe, add);
        assert_eq!(bench.on(&recipe.sign(&key)), *expected, "{rule}: {claims}");
    }
}

const STEP_UP: &str = "insufficient_user_authentication";

#[test]
fn authentication_acr_values_are_looked_for_in_acr_or_in_the_authentication_claim() {
    step_up(
        &json!({"acr_values": ["silver", "gold"]}),
        &[
            (json!({"acr": "gold"}), "allowed"),
            (json!({"acr": ["x", "silver"]}), "allowed"),
            (json!({"acr": "bronze"}), STEP_UP),
            (json!({"acr": "silver gold"}), STEP_UP),
            (json!({"acrs": ["gold"]}), STEP_UP),
            (json!({"acr": null}), STEP_UP),
            (json!({}), STEP_UP),
        ],
    );
    step_up(
        &json!({"acr_values": ["c1"], "challenge": "entra"}),
        &[(json!({"acrs": ["c1"]}), "allowed"), (json!({"acr": "c1"}), STEP_UP)],
    );
    step_up(
        &json!({"acr_values": ["c1"], "claim": "acrs"}),
        &[(json!({"acrs": ["c1", "c2"]}), "allowed"), (json!({"acr": "c1"}), STEP_UP)],
    );
}

#[test]
fn authentication_max_age_is_how_old_auth_time_may_be() {
    let at = |offset: i64| json!({"auth_time": 1_700_000_000 - offset});
    step_up(
        &json!({"max_age": 300}),
        &[
            (at(0), "allowed"),
            (at(300), "allowed"),
            (at(301), STEP_UP),
            (at(-1), STEP_UP),
            (json!({"auth_time": "1700000000"}), STEP_UP),
            (json!({}), STEP_UP),
        ],
    );
}

#[test]
fn authentication_max_age_has_the_leeway_of_clock_skew() {
    let key = SigningKey::p256();
    let more = json!({"clock_skew": 10, "authorize": {"authentication": {"max_age": 60}}});
    let mut bench = Bench::new(&inline(&key, &more));
    bench.now = validate_jwt::time::UnixTime::from_seconds(1_700_000_000);
    for (age, expected) in [(70, "allowed"), (71, STEP_UP), (-10, "allowed"), (-11, STEP_UP)] {
        let recipe = plain().without_claim("nbf").without_claim("iat").claim("exp", 1_700_001_000);
        assert_eq!(bench.on(&recipe.claim("auth_time", 1_700_000_000 - age).sign(&key)), expected, "{age}");
    }
}

#[test]
fn authorize_authentication_challenge_is_in_the_words_of_rfc_9470_or_of_entra() {
    let key = SigningKey::p256();
    let told = |rule: Value| {
        let more = json!({"authorize": {"authentication": rule}, "failed_validation_httpcode": 418});
        let answer = Bench::new(&inline(&key, &more)).answer(&bearer(&plain().sign(&key)));
        assert_eq!(answer.status, 401);
        header(&answer, "www-authenticate").expect("a challenge").to_owned()
    };
    let description = "error_description=\"A different or a more recent authentication is required.\"";
    assert_eq!(
        told(json!({"acr_values": ["a", "b"], "max_age": 5})),
        format!(
            "Bearer error=\"insufficient_user_authentication\", {description}, acr_values=\"a b\", max_age=\"5\""
        )
    );
    let claims = "eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlIjoiYzEifX19";
    assert_eq!(
        told(json!({"acr_values": ["c1"], "claim": "acrs", "challenge": "entra"})),
        format!("Bearer error=\"insufficient_claims\", {description}, claims=\"{claims}\"")
    );
}

#[test]
fn a_cached_token_is_refused_once_its_authentication_is_too_old() {
    let key = SigningKey::p256();
    let mut bench = Bench::new(&inline(&key, &json!({"authorize": {"authentication": {"max_age": 60}}})));
    bench.now = validate_jwt::time::UnixTime::from_seconds(1_700_000_000);
    let recipe = plain().without_claim("nbf").without_claim("iat").claim("exp", 1_700_001_000);
    let token = recipe.claim("auth_time", 1_699_999_950).sign(&key);
    assert_eq!((bench.on(&token), bench.on(&token)), ("allowed".to_owned(), "allowed".to_owned()));
    bench.now = validate_jwt::time::UnixTime::from_seconds(1_700_000_011);
    assert_eq!(bench.on(&token), STEP_UP);
}
