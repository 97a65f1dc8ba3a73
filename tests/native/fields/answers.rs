//! How a refusal looks, and what is published: the same in either policy.

use std::rc::Rc;

use serde_json::{Value, json};
use validate_jwt::gate::{Answer, Request};
use validate_jwt_testbed::token::SigningKey;

use super::{either, token};
use crate::bench::{bearer, request};

/// The answers of both policies, with these fields, to something that is no token.
#[track_caller]
fn to_garbage(more: &Value) -> Rc<Answer> {
    let [jwt, azure] = either(&SigningKey::p256(), more).map(|bench| bench.answer(&bearer("garbage")));
    assert_eq!(jwt, azure, "{more}");
    jwt
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.iter().find(|(candidate, _)| candidate == name).map(|(_, value)| value.as_ref())
}

#[test]
fn failed_validation_httpcode_is_the_status_of_a_failed_validation_and_of_nothing_else() {
    let key = SigningKey::p256();
    let more = json!({"failed_validation_httpcode": 418, "authorize": {"scopes": {"any": ["none"]}}});
    for bench in either(&key, &more) {
        for (request, status) in [
            (request(&[]), 418),
            (bearer("garbage"), 418),
            (bearer(&token().audience("x").sign(&key)), 418),
            (bearer(&token().sign(&key)), 403),
        ] {
            assert_eq!(bench.answer(&request).status, status);
        }
    }
    assert_eq!(to_garbage(&json!({})).status, 401);
}

#[test]
fn failed_validation_error_message_replaces_the_reasons_own_text() {
    let told = |more: &Value| -> Value { serde_json::from_slice(&to_garbage(more).body).expect("JSON") };
    let message = "Non \"grata\" – </script>";
    assert_eq!(
        told(&json!({"failed_validation_error_message": message})),
        json!({"statusCode": 401, "message": message})
    );
    assert_eq!(told(&json!({})), json!({"statusCode": 401, "message": "The token is malformed."}));
}

#[test]
fn failure_body_is_json_problem_text_or_none() {
    let body = |kind: &str| {
        let answer = to_garbage(&json!({"failure": {"body": kind}}));
        (
            header(&answer, "content-type").map(str::to_owned),
            String::from_utf8(answer.body.clone()).expect("text"),
        )
    };
    let of = |kind: &str, text: &str| (Some(kind.to_owned()), text.to_owned());
    assert_eq!(
        body("json"),
        of("application/json", r#"{"statusCode":401,"message":"The token is malformed."}"#)
    );
    assert_eq!(
        body("problem"),
        of(
            "application/problem+json",
            r#"{"type":"about:blank","title":"Unauthorized","status":401,"detail":"The token is malformed."}"#
        )
    );
    assert_eq!(body("text"), of("text/plain; charset=utf-8", "The token is malformed."));
    assert_eq!(body("none"), (None, String::new()));
}

#[test]
fn failure_challenge_is_one_header_or_none() {
    let of = |challenge: bool| to_garbage(&json!({"failure": {"challenge": challenge}}));
    let expected = "Bearer error=\"invalid_token\", error_description=\"The token is malformed.\"";
    assert_eq!(header(&of(true), "www-authenticate"), Some(expected));
    assert_eq!(header(&of(false), "www-authenticate"), None);
}

#[test]
fn failure_realm_and_resource_metadata_stand_in_the_challenge() {
    let resource = "https://api.example/.well-known/oauth-protected-resource";
    let more = json!({"failure": {"realm": "orders", "resource_metadata": resource}});
    for bench in either(&SigningKey::p256(), &more) {
        let answer = bench.answer(&request(&[]));
        let expected = format!("Bearer realm=\"orders\", resource_metadata=\"{resource}\"");
        assert_eq!(header(&answer, "www-authenticate"), Some(expected.as_str()));
    }
}

#[test]
fn reason_header_carries_the_reason_and_without_it_none_does() {
    let named = to_garbage(&json!({"failure": {"reason_header": "X-Why"}}));
    assert_eq!(header(&named, "x-why"), Some("token_malformed"));
    let silent = to_garbage(&json!({}));
    assert!(silent.headers.iter().all(|(_, value)| value != "token_malformed"));
}

#[test]
fn output_token_variable_name_publishes_the_claims_of_a_token_that_passed() {
    let key = SigningKey::p256();
    for bench in either(&key, &json!({"output_token_variable_name": "jwt"})) {
        let recipe = token().claim("oid", "alice");
        let admission = bench.admission(&bearer(&recipe.sign(&key)));
        let [(name, claims)] = admission.published() else { panic!("one published value") };
        let claims: Value = serde_json::from_slice(claims).expect("JSON");
        assert_eq!((name.as_str(), &claims["oid"]), ("jwt", &json!("alice")));
        assert_eq!(bench.on(&recipe.expires_in(-1).sign(&key)), "token_expired");
    }
    for bench in either(&key, &json!({})) {
        assert!(bench.admission(&bearer(&token().sign(&key))).published().is_empty());
    }
}

#[test]
fn mode_report_only_lets_pass_what_it_would_refuse_and_says_so() {
    let key = SigningKey::p256();
    for bench in either(&key, &json!({"mode": "report_only"})) {
        assert_eq!(bench.on("garbage"), "would_reject token_malformed");
        assert_eq!(bench.on(&token().sign(&key)), "allowed");
    }
    for bench in either(&key, &json!({"mode": "enforce"})) {
        assert_eq!(bench.on("garbage"), "token_malformed");
    }
}

/// Whatever else an answer tells makes it one of its own.
#[test]
fn a_refusal_that_is_the_same_for_everybody_is_made_once() {
    let key = SigningKey::p256();
    let more =
        json!({"authorize": {"scopes": {"any": ["orders.read"]}}, "failure": {"reason_header": "x-reason"}});
    for bench in either(&key, &more) {
        let answers = |one: &Request, other: &Request| [bench.answer(one), bench.answer(other)];
        let sent = |method: &str, value: &str| request(&[(":method", method), ("authorization", value)]);
        let [first, second] = answers(&sent("GET", "Bearer garbage"), &sent("POST", "Bearer rubbish"));
        assert!(Rc::ptr_eq(&first, &second));
        let [malformed, absent] = answers(&sent("GET", "Bearer garbage"), &request(&[]));
        assert!(malformed != absent && header(&absent, "x-reason") == Some("token_not_present"));
        let [head, get] = answers(&sent("HEAD", "Bearer garbage"), &sent("GET", "Bearer garbage"));
        assert_eq!((head.status, &head.headers, head.body.len()), (get.status, &get.headers, 0));
        assert!(!get.body.is_empty());
        let scope = bench.answer(&bearer(&token().claim("scp", "other").sign(&key)));
        assert!(
            header(&scope, "www-authenticate").is_some_and(|value| value.contains("scope=\"orders.read\""))
        );
    }
}
