//! One line per mistake: the problem that is told.

use super::*;

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let problems = refuse(text);
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(told, expected, "{text}");
}

/// The first problem starts with this.
#[track_caller]
fn check_start(text: &str, expected: &str) {
    let told = lines(&refuse(text));
    assert!(told.starts_with(expected), "{text}\ntold: {told}\nexpected: {expected}");
}

#[test]
fn what_is_no_configuration() {
    let allowed = "a JSON object, or an APIM policy in XML";
    check("", &[&format!("configuration: found nothing, allowed: {allowed}")]);
    check("  \n", &[&format!("configuration: found nothing, allowed: {allowed}")]);
    check_start(
        "{",
        "configuration: found a text that is no JSON (EOF while parsing an object at line 1 column 1)",
    );
    check_start(
        "{} {}",
        "configuration: found a text that is no JSON (trailing characters at line 1 column 4)",
    );
    check("[]", &["configuration: found a list, allowed: an object (the configuration)"]);
    check("\"x\"", &["configuration: found a text, allowed: an object (the configuration)"]);
    check(
        "{}",
        &[
            "configuration: found none of them, allowed: exactly one of validate_jwt, validate_azure_ad_token, policies",
        ],
    );
}

#[test]
fn all_problems_come_in_one_report() {
    let text = r#"{"validate_jwt":{
        "clok_skew": 5,
        "failed_validation_httpcode": 200,
        "require_expiration_time": "yes",
        "audiences": [],
        "openid_config": [{"url": "htp://x"}, {"url": "https://a/{tenant}", "timeout": 0}],
        "mode": "enforced"
    }, "rules": [], "limit": {}}"#;
    check(
        text,
        &[
            "validate_jwt.clok_skew: found an unknown field, allowed: the fields of validate_jwt: header_name, \
             query_parameter_name, cookie_name, require_scheme, failed_validation_httpcode, \
             failed_validation_error_message, require_expiration_time, require_signed_tokens, clock_skew, \
             output_token_variable_name, openid_config, issuer_signing_keys, decryption_keys, audiences, issuers, \
             required_claims, algorithms, token_types, maximum_lifetime, authorize, forward, failure, mode; \
             did you mean \"clock_skew\"?",
            "validate_jwt.failed_validation_httpcode: found 200, allowed: a whole number from 400 to 599",
            "validate_jwt.require_expiration_time: found \"yes\", allowed: true or false",
            "validate_jwt.audiences: found an empty list, allowed: a list of texts, at least one",
            "validate_jwt.openid_config[1].timeout: found 0, allowed: seconds as a number from 0.05 to 60",
            "validate_jwt.mode: found \"enforced\", allowed: \"enforce\" or \"report_only\"; did you mean \"enforce\"?",
            "rules: found an empty list, allowed: a list of objects (rule), at least one",
            "limit: found an unknown field, allowed: the fields of the configuration: validate_jwt, \
             validate_azure_ad_token, policies, rules, paths, key_refresh, limits, verdict_cache, host_crypto; \
             did you mean \"limits\"?",
            "policies: found nothing, allowed: rules only together with policies",
            "validate_jwt.openid_config[0].url: found \"htp://x\", allowed: an https:// URL (or http:// with \
             allow_http: true)",
            "validate_jwt.openid_config[1].url: found \"https://a/{tenant}\", allowed: the value itself: replace the \
             placeholder \"{tenant}\"",
        ],
    );
}

