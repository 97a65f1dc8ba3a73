//! Policies as people write them.

use serde_json::json;
use validate_jwt::config::Config;

use super::super::tests::{documents, loads, rules, says};
use super::*;

fn convert(text: &str) -> (Value, Vec<String>) {
    let converted = conversion(&documents(text)).map_err(|refused| refused.to_string());
    let Conversion { configuration, left } = converted.unwrap().unwrap();
    (configuration, left.iter().map(Left::text).collect())
}

const ONE: &str = "
kind: RequestAuthentication
metadata: { name: jwt }
spec: { jwtRules: [{ issuer: https://idp.example, audiences: [api], forwardOriginalToken: true }] }";

/// With one provider and `AuthorizationPolicy`s of these specs, each with its name.
fn with(specs: &[(&str, &str)]) -> (Value, Vec<String>) {
    let policies = specs.iter().map(|(name, spec)| {
        format!("\n---\nkind: AuthorizationPolicy\nmetadata: {{ name: {name} }}\nspec: {spec}")
    });
    convert(&(ONE.to_owned() + &policies.collect::<String>()))
}

#[test]
fn a_request_authentication_alone_lets_callers_without_token_pass() {
    let (configuration, left) = convert(
        "
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: jwt, namespace: orders }
spec:
  selector: { matchLabels: { app: orders } }
  jwtRules:
  - issuer: https://idp.example/t
    jwksUri: https://keys.example:8443/keys
    fromHeaders: [{ name: x-jwt, prefix: 'JWT ' }]
    outputPayloadToHeader: x-payload
    outputClaimToHeaders: [{ header: x-group, claim: nested.group }]
    timeout: 3s",
    );
    assert_eq!(
        configuration,
        json!({"validate_jwt": {
            "openid_config": [{"jwks_uri": "https://keys.example:8443/keys", "issuer": "https://idp.example/t",
                               "cluster": "outbound|8443||keys.example", "timeout": 3}],
            "sources": [{"header": "x-jwt", "scheme": "JWT"}],
            "clock_skew": 60,
            "require_expiration_time": false,
            "require_token": false,
            "forward": {"token": "remove", "payload_header": "x-payload",
                        "claims_to_headers": [{"path": ["nested", "group"], "header": "x-group"}]},
        }})
    );
    for (start, part) in [
        ("RequestAuthentication orders/jwt: spec.selector: ", "WasmPlugin"),
        ("RequestAuthentication orders/jwt: spec.jwtRules[0]: defaults are", "forward.token remove"),
        ("RequestAuthentication orders/jwt: spec.jwtRules[0]: without audiences", ""),
        (
            "RequestAuthentication orders/jwt: spec.jwtRules[0]: the keys come from",
            "outbound|8443||keys.example",
        ),
    ] {
        says(&left, start, part);
    }
    assert!(!left.iter().any(|line| line.contains("no counterpart")), "{left:#?}");
}

#[test]
fn two_issuers_are_two_policies_and_discovery_is_by_issuer() {
    let (configuration, _) = convert(
        "
kind: RequestAuthentication
spec: { jwtRules: [{ issuer: 'https://a.example/', audiences: [x] }, { issuer: b@example, jwks: '{\"keys\": []}' }] }",
    );
    assert_eq!(rules(&configuration), [(json!({}), json!(["a_example-optional", "b_example-optional"]))]);
    let policies = &configuration["policies"];
    assert_eq!(
        policies["a_example-optional"]["validate_jwt"]["openid_config"],
        json!([{"url": "https://a.example/.well-known/openid-configuration", "issuer": "https://a.example/",
                "cluster": "outbound|80||a.example"}])
    );
    assert_eq!(policies["b_example-optional"]["validate_jwt"]["issuers"], json!(["b@example"]));
}

#[test]
fn allow_and_deny_decide_as_they_do_there() {
    let optional = || json!("idp_example-optional");
    for (what, specs, expected) in [
        (
            "a token is needed under a path",
            vec![(
                "need",
                "{ action: DENY, rules: [{ from: [{ source: { notRequestPrincipals: ['*'] } }], to: [{ operation: { paths: ['/api/*'] } }] }] }",
            )],
            vec![(json!({"path_regex": "/api/.*"}), json!("idp_example")), (json!({}), optional())],
        ),
        (
            "all but a path",
            vec![(
                "need",
                "{ action: DENY, rules: [{ from: [{ source: { notRequestPrincipals: ['*'] } }], to: [{ operation: { notPaths: [/health] } }] }] }",
            )],
            vec![(json!({"path": "/health"}), optional()), (json!({}), json!("idp_example"))],
        ),
        (
            "allow readers, and writers for more",
            vec![
                (
                    "read",
                    "{ rules: [{ to: [{ operation: { methods: [GET] } }], when: [{ key: 'request.auth.claims[scope]', values: [read] }] }] }",
                ),
                ("write", "{ rules: [{ when: [{ key: 'request.auth.claims[scope]', values: [write] }] }] }"),
            ],
            vec![
                (json!({"methods": ["GET"]}), json!(["idp_example-read", "idp_example-write"])),
                (json!({}), json!("idp_example-write")),
            ],
        ),
        (
            "an allow that asks for nothing",
            vec![(
                "open",
                "{ rules: [{ to: [{ operation: { hosts: ['*.Example.com', 'a.example:*'], methods: [GET] } }] }] }",
            )],
            vec![
                (json!({"hosts": ["*.example.com", "a.example:*"], "methods": ["GET"]}), optional()),
                (json!({}), json!("deny")),
            ],
        ),
        (
            "deny goes before allow",
            vec![
                ("open", "{ rules: [{}] }"),
                ("shut", "{ action: DENY, rules: [{ to: [{ operation: { paths: [/admin] } }] }] }"),
            ],
            vec![(json!({"path": "/admin"}), json!("deny")), (json!({}), optional())],
        ),
        (
            "a header",
            vec![(
                "open",
                "{ rules: [{ when: [{ key: 'request.headers[X-Tier]', values: ['gold*', silver] }] }] }",
            )],
            vec![
                (json!({"headers": {"x-tier": {"pattern": "gold.*|silver"}}}), optional()),
                (json!({}), json!("deny")),
            ],
        ),
    ] {
        let (configuration, _) = with(&specs);
        loads(&configuration);
        assert_eq!(rules(&configuration), expected, "{what}: {configuration:#}");
    }
}

#[test]
fn what_is_asked_of_a_token_becomes_authorize() {
    for (rule, expected) in [
        (
            "from: [{ source: { requestPrincipals: ['https://idp.example/alice', 'https://idp.example/b*'] } }]",
            json!([{"name": "sub", "values": ["alice"], "patterns": ["b.*"], "match": "any"}]),
        ),
        ("from: [{ source: { requestPrincipals: ['*'] } }]", json!([{"name": "sub"}])),
        (
            "from: [{ source: { requestPrincipals: ['*.example/alice'] } }]",
            json!([{"name": "sub", "values": ["alice"]}]),
        ),
        (
            "from: [{ source: { requestPrincipals: ['https://idp.example/*', 'other/*'] } }]",
            json!([{"name": "sub"}]),
        ),
        (
            "from: [{ source: { requestPrincipals: ['https://other.example/*'] } }]",
            json!([{"name": "iss", "patterns": ["[^\\s\\S]"]}]),
        ),
        (
            "when: [{ key: 'request.auth.claims[realm][roles]', values: [admin, '*-admin'] }]",
            json!([{"path": ["realm", "roles"], "values": ["admin"], "patterns": [".*-admin"], "match": "any"}]),
        ),
        (
            "when: [{ key: 'request.auth.claims[scope]', values: [read] }, { key: request.auth.audiences, values: [api] }, { key: request.auth.presenter, values: ['*'] }]",
            json!([{"name": "scope", "separator": " ", "values": ["read"]}, {"name": "aud", "values": ["api"]},
                   {"name": "azp"}]),
        ),
    ] {
        let (configuration, _) = with(&[("p", &format!("{{ rules: [{{ {rule} }}] }}"))]);
        assert_eq!(configuration["validate_jwt"]["authorize"], json!({"claims": expected}), "{rule}");
        loads(&configuration);
    }
}

#[test]
fn what_cannot_be_said_is_named_and_refused() {
    for (spec, told) in [
        ("{ rules: [{ from: [{ source: { ipBlocks: [10.0.0.0/8] } }] }] }", "p: ipBlocks"),
        (
            "{ rules: [{ from: [{ source: { principals: ['*'], requestPrincipals: ['*'] } }] }] }",
            "p: principals",
        ),
        ("{ rules: [{ when: [{ key: source.namespace, values: [a] }] }] }", "p: source.namespace"),
        ("{ rules: [{ to: [{ operation: { ports: ['80'] } }] }] }", "p: ports"),
        (
            "{ action: DENY, rules: [{ when: [{ key: 'request.auth.claims[g]', values: [x] }] }] }",
            "p: deny by what",
        ),
        ("{ rules: [{ when: [{ key: 'request.auth.claims[g]', notValues: [x] }] }] }", "p: allow by what"),
        ("{ rules: [{ to: [{ operation: { methods: ['G*'] } }] }] }", "cannot be said here: method G*"),
        ("{ rules: [{ to: [{ operation: { hosts: ['api*'] } }] }] }", "cannot be said here: host api*"),
        (
            "{ rules: [{ to: [{ operation: { paths: ['/a/{*}.txt'] } }] }] }",
            "cannot be said here: path /a/{*}.txt",
        ),
    ] {
        let (configuration, _) = with(&[("p", spec)]);
        let text = configuration.to_string();
        assert!(text.contains(told), "{spec}: {text}");
        let problems = Config::parse(text.as_bytes()).unwrap_err();
        let named = |path: &str| path.starts_with("rules[0].policy") || path.starts_with("rules[0].match");
        assert!(problems.iter().all(|problem| named(&problem.path)), "{spec}: {problems:?}");
    }
    let (configuration, left) =
        with(&[("p", "{ action: AUDIT, rules: [{}] }"), ("q", "{ action: CUSTOM, provider: { name: x } }")]);
    assert_eq!(configuration["validate_jwt"]["require_token"], false);
    says(&left, "AuthorizationPolicy p: ", "AUDIT decides nothing");
    says(&left, "AuthorizationPolicy q: ", "keep it");
    let dry = "\n---\nkind: AuthorizationPolicy\nmetadata: { name: p, annotations: { istio.io/dry-run: 'true' } }\nspec: {}";
    let (configuration, left) = convert(&format!("{ONE}{dry}"));
    assert_eq!(configuration["validate_jwt"]["require_token"], false);
    says(&left, "AuthorizationPolicy p: ", "dry run");
}

#[test]
fn documents_about_different_workloads_are_not_mixed() {
    let of = |namespace: &str, app: &str| {
        format!(
            "kind: RequestAuthentication\nmetadata: {{ namespace: {namespace} }}\nspec: {{ selector: {{ matchLabels: {{ app: {app} }} }}, jwtRules: [{{ issuer: i }}] }}"
        )
    };
    for (one, two, told) in
        [(of("a", "x"), of("b", "x"), "the namespaces a, b"), (of("a", "x"), of("a", "y"), "selector")]
    {
        let refused = conversion(&documents(&format!("{one}\n---\n{two}"))).err().unwrap().to_string();
        assert!(refused.contains("f:6: metadata: expected ") && refused.contains(told), "{refused}");
    }
    let root = conversion(&documents(&format!("{}\n---\n{}", of("a", "x"), of("istio-system", "x"))));
    assert!(root.is_ok_and(|converted| converted.is_some()));
    assert!(conversion(&documents("kind: AuthorizationPolicy")).is_ok_and(|converted| converted.is_none()));
}
