//! `SecurityPolicy`s as people write them.

use serde_json::json;
use validate_jwt::config::Config;

use super::super::tests::{documents, loads, rules, says};
use super::*;

/// The configuration, and the list, of documents in YAML, the first of which is a `SecurityPolicy`.
fn converted(text: &str) -> (Value, Vec<String>) {
    let documents = documents(text);
    let (configuration, left) =
        security_policy(&documents[0], "", &documents).map_err(|problems| problems[0].to_string()).unwrap();
    (configuration, left.iter().map(Left::text).collect())
}

/// With two providers and these rules.
fn authorized(jwt: &str, authorization: &str) -> (Value, Vec<String>) {
    converted(&format!(
        "
kind: SecurityPolicy
spec:
  jwt:
{jwt}    providers:
    - {{ name: a, issuer: https://a, remoteJWKS: {{ uri: https://a/keys }} }}
    - {{ name: b, issuer: https://b, remoteJWKS: {{ uri: https://b/keys }} }}
  authorization:
{authorization}"
    ))
}

#[test]
fn one_provider_is_one_policy() {
    let (configuration, left) = converted(
        "
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: SecurityPolicy
metadata: { name: jwt, namespace: orders }
spec:
  targetRefs: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, name: orders }]
  cors: { allowOrigins: ['*'] }
  jwt:
    providers:
    - name: idp
      issuer: https://idp.example
      audiences: [orders]
      remoteJWKS: { uri: https://idp.example/keys, cacheDuration: 300s }
      recomputeRoute: true
      claimToHeaders: [{ claim: sub, header: x-user }]
      extractFrom: { headers: [{ name: Authorization, valuePrefix: 'Bearer ' }], cookies: [token] }",
    );
    assert_eq!(
        configuration,
        json!({"validate_jwt": {
            "openid_config": [{"jwks_uri": "https://idp.example/keys", "issuer": "https://idp.example"}],
            "sources": [{"header": "Authorization", "scheme": "Bearer"}, {"cookie": "token"}],
            "audiences": ["orders"],
            "clock_skew": 60,
            "require_expiration_time": false,
            "forward": {"claims_to_headers": [{"claim": "sub", "header": "x-user"}]},
        }})
    );
    for (start, part) in [
        ("spec.targetRefs: ", "EnvoyExtensionPolicy"),
        ("spec.cors: ", "keep it"),
        ("spec.jwt.providers[0].recomputeRoute: ", "not chosen anew"),
        ("spec.jwt.providers[0].remoteJWKS.cacheDuration: ", "key_refresh.interval"),
        ("spec.jwt.providers[0].remoteJWKS: ", "cluster"),
        ("spec.jwt.providers[0]: defaults are written out", "clock_skew 60"),
    ] {
        says(&left, start, part);
    }
    assert!(!left.iter().any(|line| line.contains("no counterpart")), "{left:#?}");
}

#[test]
fn a_missing_or_a_bad_token_passes_where_it_did() {
    for (jwt, name, member) in [
        ("optional: true", "p-optional", json!({"require_token": false})),
        ("failOpen: true", "p-report_only", json!({"mode": "report_only"})),
    ] {
        let (configuration, _) = converted(&format!(
            "
kind: SecurityPolicy
spec:
  jwt:
    {jwt}
    providers:
    - {{ name: p, issuer: i, remoteJWKS: {{ uri: https://i/keys }} }}
    - {{ name: q, issuer: j, remoteJWKS: {{ uri: https://j/keys }} }}"
        ));
        let (member, value) = member.as_object().unwrap().iter().next().unwrap();
        assert_eq!(configuration["policies"][name]["validate_jwt"][member], *value, "{jwt}");
        assert_eq!(configuration["rules"][0]["policy"][0], name, "{jwt}");
    }
}

#[test]
fn a_key_set_comes_from_the_document_or_from_a_config_map_beside_it() {
    let policy = |local: &str| {
        format!(
            "kind: SecurityPolicy\nspec: {{ jwt: {{ providers: [{{ name: p, issuer: i, localJWKS: {local} }}] }} }}"
        )
    };
    let inline = policy(r#"{ type: Inline, inline: '{"keys": [1]}' }"#);
    let referenced = policy("{ type: ValueRef, valueRef: { kind: ConfigMap, name: keys } }");
    let map = "kind: ConfigMap\nmetadata: { name: keys }\ndata: { a: '[]', jwks: '{\"keys\": [1]}' }";
    for text in [inline, format!("{referenced}\n---\n{map}")] {
        let (configuration, _) = converted(&text);
        assert_eq!(
            configuration["validate_jwt"]["issuer_signing_keys"],
            json!([{"jwks": {"keys": [1]}}]),
            "{text}"
        );
    }
    let (configuration, left) = converted(&referenced);
    says(&left, "spec.jwt.providers[0].localJWKS: ", "the ConfigMap keys is not among the files");
    assert!(Config::parse(configuration.to_string().as_bytes()).is_err());
}

#[test]
fn rules_that_allow_become_policies_of_which_any_may_accept() {
    let (configuration, _) = authorized(
        "",
        "
    rules:
    - name: readers
      action: Allow
      operation: { methods: [GET, HEAD] }
      principal: { jwt: { provider: a, scopes: [read, write] } }
    - name: admins
      action: Allow
      principal: { jwt: { provider: b, claims: [{ name: org.role, valueType: StringArray, values: [admin, root] }] } }",
    );
    assert_eq!(
        rules(&configuration),
        [
            (json!({"methods": ["GET", "HEAD"]}), json!(["a-readers", "b-admins"])),
            (json!({}), json!("b-admins")),
        ]
    );
    loads(&configuration);
    let authorize = |name: &str| configuration["policies"][name]["validate_jwt"]["authorize"].clone();
    assert_eq!(authorize("a-readers"), json!({"scopes": {"all": ["read", "write"]}}));
    assert_eq!(
        authorize("b-admins"),
        json!({"claims": [{"path": ["org", "role"], "values": ["admin", "root"], "match": "any"}]})
    );
}

#[test]
fn the_first_rule_that_matches_decides() {
    let admin = "principal: { jwt: { provider: a, claims: [{ name: role, values: [admin] }] } }";
    let any = "principal: { headers: [{ name: x-any, values: ['1'] }] }";
    for (what, authorization, expected) in [
        (
            "deny a path, allow the rest",
            format!(
                "
    defaultAction: Allow
    rules:
    - {{ action: Allow, operation: {{ path: {{ type: PathPrefix, value: /admin }} }}, {admin} }}
    - {{ action: Deny, operation: {{ path: {{ value: /admin }} }} }}"
            ),
            vec![(json!({"path_prefix": "/admin"}), json!("a-rule-0")), (json!({}), json!(["a", "b"]))],
        ),
        (
            "a deny before deny is none",
            format!(
                "
    rules:
    - {{ action: Allow, operation: {{ methods: [GET] }}, {any} }}
    - {{ action: Deny, {admin} }}"
            ),
            vec![
                (json!({"methods": ["GET"], "headers": {"x-any": "1"}}), json!(["a", "b"])),
                (json!({}), json!("deny")),
            ],
        ),
        (
            "a path that must not match",
            format!(
                "
    rules:
    - {{ action: Allow, operation: {{ path: {{ type: Exact, value: /internal, invert: true }} }}, {admin} }}"
            ),
            vec![(json!({"path": "/internal"}), json!("deny")), (json!({}), json!("a-rule-0"))],
        ),
    ] {
        let (configuration, _) = authorized("", &authorization);
        loads(&configuration);
        assert_eq!(rules(&configuration), expected, "{what}: {configuration:#}");
    }
}

#[test]
fn an_authorization_that_says_nothing_denies() {
    let (configuration, left) = authorized("", "    {}");
    let claims = &configuration["validate_jwt"]["authorize"]["claims"];
    assert_eq!(*claims, json!([{"name": "iss", "patterns": ["[^\\s\\S]"]}]));
    says(&left, "spec.authorization: ", "accepts no token");
}

#[test]
fn a_rule_that_cannot_be_said_is_named_and_refused() {
    let jwt = "jwt: { provider: a, scopes: [read] }";
    let nobodys = "{ action: Allow, principal: { jwt: { provider: nobody, scopes: [read] } } }";
    for (rule, default, told) in [
        (
            format!("{{ action: Allow, principal: {{ clientCIDRs: [10.0.0.0/8], {jwt} }} }}"),
            "Deny",
            "clientCIDRs",
        ),
        ("{ action: Allow, cel: 'true' }".to_owned(), "Allow", "cel"),
        (format!("{{ action: Deny, principal: {{ {jwt} }} }}"), "Allow", "deny by what a token says"),
        (nobodys.to_owned(), "Deny", "provider nobody"),
    ] {
        let (configuration, _) =
            authorized("", &format!("    rules: [{rule}]\n    defaultAction: {default}"));
        let text = configuration.to_string();
        assert!(text.contains(told), "{rule}: {text}");
        let problems = Config::parse(text.as_bytes()).unwrap_err();
        assert!(problems.iter().all(|problem| problem.path.starts_with("rules[0].policy")), "{problems:?}");
    }
}

#[test]
fn what_no_rule_after_it_allows_need_not_be_said_to_be_denied() {
    let (configuration, _) =
        authorized("", "    rules: [{ action: Deny, principal: { jwt: { provider: a, scopes: [read] } } }]");
    assert!(configuration["validate_jwt"]["authorize"].is_object(), "{configuration:#}");
}