#[test]
fn every_mistake_in_a_policy_is_told() {
    for (members, expected) in [
        (
            r#""header_name":"a","cookie_name":"b""#,
            "validate_jwt: found header_name and cookie_name, allowed: at most one of",
        ),
        (r#""header_name":"a b""#, "validate_jwt.header_name: found \"a b\", allowed: a header's name"),
        (
            r#""header_name":":path""#,
            "validate_jwt.header_name: found \":path\", allowed: a header's name; a pseudo",
        ),
        (r#""header_name":"Host""#, "validate_jwt.header_name: found \"Host\", allowed: a header that may"),
        (
            r#""header_name":"Cookie""#,
            "validate_jwt.header_name: found \"Cookie\", allowed: a header that holds the token alone",
        ),
        (r#""header_name":"""#, "validate_jwt.header_name: found \"\", allowed: a text that is not empty"),
        (r#""cookie_name":"a=b""#, "validate_jwt.cookie_name: found \"a=b\""),
        (r#""query_parameter_name":"a\n""#, "validate_jwt.query_parameter_name: found \"a\\n\""),
        (
            r#""require_scheme":"Bearer ""#,
            "validate_jwt.require_scheme: found \"Bearer \", allowed: an authentication scheme",
        ),
        (r#""failed_validation_httpcode":399"#, "validate_jwt.failed_validation_httpcode: found 399"),
        (r#""failed_validation_httpcode":600"#, "validate_jwt.failed_validation_httpcode: found 600"),
        (r#""failed_validation_httpcode":401.5"#, "validate_jwt.failed_validation_httpcode: found 401.5"),
        (r#""failed_validation_httpcode":"401""#, "validate_jwt.failed_validation_httpcode: found \"401\""),
        (
            r#""failed_validation_error_message":null"#,
            "validate_jwt.failed_validation_error_message: found null",
        ),
        (
            r#""clock_skew":-1"#,
            "validate_jwt.clock_skew: found -1, allowed: seconds as a number from 0 to 86400",
        ),
        (r#""clock_skew":86401"#, "validate_jwt.clock_skew: found 86401"),
        (r#""maximum_lifetime":0"#, "validate_jwt.maximum_lifetime: found 0"),
        (r#""output_token_variable_name":"a b""#, "validate_jwt.output_token_variable_name: found \"a b\""),
        (
            r#""output_token_variable_name":"validate_jwt.outcome""#,
            "validate_jwt.output_token_variable_name: found",
        ),
        (r#""issuers":[]"#, "validate_jwt.issuers: found an empty list"),
        (
            r#""issuers":["https://x/{tenantid}/"]"#,
            "validate_jwt.issuers[0]: found \"https://x/{tenantid}/\", allowed: the value itself: replace",
        ),
        (r#""audiences":["a"]"#, "validate_jwt.audiences: found the field twice, allowed: each field once"),
        (r#""token_types":[]"#, "validate_jwt.token_types: found an empty list"),
        (r#""algorithms":[]"#, "validate_jwt.algorithms: found an empty list"),
        (
            r#""algorithms":["none"]"#,
            "validate_jwt.algorithms[0]: found \"none\", allowed: signature algorithms; unsigned",
        ),
        (
            r#""algorithms":["rs256"]"#,
            "validate_jwt.algorithms[0]: found \"rs256\", allowed: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519, HS256, HS384, HS512; did you mean \"RS256\"?",
        ),
        (
            r#""algorithms":["HS256"]"#,
            "validate_jwt.algorithms: found a list, allowed: at least one algorithm that the keys can verify: HMAC needs a symmetric key",
        ),
        (r#""mode":true"#, "validate_jwt.mode: found true, allowed: \"enforce\" or \"report_only\""),
        (
            r#""required_claims":[{"name":"a","values":[]}]"#,
            "validate_jwt.required_claims[0].values: found an empty list",
        ),
        (
            r#""required_claims":[{"values":["a"]}]"#,
            "validate_jwt.required_claims[0]: found none of them, allowed: exactly one of name, path",
        ),
        (
            r#""required_claims":[{"name":"a","path":["b"]}]"#,
            "validate_jwt.required_claims[0]: found name and path",
        ),
        (
            r#""required_claims":[{"name":"a","values":[1]}]"#,
            "validate_jwt.required_claims[0].values[0]: found 1",
        ),
        (
            r#""required_claims":[{"name":"a","separator":""}]"#,
            "validate_jwt.required_claims[0].separator: found \"\"",
        ),
        (
            r#""required_claims":[{"name":"a","match":"one"}]"#,
            "validate_jwt.required_claims[0].match: found \"one\"",
        ),
        (
            r#""required_claims":[{"name":"aud","values":["{Application ID of backend-app}"]}]"#,
            "validate_jwt.required_claims[0].values[0]: found \"{Application ID of backend-app}\", allowed: the value itself",
        ),
        (
            r#""required_claims":[{"name":"aud","values":["{{client}}"]}]"#,
            "validate_jwt.required_claims[0].values[0]: found \"{{client}}\", allowed: the value itself: \"{{client}}\" is a named value of API Management",
        ),
        (
            r#""authorize":{}"#,
            "validate_jwt.authorize: found none of them, allowed: at least one of scopes, roles, claims",
        ),
        (
            r#""authorize":{"scopes":{}}"#,
            "validate_jwt.authorize.scopes: found none of them, allowed: exactly one of any, all",
        ),
        (
            r#""authorize":{"scopes":{"any":["a"],"all":["b"]}}"#,
            "validate_jwt.authorize.scopes: found any and all",
        ),
        (
            r#""authorize":{"scopes":{"any":["a b"]}}"#,
            "validate_jwt.authorize.scopes.any[0]: found \"a b\", allowed: one scope",
        ),
        (
            r#""authorize":{"roles":["a"]}"#,
            "validate_jwt.authorize.roles: found a list, allowed: an object (words)",
        ),
        (r#""forward":{"token":"drop"}"#, "validate_jwt.forward.token: found \"drop\""),
        (
            r#""forward":{"claims_to_headers":[{"claim":"a"}]}"#,
            "validate_jwt.forward.claims_to_headers[0].header: found nothing",
        ),
        (
            r#""forward":{"claims_to_headers":[{"claim":"a","header":"x"},{"claim":"b","header":"X"}]}"#,
            "validate_jwt.forward.claims_to_headers[1].header: found \"X\", allowed: each header once",
        ),
        (
            r#""forward":{"claims_to_headers":[{"claim":"a","header":"x"}],"payload_header":"x"}"#,
            "validate_jwt.forward.payload_header: found \"x\"",
        ),
        (
            r#""forward":{"payload_header":"Authorization"}"#,
            "validate_jwt.forward.payload_header: found \"Authorization\", allowed: a header in which no policy expects the token",
        ),
        (
            r#""forward":{"payload_header":"host"}"#,
            "validate_jwt.forward.payload_header: found \"host\", allowed: a header of its own",
        ),
        (r#""forward":{"payload_header":"x-envoy-retry-on"}"#, "validate_jwt.forward.payload_header: found"),
        (
            r#""forward":{"payload_header":":authority"}"#,
            "validate_jwt.forward.payload_header: found \":authority\"",
        ),
        (
            r#""failure":{"body":"html"}"#,
            "validate_jwt.failure.body: found \"html\", allowed: \"json\" or \"problem\" or \"text\" or \"none\"",
        ),
        (r#""failure":{"realm":"a\"b"}"#, "validate_jwt.failure.realm: found \"a\\\"b\""),
        (r#""failure":{"realm":"é"}"#, "validate_jwt.failure.realm: found"),
        (
            r#""failure":{"challenge":false,"realm":"a"}"#,
            "validate_jwt.failure.realm: found a part of the challenge",
        ),
        (r#""failure":{"reason_header":"www-authenticate"}"#, "validate_jwt.failure.reason_header: found"),
        (
            r#""failure":{"resource_metadata":"http://a/"}"#,
            "validate_jwt.failure.resource_metadata: found \"http://a/\", allowed: an https:// URL",
        ),
        (
            r#""failure":{"body":"none"},"failed_validation_error_message":"m""#,
            "validate_jwt.failure.body: found \"none\"",
        ),
    ] {
        check_start(&jwt(members), expected);
    }
}

#[test]
fn a_url_with_a_password_is_never_told() {
    let azure = |members: &str| format!(r#"{{"validate_azure_ad_token":{{"audiences":["a"],{members}}}}}"#);
    let provider = |members: &str| {
        format!(r#"{{"validate_jwt":{{"audiences":["a"],"openid_config":[{{{members}}}]}}}}"#)
    };
    let url = |url: &str| provider(&format!(r#""url":"{url}""#));
    for text in [
        url("https://user:s3cret@idp.example/"),
        url("ftp://user:s3cret@idp.example/"),
        url("https://user:s3cret@idp.example/{tenant}"),
        jwt(r#""failure":{"resource_metadata":"https://user:s3cret@idp.example/"}"#),
        provider(r#""url":"https://idp.example/","cluster":"https://user:s3cret@idp.example""#),
        azure(r#""tenant_id":"https://user:s3cret@login.microsoftonline.com/contoso.com""#),
        azure(
            r#""tenant_id":"contoso.com","authentication_endpoint":"user:s3cret@login.microsoftonline.com""#,
        ),
        r#"<validate-jwt><openid-config url="ftp://user:s3cret@idp.example/"/></validate-jwt>"#.to_owned(),
    ] {
        let told = lines(&refuse(&text));
        assert!(told.contains("a URL with user information"), "{text}\ntold: {told}");
        assert!(!told.contains("s3cret"), "{text}\ntold: {told}");
    }
}

#[test]
fn broken_configurations_of_any_kind_never_panic() {
    let xml = "<policies><inbound><validate-jwt a='&#x41;'><openid-config url='https://a/'/><!-- c --><![CDATA[x]]>é\
               <audiences><audience>a</audience></audiences></validate-jwt></inbound></policies>";
    let json = rules(r#"[{"match":{"path_regex":"é(a|b)*"},"policy":"one"},{"match":{},"allow":true}]"#);
    for text in [xml, &json] {
        for end in 0..text.len() {
            assert!(Config::parse(&text.as_bytes()[..end]).is_err());
            for byte in [0, b'"', b'<', b'>', b'&', b'{', b'[', 0xff] {
                let mut spoilt = text.as_bytes().to_vec();
                spoilt[end] = byte;
                // Some of these are good configurations.
                let _ = Config::parse(&spoilt);
            }
        }
    }
    for text in ["{\"a\":".repeat(10_000), "[".repeat(10_000), "<a>".repeat(10_000)] {
        assert_eq!(refuse(&text).len(), 1);
    }
}
