//! What API Management's XML means where JSON is stricter.

use super::xml::{DISCOVERY, check_start, same};
use super::*;
use crate::gate::{ClaimDemand, ValueMatch};

#[test]
fn require_scheme_beside_a_query_parameter_is_accepted_with_a_warning() {
    let text = "no effect on a token that is not in Authorization, as in API Management";
    for place in ["query-parameter-name='token'", "header-name='x-token'"] {
        let config = accept(&format!(
            "<validate-jwt {place} require-scheme='Bearer'><openid-config url='{DISCOVERY}'/>\
             <audiences><audience>a</audience></audiences></validate-jwt>"
        ));
        let told: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
        assert_eq!(told, [format!("validate-jwt/@require-scheme: require-scheme has {text}")], "{place}");
    }
    for place in [r#""query_parameter_name":"t""#, r#""cookie_name":"t""#, r#""header_name":"x-token""#] {
        let config = accept(&jwt(&format!(r#"{place},"require_scheme":"Bearer""#)));
        let told: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
        assert_eq!(told, [format!("validate_jwt.require_scheme: require_scheme has {text}")], "{place}");
    }
}

#[test]
fn an_audience_in_xml_counts_with_and_without_one_slash_at_its_end() {
    let audiences = |items: &str| {
        let config = accept(&format!(
            "<validate-jwt><openid-config url='{DISCOVERY}'/><audiences>{items}</audiences></validate-jwt>"
        ));
        config.policies[0].first.audiences.of_policy.as_ref().unwrap().exact.clone()
    };
    assert_eq!(audiences("<audience>api://orders</audience>"), ["api://orders", "api://orders/"]);
    assert_eq!(audiences("<audience>https://a/</audience>"), ["https://a/", "https://a"]);
    assert_eq!(audiences("<audience>a//</audience>"), ["a//", "a/"]);
    assert_eq!(audiences("<audience>/</audience>"), ["/"]);
    let exact = accept(&jwt("")).policies[0].first.audiences.of_policy.as_ref().unwrap().exact.clone();
    assert_eq!(exact, ["api"]);
    // A required claim is compared as it is.
    let config = accept(&format!(
        "<validate-jwt><openid-config url='{DISCOVERY}'/><required-claims><claim name='aud'><value>a</value></claim></required-claims></validate-jwt>"
    ));
    let ClaimDemand::AllOf(values) = &config.policies[0].first.required_claims[0].demand else {
        panic!("all of")
    };
    assert_eq!(values, &[ValueMatch::Exact("a".to_owned())]);
}

#[test]
fn allow_http_is_an_attribute_of_openid_config() {
    same(
        "<validate-jwt><openid-config url='http://idp.internal/' allow-http='true'/></validate-jwt>",
        r#"{"validate_jwt":{"openid_config":[{"url":"http://idp.internal/","allow_http":true}]}}"#,
    );
}

#[test]
fn n_and_e_in_xml_are_read_like_those_of_a_jwk() {
    // RFC 7515, appendix A.2.
    let n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    let plain = n.replace('-', "+").replace('_', "/");
    for modulus in [n.to_owned(), format!("{n}=="), plain.clone(), format!("{plain}==")] {
        accept(&format!(
            "<validate-jwt><issuer-signing-keys><key n='{modulus}' e='AQAB'/></issuer-signing-keys></validate-jwt>"
        ));
    }
}

#[test]
fn a_token_value_is_refused_with_the_place_that_its_expression_reads() {
    for (value, expected) in [
        (
            r#"@(context.Request.Headers.GetValueOrDefault("Authorization","").Split(' ').Last())"#,
            "header-name=\"Authorization\"",
        ),
        (
            r#"@(((string)context.Request.Headers["authorization"][0]).Substring(7))"#,
            "header-name=\"Authorization\"",
        ),
        (r#"@(context.Request.Headers.GetValueOrDefault("Cookie","").Split(';')[0])"#, "in JSON cookie_name"),
        (r#"@(context.Request.Headers.GetValueOrDefault("X-Token",""))"#, "header-name, the header"),
        (r#"@(context.Request.Url.Query.GetValueOrDefault("t"))"#, "query-parameter-name"),
        (r#"@(context.Request.Body.As<JObject>()["token"].ToString())"#, "header-name, and clients"),
        (r#"@((string)context.Variables["t"])"#, "header-name, query-parameter-name or in JSON"),
    ] {
        check_start(
            &format!(
                "<validate-jwt token-value=\"{value}\"><openid-config url='{DISCOVERY}'/></validate-jwt>"
            ),
            &format!("validate-jwt/@token-value: expected {expected}"),
        );
    }
}
