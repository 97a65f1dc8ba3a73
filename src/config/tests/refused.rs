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
    assert!(starts_like(&told, expected), "{text}\ntold: {told}\nexpected: {expected}");
}

#[test]
fn what_is_no_configuration() {
    let allowed = "a JSON object, or an APIM policy in XML";
    check("", &[&format!("configuration: expected {allowed}, found nothing")]);
    check("  \n", &[&format!("configuration: expected {allowed}, found nothing")]);
    check_start(
        "{",
        "configuration: [..]found invalid JSON (EOF while parsing an object at line 1 column 1)",
    );
    check_start("{} {}", "configuration: [..]found invalid JSON (trailing characters at line 1 column 4)");
    check("[]", &["configuration: expected an object (the configuration), found a list"]);
    check("\"x\"", &["configuration: expected an object (the configuration), found a string"]);
    check(
        "{}",
        &[
            "configuration: expected exactly one of validate_jwt, validate_azure_ad_token, policy_xml, policies, found none",
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
            "validate_jwt.clok_skew: expected one of the fields of validate_jwt: header_name, \
             query_parameter_name, cookie_name, sources, require_token, require_scheme, failed_validation_httpcode, \
             failed_validation_error_message, require_expiration_time, require_signed_tokens, clock_skew, \
             output_token_variable_name, openid_config, issuer_signing_keys, decryption_keys, audiences, issuers, \
             required_claims, algorithms, token_types, maximum_lifetime, authorize, forward, failure, resource, \
             proof_of_possession, mode, \
             found an unknown field; did you mean \"clock_skew\"?",
            "validate_jwt.failed_validation_httpcode: expected a whole number from 400 to 599, found 200",
            "validate_jwt.require_expiration_time: expected true or false, found \"yes\"",
            "validate_jwt.audiences: expected a non-empty list of strings, found an empty list",
            "validate_jwt.openid_config[1].timeout: expected a number of seconds from 0.05 to 60, found 0",
            "validate_jwt.mode: expected \"enforce\" or \"report_only\", found \"enforced\"; did you mean \"enforce\"?",
            "rules: expected a non-empty list of objects (rule), found an empty list",
            "limit: expected one of the fields of the configuration: validate_jwt, \
             validate_azure_ad_token, policy_xml, named_values, policies, rules, paths, key_refresh, limits, verdict_cache, host_crypto, publish, \
             found an unknown field; did you mean \"limits\"?",
            "policies: expected a value, since rules is given, found nothing",
            "validate_jwt.openid_config[0].url: expected an https:// URL (or http:// with \
             allow_http: true), found \"htp://x\"",
            "validate_jwt.openid_config[1].url: expected the value itself (replace the \
             placeholder \"{tenant}\"), found \"https://a/{tenant}\"",
        ],
    );
}

