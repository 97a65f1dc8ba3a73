//! Sources of keys: providers, inline keys, decryption keys. Nothing of a key is ever shown.

use super::*;
use crate::token::AlgorithmSet;

const SECRET: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const SHORT: &str = "c2hvcnQtc2VjcmV0";
const P256: &str = r#"{"kty":"EC","crv":"P-256","kid":"k","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}"#;

fn signing(keys: &str) -> String {
    format!(r#"{{"validate_jwt":{{"audiences":["a"],"issuers":["i"],"issuer_signing_keys":[{keys}]}}}}"#)
}

#[track_caller]
fn check_start(text: &str, expected: &str) {
    let told = lines(&refuse(text));
    assert!(starts_like(&told, expected), "{text}\ntold: {told}\nexpected: {expected}");
    for secret in [SECRET, SHORT, "hush"] {
        assert!(!told.contains(secret), "{told}");
    }
}

#[test]
fn algorithms_follow_from_the_keys() {
    for (text, expected) in [
        (jwt(""), AlgorithmSet::ASYMMETRIC),
        (signing(&format!(r#"{{"key":"{SECRET}"}}"#)), AlgorithmSet::SYMMETRIC),
        (signing(&format!(r#"{{"jwk":{P256}}}"#)), AlgorithmSet::ASYMMETRIC),
        (
            jwt(&format!(r#""issuer_signing_keys":[{{"id":"k","key":"{SECRET}"}}]"#)),
            AlgorithmSet::ASYMMETRIC.union(AlgorithmSet::SYMMETRIC),
        ),
    ] {
        assert_eq!(accept(&text).policies[0].first.algorithms, expected, "{text}");
    }
}

#[test]
fn an_id_of_ones_own_names_the_key() {
    let config = accept(&signing(&format!(r#"{{"id":"mine","jwk":{P256}}},{{"key":"{SECRET}"}}"#)));
    let ids: Vec<_> = config.policies[0]
        .first
        .keys
        .inline
        .keys()
        .iter()
        .map(|key| key.id().map(|id| id.as_str().to_owned()))
        .collect();
    assert_eq!(ids, [None, Some("mine".to_owned())]);
}

#[test]
fn keys_that_are_not_used_are_refused_without_being_shown() {
    let private = P256.replace("\"kid\":\"k\"", "\"d\":\"hush\"");
    for (keys, expected) in [
        (
            format!(r#"{{"key":"{SHORT}"}}"#),
            "validate_jwt.issuer_signing_keys[0].key: expected a base64 secret of at least 32 bytes[..]found a symmetric key that cannot be used: a secret shorter than the hash of its algorithm",
        ),
        (
            r#"{"key":"hush!"}"#.to_owned(),
            "validate_jwt.issuer_signing_keys[0].key: [..]found a symmetric key that cannot be used",
        ),
        (r#"{"key":["hush"]}"#.to_owned(), "validate_jwt.issuer_signing_keys[0].key: [..]found a list"),
        (
            r#"{"kye":"hush"}"#.to_owned(),
            "validate_jwt.issuer_signing_keys[0].kye: [..]found an unknown field",
        ),
        (
            format!("\"{SECRET}\""),
            "validate_jwt.issuer_signing_keys[0]: expected an object (signing_key)[..]found a string",
        ),
        (
            format!(r#"{{"key":"{SECRET}","certificate":"hush"}}"#),
            "validate_jwt.issuer_signing_keys[0]: expected exactly one of n, key, certificate, public_key, jwk, jwks[..]found key and certificate",
        ),
        (
            r#"{"n":"hush"}"#.to_owned(),
            "validate_jwt.issuer_signing_keys[0].e: expected a value, since n is given[..]found nothing",
        ),
        (r#"{"e":"AQAB"}"#.to_owned(), "validate_jwt.issuer_signing_keys[0]: [..]found none"),
        (
            r#"{"n":"hush","e":"AQAB"}"#.to_owned(),
            "validate_jwt.issuer_signing_keys[0].n: [..]found an RSA key that cannot be used",
        ),
        (
            r#"{"certificate":"hush"}"#.to_owned(),
            "validate_jwt.issuer_signing_keys[0].certificate: [..]found a certificate that cannot be used",
        ),
        (
            r#"{"public_key":"hush"}"#.to_owned(),
            "validate_jwt.issuer_signing_keys[0].public_key: [..]found a public key that cannot be used",
        ),
        (
            r#"{"private_key":"hush"}"#.to_owned(),
            "validate_jwt.issuer_signing_keys[0].private_key: [..]found an unknown field",
        ),
        (format!(r#"{{"jwk":{private}}}"#), "validate_jwt.issuer_signing_keys[0].jwk: [..]found a JWK that"),
        (
            r#"{"jwk":{"kty":"oct","k":"c2hvcnQtc2VjcmV0"}}"#.to_owned(),
            "validate_jwt.issuer_signing_keys[0].jwk: [..]found a JWK that cannot be used",
        ),
        (
            r#"{"jwk":"hush"}"#.to_owned(),
            "validate_jwt.issuer_signing_keys[0].jwk: expected an object[..]found a string",
        ),
    ] {
        check_start(&signing(&keys), expected);
    }
    let public = jwt(&format!(r#""decryption_keys":[{{"jwk":{P256}}}]"#));
    check_start(&public, "validate_jwt.decryption_keys[0].jwk: [..]found a JWK that cannot be used");
    let certificate = jwt(r#""decryption_keys":[{"certificate":"hush"}]"#);
    check_start(
        &certificate,
        "validate_jwt.decryption_keys[0].certificate: expected a key that decrypts[..]found a public key",
    );
    check_start(&signing(""), "validate_jwt.issuer_signing_keys: [..]found an empty list");
}

#[test]
fn a_set_without_a_usable_key_is_refused_and_an_odd_key_in_one_is_warned_of() {
    let set = |keys: &str| signing(&format!(r#"{{"jwks":{{"keys":[{keys}]}}}}"#));
    let path = "validate_jwt.issuer_signing_keys[0].jwks";
    for (keys, expected) in [
        ("", "expected [..]found an empty key set"),
        ("7", "expected [..]found a key set without a usable key (malformed)"),
        (r#"{"kty":"RSA","n":"hush"}"#, "expected [..]found a key set without a usable key (e is missing)"),
        (
            r#"{"kty":"oct","k":"c2hvcnQtc2VjcmV0"}"#,
            "[..]found a key set without a usable key (a secret shorter than",
        ),
    ] {
        check_start(&set(keys), &format!("{path}: {expected}"));
    }
    for odd in [r#"{"jwks":{}}"#, r#"{"jwks":{"keys":null}}"#, r#"{"jwks":{"keys":{}}}"#] {
        check_start(&signing(odd), &format!("{path}: expected [..]found an empty key set"));
    }
    check_start(&signing(r#"{"jwks":[]}"#), &format!("{path}: [..]found an empty list"));
    let private = P256.replace("\"kid\":\"k\"", "\"d\":\"hush\"");
    let expected =
        format!("{path}.keys[1]: expected the public key only[..]found a JWK that holds a private key");
    check_start(&set(&format!("{P256},{private}")), &expected);
    check_start(
        &signing(&format!(r#"{{"id":"k","jwks":{{"keys":[{P256}]}}}}"#)),
        "validate_jwt.issuer_signing_keys[0].id: [..]found id beside jwks",
    );
    let config = accept(&set(&format!(r#"{P256},{{"kty":"AKP"}}"#)));
    assert_eq!(config.policies[0].first.keys.inline.len(), 1);
    let warning = config.warnings.iter().map(ToString::to_string).find(|text| text.starts_with(path));
    assert_eq!(
        warning.as_deref(),
        Some(format!("{path}.keys[1]: this key cannot be used: unknown key type").as_str())
    );
}

#[test]
fn a_key_for_decryption_is_read() {
    let text = jwt(r#""decryption_keys":[{"id":"e","key":"MDEyMzQ1Njc4OWFiY2RlZg=="}]"#);
    assert_eq!(accept(&text).policies[0].first.keys.decryption.len(), 1);
}

#[test]
fn every_mistake_about_a_provider_is_told() {
    for (provider, expected) in [
        ("{}", ": expected exactly one of url, jwks_uri[..]found none"),
        (
            r#"{"url":"https://a/","jwks_uri":"https://a/"}"#,
            ": expected exactly one of url, jwks_uri[..]found url and jwks_uri",
        ),
        (r#"{"jwks_uri":"https://a/"}"#, ".issuer: [..]found nothing"),
        (
            r#"{"jwks_uri":"https://a/","issuer":"i","jwks_cluster":"c"}"#,
            ".jwks_cluster: [..]found jwks_cluster beside jwks_uri",
        ),
        (
            r#"{"url":"http://a/"}"#,
            ".url: expected an https:// URL (or http:// with allow_http: true)[..]found \"http://a/\"",
        ),
        (r#"{"jwks_uri":"http://a/","issuer":"i"}"#, ".jwks_uri: [..]found \"http://a/\""),
        (r#"{"url":"https://u:hush@a/"}"#, ".url: [..]found a URL with user information"),
        (r#"{"url":"https://a/#b"}"#, ".url: [..]found \"https://a/#b\""),
        (r#"{"url":"https://a/","cluster":"https://a"}"#, ".cluster: [..]found \"https://a\""),
        (r#"{"url":"https://a/","timeout":61}"#, ".timeout: [..]found 61"),
        (
            r#"{"url":"https://a/","issuer":"https://x/{tenant}/"}"#,
            ".issuer: [..]found \"https://x/{tenant}/\"",
        ),
        (r#""https://a/""#, ": expected an object (openid_config)[..]found a string"),
    ] {
        let text = format!(r#"{{"validate_jwt":{{"audiences":["a"],"openid_config":[{provider}]}}}}"#);
        check_start(&text, &format!("validate_jwt.openid_config[0]{expected}"));
    }
}

#[test]
fn plain_http_is_accepted_with_a_warning_when_asked_for() {
    let config = accept(
        r#"{"validate_jwt":{"audiences":["a"],"openid_config":[{"url":"http://a/","allow_http":true}]}}"#,
    );
    assert_eq!(config.warnings[0].path, "validate_jwt.openid_config[0].url");
}
