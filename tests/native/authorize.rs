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
fn a_role_is_one_text_whatever_blanks_it_holds_and_an_array_is_its_items() {
    let roles = |role: &str| json!({"roles": {"any": [role]}});
    check(
        &roles("Administrator"),
        &[
            (json!({"roles": "Administrator"}), "allowed"),
            (json!({"roles": ["Administrator"]}), "allowed"),
            (json!({"roles": ["Platform Administrator", "Administrator"]}), "allowed"),
            (json!({"roles": "Platform Administrator"}), NO),
            (json!({"roles": "Administrator of Nothing"}), NO),
            (json!({"roles": ["Platform Administrator"]}), NO),
            (json!({"roles": " Administrator"}), NO),
            (json!({"roles": "Administrator "}), NO),
            (json!({"roles": "Reader\tAdministrator"}), NO),
            (json!({"roles": "Reader\nAdministrator"}), NO),
            (json!({"roles": "Reader\u{a0}Administrator"}), NO),
            (json!({"roles": "Reader,Administrator"}), NO),
            (json!({"roles": "administrator"}), NO),
            (json!({"roles": [["Administrator"]]}), NO),
            (json!({"roles": {"Administrator": true}}), NO),
            (json!({"roles": ""}), NO),
            (json!({"roles": null}), NO),
            (json!({"scp": "Administrator"}), NO),
        ],
    );
    check(
        &roles("Platform Administrator"),
        &[
            (json!({"roles": "Platform Administrator"}), "allowed"),
            (json!({"roles": ["Platform Administrator"]}), "allowed"),
            (json!({"roles": ["Platform", "Administrator"]}), NO),
            (json!({"roles": "Platform  Administrator"}), NO),
            (json!({"roles": "Platform"}), NO),
        ],
    );
    check(
        &json!({"roles": {"all": ["a", "b"]}}),
        &[(json!({"roles": ["b", "a"]}), "allowed"), (json!({"roles": "a b"}), NO)],
    );
}

#[test]
fn a_scope_text_is_words_and_a_scope_array_is_its_items() {
    check(
        &json!({"scopes": {"any": ["admin"]}}),
        &[
            (json!({"scp": "read admin"}), "allowed"),
            (json!({"scope": "  admin  read "}), "allowed"),
            (json!({"scope": ["read", "admin"]}), "allowed"),
            (json!({"scope": ["not admin"]}), NO),
            (json!({"scp": ["read admin"]}), NO),
            (json!({"scope": [" admin"]}), NO),
            (json!({"scope": "read\tadmin"}), NO),
            (json!({"scope": "read,admin"}), NO),
            (json!({"scope": "read+admin"}), NO),
            (json!({"scope": [["admin"]]}), NO),
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