#[test]
fn every_mistake_in_a_policy_is_told() {
    for (members, expected) in [
        (
            r#""header_name":"a","cookie_name":"b""#,
            "validate_jwt: expected at most one of[..]found header_name and cookie_name",
        ),
        (
            r#""header_name":"a","sources":[{"cookie":"b"}]"#,
            "validate_jwt: expected at most one of[..]found header_name and sources",
        ),
        (
            r#""require_scheme":"Bearer","sources":[{"header":"authorization"}]"#,
            "validate_jwt: expected at most one of[..]found sources and require_scheme",
        ),
        (
            r#""sources":[]"#,
            "validate_jwt.sources: expected a non-empty list of objects (source), found an empty list",
        ),
        (
            r#""sources":[{"header":"a","cookie":"b"}]"#,
            "validate_jwt.sources[0]: expected exactly one of header, query_parameter, cookie, found header and cookie",
        ),
        (
            r#""sources":[{"cookie":"b","scheme":"Bearer"}]"#,
            "validate_jwt.sources[0].header: expected a value, since scheme is given, found nothing",
        ),
        (
            r#""sources":[{"header":"a","scheme":"Bearer "}]"#,
            "validate_jwt.sources[0].scheme: expected an authentication scheme[..]found \"Bearer \"",
        ),
        (
            r#""sources":[{"header":"host"}]"#,
            "validate_jwt.sources[0].header: expected a header that may[..]found",
        ),
        (
            r#""sources":[{"cookie":"a b"}]"#,
            "validate_jwt.sources[0].cookie: expected a cookie's name[..]found",
        ),
        (
            r#""sources":[{"header":"A"},{"cookie":"a"},{"header":"a"}]"#,
            "validate_jwt.sources[2]: expected each place once, found a place twice",
        ),
        (
            r#""sources":[{"header":"authorization"},{"header":"Authorization","scheme":"Bearer"}]"#,
            "validate_jwt.sources[1]: expected each header once, or each time with a scheme of its own",
        ),
        (
            r#""sources":[{"header":"a","scheme":"Token"},{"header":"a","scheme":"token"}]"#,
            "validate_jwt.sources[1]: expected each header once, or each time with a scheme of its own, found the scheme \"Token\" twice",
        ),
        (
            r#""sources":[{"header":"authorization","scheme":"Bearer"},{"header":"authorization","scheme":"DPoP"}],"proof_of_possession":{"dpop":"optional"}"#,
            "validate_jwt.sources[1]: expected each header once, or each time with a scheme of its own, found the scheme \"DPoP\" twice",
        ),
        (
            r#""sources":[{"header":"authorization","scheme":"mtls_pop"},{"header":"authorization","scheme":"Bearer"}]"#,
            "validate_jwt.sources[1]: expected each header once, or each time with a scheme of its own, found the scheme \"mtls_pop\" twice",
        ),
        (
            r#""proof_of_possession":{"dpop":"required"},"query_parameter_name":"t""#,
            "validate_jwt.proof_of_possession.dpop: expected a token in Authorization",
        ),
        (
            r#""proof_of_possession":{"dpop":"optional"},"require_scheme":"Token""#,
            "validate_jwt.proof_of_possession.dpop: expected a token in Authorization",
        ),
        (r#""proof_of_possession":{"nonce":true}"#, "validate_jwt.proof_of_possession.nonce: expected dpop"),
        (
            r#""proof_of_possession":{"dpop":"required","algorithms":["HS256"]}"#,
            "validate_jwt.proof_of_possession.algorithms[0]: expected RS256",
        ),
        (
            r#""proof_of_possession":{"dpop":"required","origin":"api.example"}"#,
            "validate_jwt.proof_of_possession.origin: expected the start of a URL",
        ),
        (
            r#""proof_of_possession":{"dpop":"required","origin":"https://u@api.example"}"#,
            "validate_jwt.proof_of_possession.origin: expected the start of a URL",
        ),
        (
            r#""proof_of_possession":{"dpop":"required","origin":"https://api.example/#a"}"#,
            "validate_jwt.proof_of_possession.origin: expected the start of a URL",
        ),
        (
            r#""authorize":{"scopes":{"any":["api://x/read"]},"scope_prefix":"api://x/"}"#,
            "validate_jwt.authorize.scopes.any[0]: expected the scope as tokens have it",
        ),
        (
            r#""authorize":{"authentication":{"max_age":60,"challenge":"entra"}}"#,
            "validate_jwt.authorize.authentication.challenge: expected acr_values beside it",
        ),
        (
            r#""forward":{"claims_to_headers":[{"claim":"sub","header":"DPoP"}]}"#,
            "validate_jwt.forward.claims_to_headers[0].header: expected a header of its own",
        ),
        (
            r#""resource":{"identifier":"http://api.example"}"#,
            "validate_jwt.resource.identifier: expected an https:// URL without fragment",
        ),
        (
            r#""resource":{"identifier":"https://api.example/#orders"}"#,
            "validate_jwt.resource.identifier: expected an https:// URL without fragment",
        ),
        (
            r#""sources":[{"header":"x-user"}],"forward":{"claims_to_headers":[{"claim":"sub","header":"X_User"}]}"#,
            "validate_jwt.forward.claims_to_headers[0].header: expected a header in which no policy[..]found",
        ),
        (
            r#""required_claims":[{"name":"a","patterns":["("]}]"#,
            "validate_jwt.required_claims[0].patterns[0]: expected a regular expression ([..]found \"(\"",
        ),
        (r#""require_token":"no""#, "validate_jwt.require_token: expected true or false, found \"no\""),
        (r#""header_name":"a b""#, "validate_jwt.header_name: expected a header's name[..]found \"a b\""),
        (
            r#""header_name":":path""#,
            "validate_jwt.header_name: expected a header's name, not a pseudo[..]found \":path\"",
        ),
        (r#""header_name":"Host""#, "validate_jwt.header_name: expected a header that may[..]found \"Host\""),
        (
            r#""header_name":"Cookie""#,
            "validate_jwt.header_name: expected a header that holds the token alone[..]found \"Cookie\"",
        ),
        (r#""header_name":"""#, "validate_jwt.header_name: expected a non-empty string[..]found \"\""),
        (r#""cookie_name":"a=b""#, "validate_jwt.cookie_name: [..]found \"a=b\""),
        (r#""query_parameter_name":"a\n""#, "validate_jwt.query_parameter_name: [..]found \"a\\n\""),
        (
            r#""require_scheme":"Bearer ""#,
            "validate_jwt.require_scheme: expected an authentication scheme[..]found \"Bearer \"",
        ),
        (r#""failed_validation_httpcode":399"#, "validate_jwt.failed_validation_httpcode: [..]found 399"),
        (r#""failed_validation_httpcode":600"#, "validate_jwt.failed_validation_httpcode: [..]found 600"),
        (r#""failed_validation_httpcode":401.5"#, "validate_jwt.failed_validation_httpcode: [..]found 401.5"),
        (
            r#""failed_validation_httpcode":"401""#,
            "validate_jwt.failed_validation_httpcode: [..]found \"401\"",
        ),
        (
            r#""failed_validation_error_message":null"#,
            "validate_jwt.failed_validation_error_message: [..]found null",
        ),
        (
            r#""clock_skew":-1"#,
            "validate_jwt.clock_skew: expected a number of seconds from 0 to 86400[..]found -1",
        ),
        (r#""clock_skew":86401"#, "validate_jwt.clock_skew: [..]found 86401"),
        (r#""maximum_lifetime":0"#, "validate_jwt.maximum_lifetime: [..]found 0"),
        (
            r#""output_token_variable_name":"a b""#,
            "validate_jwt.output_token_variable_name: [..]found \"a b\"",
        ),
        (
            r#""output_token_variable_name":"validate_jwt.outcome""#,
            "validate_jwt.output_token_variable_name: expected",
        ),
        (r#""issuers":[]"#, "validate_jwt.issuers: [..]found an empty list"),
        (
            r#""issuers":["https://x/{tenantid}/"]"#,
            "validate_jwt.issuers[0]: expected the value itself (replace[..]found \"https://x/{tenantid}/\"",
        ),
        (r#""audiences":["a"]"#, "validate_jwt.audiences: expected each field once[..]found the field twice"),
        (r#""token_types":[]"#, "validate_jwt.token_types: [..]found an empty list"),
        (r#""algorithms":[]"#, "validate_jwt.algorithms: [..]found an empty list"),
        (
            r#""algorithms":["none"]"#,
            "validate_jwt.algorithms[0]: expected signature algorithms (only[..]found \"none\"",
        ),
        (
            r#""algorithms":["rs256"]"#,
            "validate_jwt.algorithms[0]: expected RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519, HS256, HS384, HS512, found \"rs256\"; did you mean \"RS256\"?",
        ),
        (
            r#""algorithms":["HS256"]"#,
            "validate_jwt.algorithms: expected at least one algorithm that the keys can verify (HMAC needs a symmetric key[..]found a list",
        ),
        (r#""mode":true"#, "validate_jwt.mode: expected \"enforce\" or \"report_only\"[..]found true"),
        (
            r#""required_claims":[{"name":"a","values":[]}]"#,
            "validate_jwt.required_claims[0].values: [..]found an empty list",
        ),
        (
            r#""required_claims":[{"values":["a"]}]"#,
            "validate_jwt.required_claims[0]: expected exactly one of name, path[..]found none",
        ),
        (
            r#""required_claims":[{"name":"a","path":["b"]}]"#,
            "validate_jwt.required_claims[0]: [..]found name and path",
        ),
        (
            r#""required_claims":[{"name":"a","values":[1]}]"#,
            "validate_jwt.required_claims[0].values[0]: [..]found 1",
        ),
        (
            r#""required_claims":[{"name":"a","separator":""}]"#,
            "validate_jwt.required_claims[0].separator: [..]found \"\"",
        ),
        (
            r#""required_claims":[{"name":"a","match":"one"}]"#,
            "validate_jwt.required_claims[0].match: [..]found \"one\"",
        ),
        (
            r#""required_claims":[{"name":"aud","values":["{Application ID of backend-app}"]}]"#,
            "validate_jwt.required_claims[0].values[0]: expected the value itself[..]found \"{Application ID of backend-app}\"",
        ),
        (
            r#""required_claims":[{"name":"aud","values":["{{client}}"]}]"#,
            "validate_jwt.required_claims[0].values[0]: expected the value itself (\"{{client}}\" is a named value of API Management[..]found \"{{client}}\"",
        ),
        (
            r#""authorize":{}"#,
            "validate_jwt.authorize: expected at least one of scopes, roles, claims[..]found none",
        ),
        (
            r#""authorize":{"scopes":{}}"#,
            "validate_jwt.authorize.scopes: expected exactly one of any, all[..]found none",
        ),
        (
            r#""authorize":{"scopes":{"any":["a"],"all":["b"]}}"#,
            "validate_jwt.authorize.scopes: [..]found any and all",
        ),
        (
            r#""authorize":{"scopes":{"any":["a b"]}}"#,
            "validate_jwt.authorize.scopes.any[0]: expected one scope[..]found \"a b\"",
        ),
        (
            r#""authorize":{"roles":["a"]}"#,
            "validate_jwt.authorize.roles: expected an object (words)[..]found a list",
        ),
        (r#""forward":{"token":"drop"}"#, "validate_jwt.forward.token: [..]found \"drop\""),
        (
            r#""forward":{"claims_to_headers":[{"claim":"a"}]}"#,
            "validate_jwt.forward.claims_to_headers[0].header: [..]found nothing",
        ),
        (
            r#""forward":{"claims_to_headers":[{"claim":"a","header":"x"},{"claim":"b","header":"X"}]}"#,
            "validate_jwt.forward.claims_to_headers[1].header: expected each header once[..]found \"X\"",
        ),
        (
            r#""forward":{"claims_to_headers":[{"claim":"a","header":"x"}],"payload_header":"x"}"#,
            "validate_jwt.forward.payload_header: [..]found \"x\"",
        ),
        (
            r#""forward":{"payload_header":"Authorization"}"#,
            "validate_jwt.forward.payload_header: expected a header in which no policy expects the token[..]found \"Authorization\"",
        ),
        (
            r#""forward":{"payload_header":"host"}"#,
            "validate_jwt.forward.payload_header: expected a header of its own[..]found \"host\"",
        ),
        (
            r#""forward":{"payload_header":"x-envoy-retry-on"}"#,
            "validate_jwt.forward.payload_header: expected",
        ),
        (
            r#""forward":{"payload_header":":authority"}"#,
            "validate_jwt.forward.payload_header: [..]found \":authority\"",
        ),
        (
            r#""failure":{"body":"html"}"#,
            "validate_jwt.failure.body: expected \"json\" or \"problem\" or \"text\" or \"none\"[..]found \"html\"",
        ),
        (r#""failure":{"realm":"a\"b"}"#, "validate_jwt.failure.realm: [..]found \"a\\\"b\""),
        (r#""failure":{"realm":"é"}"#, "validate_jwt.failure.realm: expected"),
        (
            r#""failure":{"challenge":false,"realm":"a"}"#,
            "validate_jwt.failure.realm: [..]found a part of the challenge",
        ),
        (r#""failure":{"reason_header":"www-authenticate"}"#, "validate_jwt.failure.reason_header: expected"),
        (
            r#""failure":{"resource_metadata":"http://a/"}"#,
            "validate_jwt.failure.resource_metadata: expected an https:// URL[..]found \"http://a/\"",
        ),
        (
            r#""failure":{"body":"none"},"failed_validation_error_message":"m""#,
            "validate_jwt.failure.body: [..]found \"none\"",
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
