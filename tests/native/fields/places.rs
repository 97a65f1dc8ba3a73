//! Where the token is: the same in either policy.

use serde_json::{Value, json};
use validate_jwt_testbed::token::{SigningKey, TokenRecipe};

use super::{either, token};
use crate::bench::{AUDIENCE, Bench, TENANT, inline, plain, request};

/// The verdicts of both policies with these fields.
#[track_caller]
fn check(more: &Value, cases: &[(&[(&str, &str)], &str)]) {
    let key = SigningKey::p256();
    let good = token().sign(&key);
    for bench in either(&key, more) {
        for (headers, expected) in cases {
            let headers: Vec<_> =
                headers.iter().map(|(name, value)| (*name, value.replace("TOKEN", &good))).collect();
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            assert_eq!(bench.verdict(&request(&headers)), *expected, "{more}: {headers:?}");
        }
    }
}

#[test]
fn header_name_is_the_only_header_that_is_looked_at() {
    check(
        &json!({"header_name": "X-Token"}),
        &[
            (&[("x-token", "TOKEN")], "allowed"),
            (&[("X-TOKEN", "TOKEN")], "allowed"),
            (&[("authorization", "Bearer TOKEN")], "token_not_present"),
            (&[("x-token", "TOKEN"), ("x-token", "TOKEN")], "token_ambiguous"),
        ],
    );
    check(
        &json!({}),
        &[(&[("authorization", "Bearer TOKEN")], "allowed"), (&[("x-token", "TOKEN")], "token_not_present")],
    );
}

#[test]
fn header_name_of_ones_own_takes_a_bearer_prefix_in_one_policy_and_refuses_it_in_the_other() {
    let key = SigningKey::p256();
    let value = format!("Bearer {}", token().sign(&key));
    let [jwt, azure] = either(&key, &json!({"header_name": "x-token"}));
    assert_eq!(jwt.verdict(&request(&[("x-token", &value)])), "allowed");
    assert_eq!(azure.verdict(&request(&[("x-token", &value)])), "token_malformed");
}

#[test]
fn query_parameter_name_is_the_only_parameter_that_is_looked_at() {
    check(
        &json!({"query_parameter_name": "access_token"}),
        &[
            (&[(":path", "/a?access_token=TOKEN&b=c")], "allowed"),
            (&[(":path", "/a?b=c&access%5Ftoken=TOKEN")], "allowed"),
            (&[(":path", "/a?token=TOKEN")], "token_not_present"),
            (&[(":path", "/a?access_token=TOKEN&access_token=TOKEN")], "token_ambiguous"),
            (&[("authorization", "Bearer TOKEN")], "token_not_present"),
        ],
    );
}

#[test]
fn cookie_name_is_the_only_cookie_that_is_looked_at() {
    check(
        &json!({"cookie_name": "session"}),
        &[
            (&[("cookie", "a=b; session=TOKEN")], "allowed"),
            (&[("cookie", "a=b"), ("cookie", "session=TOKEN")], "allowed"),
            (&[("cookie", "sessions=TOKEN; Session=TOKEN")], "token_not_present"),
            (&[("cookie", "session=TOKEN; session=TOKEN")], "token_ambiguous"),
            (&[("authorization", "Bearer TOKEN")], "token_not_present"),
        ],
    );
}

#[test]
fn require_scheme_demands_its_scheme_in_any_case_and_is_ignored_in_a_header_of_ones_own() {
    let key = SigningKey::p256();
    let good = plain().sign(&key);
    let authorization = |more: Value, value: String| {
        Bench::new(&inline(&key, &more)).verdict(&request(&[("authorization", &value)]))
    };
    let bearer = || json!({"require_scheme": "Bearer"});
    assert_eq!(authorization(bearer(), format!("Bearer {good}")), "allowed");
    assert_eq!(authorization(bearer(), format!("bEARER {good}")), "allowed");
    assert_eq!(authorization(bearer(), good.clone()), "token_not_present");
    assert_eq!(
        authorization(json!({"require_scheme": "DPoP"}), format!("Bearer {good}")),
        "token_not_present"
    );
    assert_eq!(authorization(json!({}), good.clone()), "allowed");
    let ignored = inline(&key, &json!({"require_scheme": "Bearer", "header_name": "x-token"}));
    assert_eq!(Bench::new(&ignored).verdict(&request(&[("x-token", &good)])), "allowed");
}

