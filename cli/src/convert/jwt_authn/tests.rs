//! Filters as people write them.

use serde_json::json;
use validate_jwt::config::Config;

use super::super::tests::{documents, loads, says};
use super::*;

/// The configuration, and the list, of a filter in YAML.
fn converted(text: &str) -> (Value, Vec<String>) {
    let documents = documents(text);
    let (configuration, left) =
        filter(&documents[0], "", &documents[0].value).map_err(|problems| problems[0].to_string()).unwrap();
    (configuration, left.iter().map(Left::text).collect())
}

/// Rules and requirements for the providers `a` and `b`.
fn with(rules: &str) -> (Value, Vec<String>) {
    converted(&format!(
        "
providers:
  a: {{ issuer: https://a, audiences: [x], remote_jwks: {{ http_uri: {{ uri: https://a/keys, cluster: a, timeout: 5s }} }} }}
  b: {{ issuer: https://b, forward: true, clock_skew_seconds: 5, remote_jwks: {{ http_uri: {{ uri: https://b/keys, cluster: b, timeout: 1s }} }} }}
{rules}"
    ))
}

#[test]
fn one_provider_for_everything_is_one_policy() {
    let (configuration, left) = converted(
        r#"
"@type": type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication
providers:
  entra:
    issuer: https://login.example/v2.0
    audiences: [api]
    forwardPayloadHeader: x-payload
    claimToHeaders: [{ claimName: oid, headerName: x-user-id }, { claimName: address.city, headerName: x-city }]
    remoteJwks:
      httpUri: { uri: https://login.example/keys, cluster: entra, timeout: 5s }
      cacheDuration: 300s
rules:
- match: { prefix: / }
  requires: { providerName: entra }
"#,
    );
    assert_eq!(
        configuration,
        json!({"validate_jwt": {
            "openid_config": [{"jwks_uri": "https://login.example/keys", "issuer": "https://login.example/v2.0",
                               "cluster": "entra", "timeout": 5}],
            "sources": [{"header": "authorization", "scheme": "Bearer"}, {"query_parameter": "access_token"}],
            "audiences": ["api"],
            "clock_skew": 60,
            "require_expiration_time": false,
            "forward": {"token": "remove", "payload_header": "x-payload",
                        "claims_to_headers": [{"claim": "oid", "header": "x-user-id"},
                                              {"path": ["address", "city"], "header": "x-city"}]},
        }})
    );
    loads(&configuration);
    says(&left, "providers.entra: defaults are written out", "clock_skew 60");
    says(&left, "providers.entra: audiences", "401, not 403");
    says(&left, "providers.entra.remoteJwks.cacheDuration: ", "key_refresh.interval");
    assert!(!left.iter().any(|line| line.contains("no counterpart")), "{left:#?}");
}

#[test]
fn requirements_become_lists_of_policies() {
    for (requires, expected) in [
        ("{ provider_name: a }", json!("a")),
        ("{ provider_and_audiences: { provider_name: a, audiences: ['y'] } }", json!("a")),
        (
            "{ requires_any: { requirements: [{ provider_name: a }, { provider_name: b }] } }",
            json!(["a", "b"]),
        ),
        (
            "{ requires_any: { requirements: [{ provider_name: a }, { allow_missing: {} }] } }",
            json!("a-optional"),
        ),
        (
            "{ requires_any: { requirements: [{ provider_name: b }, { allow_missing: {} }, { allow_missing_or_failed: {} }] } }",
            json!("b-report_only"),
        ),
        ("{ allow_missing: {} }", json!(["a-optional", "b-optional"])),
        (
            "{ requires_any: { requirements: [{ provider_name: a }, { requires_any: { requirements: [{ provider_name: b }, { provider_name: a }] } }] } }",
            json!(["a", "b"]),
        ),
        (
            "{ requires_all: { requirements: [{ provider_name: a }, { provider_name: b }] } }",
            json!("all of rules[0].requires.requires_all"),
        ),
        ("{ provider_name: c }", json!("provider c")),
        ("{ something_new: {} }", json!("what rules[0].requires says")),
    ] {
        let (configuration, _) = with(&format!("rules: [{{ match: {{ path: /x }}, requires: {requires} }}]"));
        assert_eq!(
            configuration["rules"][0],
            json!({"match": {"path": "/x"}, "policy": expected}),
            "{requires}"
        );
        assert_eq!(configuration["rules"][1], json!({"match": {}, "allow": true}), "{requires}");
        let unsayable = |name: &Value| name.as_str().is_some_and(|name| name.contains(' '));
        if unsayable(&expected) {
            let problems = Config::parse(configuration.to_string().as_bytes()).unwrap_err();
            assert!(problems.iter().all(|problem| problem.path == "rules[0].policy"), "{problems:?}");
        } else {
            loads(&configuration);
        }
    }
    for requires in ["", ", requires: {}"] {
        let (configuration, _) = with(&format!("rules: [{{ match: {{ path: /x }}{requires} }}]"));
        assert_eq!(configuration["rules"][0]["allow"], true, "{requires}");
    }
}

#[test]
fn variants_of_a_provider_are_policies_of_their_own() {
    let (configuration, left) = with(
        "rules:
- match: { path: /x }
  requires: { provider_and_audiences: { provider_name: a, audiences: ['y'] } }
- match: { path: /y }
  requires: { requires_any: { requirements: [{ provider_name: a }, { allow_missing: {} }] } }
- match: { prefix: / }
  requires: { provider_name: a }
- match: { path: /late }",
    );
    loads(&configuration);
    let policies = &configuration["policies"];
    assert_eq!(policies["a"]["validate_jwt"]["audiences"], json!(["y"]));
    assert_eq!(policies["a-optional"]["validate_jwt"]["require_token"], false);
    assert_eq!(policies["a-2"]["validate_jwt"]["audiences"], json!(["x"]));
    assert_eq!(policies["b"]["validate_jwt"]["clock_skew"], 5);
    assert_eq!(configuration["rules"].as_array().unwrap().len(), 3);
    says(&left, "rules[3]: ", "never decides: rules[2] matches every request");
    says(&left, "providers.b: ", "nothing requires it");
}

#[test]
fn matches_say_what_envoy_says() {
    for (written, expected) in [
        ("{ prefix: / }", json!({})),
        ("{ prefix: /a/ }", json!({"path_regex": "/a/.*"})),
        ("{ prefix: /a.b }", json!({"path_regex": r"/a\.b.*"})),
        ("{ prefix: /a, case_sensitive: false }", json!({"path_regex": "(?i)/a.*"})),
        ("{ path: /a }", json!({"path": "/a"})),
        ("{ path_separated_prefix: /a }", json!({"path_prefix": "/a"})),
        ("{ safe_regex: { google_re2: {}, regex: '/a/\\d+' } }", json!({"path_regex": r"/a/\d+"})),
        ("{ connect_matcher: {} }", json!({"methods": ["CONNECT"]})),
        (
            "{ path_match_policy: { name: t, typed_config: { path_template: '/a/{id}/**' } } }",
            json!({"path_regex": "/a/[^/]+/.*"}),
        ),
        (
            "{ prefix: /, headers: [{ name: ':method', string_match: { exact: GET } }, { name: ':authority', exact_match: a.example }] }",
            json!({"methods": ["GET"], "hosts": ["a.example"]}),
        ),
        (
            "{ prefix: /, headers: [{ name: ':method', safe_regex_match: { regex: 'GET|HEAD' } }, { name: X-A, present_match: true }] }",
            json!({"methods": ["GET", "HEAD"], "headers": {"x-a": null}}),
        ),
        (
            "{ prefix: /, headers: [{ name: x-a, string_match: { prefix: v., ignore_case: true } }, { name: x-b, string_match: { exact: '1' }, invert_match: false }] }",
            json!({"headers": {"x-a": {"pattern": r"(?i)v\..*"}, "x-b": "1"}}),
        ),
    ] {
        let (configuration, _) = with(&format!(
            "rules: [{{ match: {written}, requires: {{ provider_name: a }} }}, {{ match: {{ path: /z }} }}]"
        ));
        assert_eq!(configuration["rules"][0]["match"], expected, "{written}");
        loads(&configuration);
    }
}

#[test]
fn what_a_rule_cannot_say_stands_in_it_and_is_refused() {
    for (written, member) in [
        ("{ prefix: /, query_parameters: [{ name: q }] }", "cannot be said here: query_parameters"),
        ("{ prefix: /, grpc: {} }", "cannot be said here: grpc"),
        (
            "{ prefix: /, headers: [{ name: x-a, exact_match: v, invert_match: true }] }",
            "cannot be said here: header x-a",
        ),
        (
            "{ prefix: /, headers: [{ name: x-a, range_match: { start: 1 } }] }",
            "cannot be said here: header x-a",
        ),
        ("{ prefix: /, headers: [{ name: x-a, present_match: false }] }", "cannot be said here: header x-a"),
        ("{ prefix: /, headers: [{ name: ':path', exact_match: v }] }", "cannot be said here: header :path"),
        ("{ prefix: /a%2Fb }", "path_prefix"),
    ] {
        let (configuration, left) =
            with(&format!("rules: [{{ match: {written}, requires: {{ provider_name: b }} }}]"));
        let matcher = configuration["rules"][0]["match"].as_object().unwrap();
        assert!(matcher.contains_key(member), "{written}: {matcher:?}");
        says(&left, "rules[0].match", "check refuses");
        let problems = Config::parse(configuration.to_string().as_bytes()).unwrap_err();
        assert!(
            problems.iter().all(|problem| problem.path.starts_with("rules[0].match")),
            "{written}: {problems:?}"
        );
    }
}

#[test]
fn what_a_provider_cannot_say_is_refused() {
    for (provider, start, part) in [
        (
            "issuer: i, local_jwks: { filename: /keys.json }",
            "providers.p.local_jwks.filename",
            "put the key set",
        ),
        ("issuer: i, local_jwks: { inline_string: '{' }", "providers.p.local_jwks", "no JSON"),
        ("issuer: i", "providers.p", "no keys"),
        ("remote_jwks: { http_uri: { uri: https://p/keys, cluster: p } }", "providers.p", "needs the issuer"),
        (
            "issuer: i, subjects: { custom: {} }, remote_jwks: { http_uri: { uri: https://p/keys } }",
            "providers.p.subjects",
            "cannot be said",
        ),
        (
            "issuer: i, from_headers: [{ name: x, value_prefix: 't=' }], remote_jwks: { http_uri: { uri: https://p/keys } }",
            "providers.p.from_headers[0]",
            "only a scheme",
        ),
    ] {
        let (configuration, left) = converted(&format!(
            "providers: {{ p: {{ {provider} }} }}\nrules: [{{ match: {{ prefix: / }}, requires: {{ provider_name: p }} }}]"
        ));
        says(&left, start, part);
        assert!(Config::parse(configuration.to_string().as_bytes()).is_err(), "{provider}: {configuration}");
    }
}

#[test]
fn a_providers_fields_are_taken_over() {
    let (configuration, left) = converted(
        r#"
providers:
  p:
    issuer: https://p
    subjects: { prefix: "spiffe://a/" }
    require_expiration: true
    max_lifetime: { seconds: 3600 }
    clock_skew_seconds: 10
    forward: true
    from_headers: [{ name: x-token, value_prefix: "JWT " }]
    from_params: [t]
    from_cookies: [c]
    payload_in_metadata: claims
    pad_forward_payload_header: true
    local_jwks: { inline_string: '{"keys": []}' }
strip_failure_response: true
rules: [{ match: { prefix: / }, requires: { provider_name: p } }]
"#,
    );
    assert_eq!(
        configuration["validate_jwt"],
        json!({
            "issuer_signing_keys": [{"jwks": {"keys": []}}],
            "issuers": ["https://p"],
            "required_claims": [{"name": "sub", "patterns": ["spiffe://a/.*"]}],
            "maximum_lifetime": 3600,
            "clock_skew": 10,
            "sources": [{"header": "x-token", "scheme": "JWT"}, {"query_parameter": "t"}, {"cookie": "c"}],
            "output_token_variable_name": "claims",
            "failure": {"body": "none"},
        })
    );
    says(&left, "providers.p: max_lifetime", "exp - iat");
    says(&left, "providers.p.pad_forward_payload_header", "without padding");
    assert!(!left.iter().any(|line| line.contains("defaults are")), "{left:#?}");
}

#[test]
fn routes_preflight_and_filter_state_are_told() {
    let (configuration, left) = with(
        "bypass_cors_preflight: true
requirement_map:
  one: { provider_name: a }
  both: { requires_any: { requirements: [{ provider_name: a }, { provider_name: b }] } }
  none: {}
filter_state_rules: { name: selector, requires: { x: { provider_name: a } } }",
    );
    assert_eq!(configuration["rules"][0], json!({"match": {"cors_preflight": true}, "allow": true}));
    assert_eq!(configuration["rules"][1], json!({"match": {}, "policy": "filter state rules"}));
    says(&left, "requirement_map.one", "{policy: a}");
    says(&left, "requirement_map.both", "a, b");
    says(&left, "requirement_map.none", "{policy: allow}");
    says(&left, "filter_state_rules", "check refuses");
    let (_, left) = with("rules: [{ match: { path: /x }, requires: { provider_name: a } }]");
    says(&left, "rules: a request that no rule matches passes", "");
}

#[test]
fn every_filter_of_an_envoy_configuration_is_found_and_so_are_its_routes() {
    let kind = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3";
    let text = json!({"static_resources": {"listeners": [
        {"f": {"@type": format!("{kind}.JwtAuthentication"), "providers": {}}},
        {"r": {"@type": format!("{kind}.PerRouteConfig"), "requirement_name": "x"}},
        {"r": {"@type": format!("{kind}.PerRouteConfig"), "disabled": true}},
        {"g": {"@type": "type.googleapis.com/xds.type.v3.TypedStruct", "type_url": format!("{kind}.JwtAuthentication"),
               "value": {"rules": []}}},
    ]}})
    .to_string();
    let document = &documents(&text)[0];
    let paths: Vec<_> = instances::filters(&document.value).into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["static_resources.listeners[0].f", "static_resources.listeners[3].g.value"]);
    let routes: Vec<_> = instances::routes(document).into_iter().map(|left| left.instead).collect();
    assert!(routes[0].contains("requirement_map.x") && routes[1].ends_with("with allow"), "{routes:?}");
    assert!(instances::filters(&json!({"admin": {}})).is_empty());
}
