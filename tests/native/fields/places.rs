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