#[test]
fn client_application_ids_are_compared_with_azp_of_v2_and_appid_of_v1() {
    let (key, client) = (SigningKey::p256(), "11111111-2222-3333-4444-555555555555");
    let [_, mut bench] = either(&key, &json!({}));
    bench = {
        let policy =
            json!({"tenant_id": TENANT, "audiences": [AUDIENCE], "client_application_ids": [client]});
        let mut fresh = Bench::new(&json!({"validate_azure_ad_token": policy}));
        fresh.keyring = bench.keyring;
        fresh.documents = bench.documents;
        fresh
    };
    let v2 = |azp: &str| TokenRecipe::entra_v2(TENANT, AUDIENCE).claim("azp", azp).sign(&key);
    let v1 = |appid: &str| TokenRecipe::entra_v1(TENANT, AUDIENCE).claim("appid", appid).sign(&key);
    for (token, expected) in [
        (v2(client), "allowed"),
        (v1(client), "allowed"),
        (v2(TENANT), "client_not_allowed"),
        (v1(TENANT), "client_not_allowed"),
    ] {
        assert_eq!(bench.on(&token), expected);
    }
}

#[test]
fn sources_are_all_looked_at_and_a_token_in_two_of_them_is_refused() {
    let sources = json!({"sources": [
        {"header": "Authorization", "scheme": "Bearer"},
        {"header": "x-token", "scheme": "Token"},
        {"query_parameter": "access_token"},
        {"cookie": "session"},
    ]});
    check(
        &sources,
        &[
            (&[], "token_not_present"),
            (&[("authorization", "bEARER TOKEN")], "allowed"),
            (&[("x-token", "token TOKEN")], "allowed"),
            (&[(":path", "/?access_token=TOKEN")], "allowed"),
            (&[("cookie", "a=b; session=TOKEN")], "allowed"),
            (&[("authorization", "Basic dTpw"), ("cookie", "session=TOKEN")], "allowed"),
            (&[("authorization", "TOKEN")], "token_not_present"),
            (&[("x-token", "TOKEN")], "token_not_present"),
            (&[("authorization", "Bearer TOKEN"), ("cookie", "session=TOKEN")], "token_ambiguous"),
            (&[("x-token", "Token TOKEN"), (":path", "/?access_token=TOKEN")], "token_ambiguous"),
            (&[("authorization", "Bearer garbage"), ("x-token", "Token TOKEN")], "token_ambiguous"),
            (&[("cookie", "session=TOKEN; session=TOKEN")], "token_ambiguous"),
            (&[("authorization", "Bearer x, Bearer y"), ("cookie", "session=TOKEN")], "token_ambiguous"),
            (&[("cookie", "session=garbage")], "token_malformed"),
        ],
    );
}

#[test]
fn a_source_header_without_scheme_is_read_as_header_name_is() {
    let key = SigningKey::p256();
    let good = token().sign(&key);
    let [jwt, azure] =
        either(&key, &json!({"sources": [{"header": "authorization"}, {"header": "x-token"}]}));
    for (name, value, of_jwt, of_azure) in [
        ("authorization", format!("Bearer {good}"), "allowed", "allowed"),
        ("authorization", good.clone(), "allowed", "token_not_present"),
        ("x-token", good.clone(), "allowed", "allowed"),
        ("x-token", format!("Bearer {good}"), "allowed", "token_malformed"),
    ] {
        let request = request(&[(name, &value)]);
        assert_eq!(
            (&*jwt.verdict(&request), &*azure.verdict(&request)),
            (of_jwt, of_azure),
            "{name}: {value}"
        );
    }
}

