//! `authorize`: 403, and what would do.

use serde_json::{Value, json};
use validate_jwt_testbed::token::SigningKey;

use crate::bench::{Bench, bearer, inline, plain};

#[track_caller]
fn check(authorize: &Value, cases: &[(Value, &str)]) {
    let key = SigningKey::p256();
    let bench = Bench::new(&inline(&key, &json!({"authorize": authorize})));
    for (claims, expected) in cases {
        let mut recipe = plain().without_claim("scope").without_claim("scp").without_claim("roles");
        for (name, value) in claims.as_object().into_iter().flatten() {
            recipe = recipe.claim(name, value.clone());
        }
        assert_eq!(bench.on(&recipe.sign(&key)), *expected, "{authorize} over {claims}");
    }
}

const NO: &str = "insufficient_scope";

#[test]
fn scopes_are_whole_words_of_scp_and_scope() {
    check(
        &json!({"scopes": {"any": ["orders.read", "orders.write"]}}),
        &[
            (json!({"scp": "orders.read"}), "allowed"),
            (json!({"scp": "x orders.write"}), "allowed"),
            (json!({"scope": "orders.read"}), "allowed"),
            (json!({"scope": ["orders.read"]}), "allowed"),
            (json!({"scp": "orders.readall"}), NO),
            (json!({"scp": "Orders.Read"}), NO),
            (json!({"roles": ["orders.read"]}), NO),
            (json!({}), NO),
        ],
    );
    check(
        &json!({"scopes": {"all": ["a", "b"]}}),
        &[
            (json!({"scp": "b a"}), "allowed"),
            (json!({"scp": "a", "scope": "b"}), "allowed"),
            (json!({"scp": "a"}), NO),
        ],
    );
}

#[test]
fn parts_combine_with_all_or_any() {
    let parts = |combine: &str| json!({"scopes": {"any": ["s"]}, "roles": {"any": ["r"]}, "claims": [{"name": "c", "values": ["1"]}], "match": combine});
    check(
        &parts("all"),
        &[
            (json!({"scp": "s", "roles": ["r"], "c": 1}), "allowed"),
            (json!({"scp": "s", "roles": ["r"]}), NO),
        ],
    );
    check(
        &parts("any"),
        &[
            (json!({"scp": "s"}), "allowed"),
            (json!({"roles": ["r"]}), "allowed"),
            (json!({"c": "1"}), "allowed"),
            (json!({"scp": "r", "roles": ["s"]}), NO),
        ],
    );
}

#[test]
fn a_refusal_is_403_whatever_is_configured_and_names_the_scope_that_would_do() {
    let key = SigningKey::p256();
    let more = json!({"authorize": {"scopes": {"any": ["a", "b"]}}, "failed_validation_httpcode": 401});
    let bench = Bench::new(&inline(&key, &more));
    let answer = bench.answer(&bearer(&plain().without_claim("scope").sign(&key)));
    assert_eq!(answer.status, 403);
    let challenge =
        answer.headers.iter().find(|(name, _)| name == "www-authenticate").map(|(_, value)| value.as_ref());
    assert_eq!(
        challenge,
        Some(
            "Bearer error=\"insufficient_scope\", \
             error_description=\"The token does not grant access to this resource.\", scope=\"a b\""
        )
    );
}