#[test]
fn a_source_scheme_or_a_source_cookie_finds_its_own_token_only() {
    let one = |source: Value| json!({"sources": [source]});
    check(
        &one(json!({"header": "authorization", "scheme": "JWT"})),
        &[
            (&[("authorization", "jwt TOKEN")], "allowed"),
            (&[("authorization", "Bearer TOKEN")], "token_not_present"),
        ],
    );
    check(
        &one(json!({"cookie": "session"})),
        &[(&[("cookie", "session=TOKEN")], "allowed"), (&[("cookie", "Session=TOKEN")], "token_not_present")],
    );
}

#[test]
fn a_token_taken_from_one_of_several_sources_is_removed_from_all_of_them() {
    let key = SigningKey::p256();
    let sources = json!({
        "sources": [{"header": "authorization", "scheme": "Bearer"}, {"query_parameter": "t"}, {"cookie": "c"}],
        "forward": {"token": "remove"},
    });
    let good = token().sign(&key);
    for bench in either(&key, &sources) {
        let request = request(&[(":path", &format!("/a?t={good}&b=1")), ("cookie", "d=1")]);
        let edits = format!("{:?}", bench.admission(&request).edits());
        assert!(edits.contains("Remove") && edits.contains("SetPath"), "{edits}");
        assert!(!edits.contains(&good), "{edits}");
    }
}

#[test]
fn require_token_false_lets_a_request_without_any_token_pass_and_no_bad_one() {
    check(
        &json!({"require_token": false}),
        &[
            (&[], "anonymous"),
            (&[("authorization", "")], "anonymous"),
            (&[("authorization", "Bearer")], "anonymous"),
            (&[("authorization", "Bearer ")], "anonymous"),
            (&[("authorization", "Basic dXNlcjpwYXNz")], "anonymous"),
            (&[("authorization", "Negotiate YII.x")], "anonymous"),
            (&[("authorization", "Token token=\"TOKEN\"")], "token_malformed"),
            (&[("authorization", "Digest uri=\"/a.b.c\", nonce=\"x\"")], "anonymous"),
            (&[("authorization", "Bearer TOKEN")], "allowed"),
            (&[("authorization", "Bearer garbage")], "token_malformed"),
            (&[("authorization", "Bearer TOKEN.x")], "token_malformed"),
            // A server behind could take any of these for a token that somebody has looked at.
            (&[("authorization", "DPoP TOKEN")], "token_malformed"),
            (&[("authorization", "JWT TOKEN")], "token_malformed"),
            (&[("authorization", "Bearer\tTOKEN")], "token_malformed"),
            (&[("authorization", "Basic dTpw, Bearer TOKEN")], "token_ambiguous"),
            (&[("authorization", "Bearer a"), ("authorization", "Bearer b")], "token_ambiguous"),
        ],
    );
    check(
        &json!({"require_token": false, "query_parameter_name": "t"}),
        &[
            (&[(":path", "/")], "anonymous"),
            (&[(":path", "/?t=")], "anonymous"),
            (&[(":path", "/?T=TOKEN")], "anonymous"),
            (&[(":path", "/?t=TOKEN")], "allowed"),
            (&[(":path", "/?t=x")], "token_malformed"),
            (&[(":path", "/?t=%zz")], "token_malformed"),
            (&[(":path", "/?t=&t=")], "token_ambiguous"),
        ],
    );
    check(
        &json!({"require_token": false, "authorize": {"roles": {"any": ["nobody"]}}}),
        &[(&[], "anonymous"), (&[("authorization", "Bearer TOKEN")], "insufficient_scope")],
    );
}

#[test]
fn without_a_token_require_token_false_writes_no_identity_header_and_removes_a_forged_one() {
    let more = json!({
        "require_token": false,
        "forward": {"token": "remove", "claims_to_headers": [{"claim": "sub", "header": "x-user"}]},
    });
    for bench in either(&SigningKey::p256(), &more) {
        let admission = bench.admission(&request(&[("x-user", "root"), ("authorization", "Basic dTpw")]));
        let edits = format!("{:?}", admission.edits());
        assert_eq!(admission.edits().len(), 1, "{edits}");
        assert!(edits.contains("Remove") && edits.contains("x-user"), "{edits}");
        assert_eq!(admission.published().len(), 0);
        assert!(admission.policy().is_some());
    }
}
