//! What a provider sends is read generously, and lets no key do what its type cannot.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use serde_json::{Value, json};
use validate_jwt::keys::{PlainHttp, ProviderDocument, ProviderMetadata, ProviderSettings, Url};
use validate_jwt::token::{KeySet, base64url};
use validate_jwt_testbed::token::{Algorithm, RsaFixture, SigningKey, TokenRecipe};

use crate::bench::{Bench, plain};

const ISSUER: &str = "https://idp.example";

fn bench(document: &str) -> Bench {
    let policy =
        json!({"openid_config": [{"url": "https://idp.example/d"}], "audiences": [crate::bench::AUDIENCE]});
    let mut bench = Bench::new(&json!({"validate_jwt": policy}));
    bench.provide_document(ISSUER, document);
    bench
}

/// A document with this key alone verifies what the key signed, and nothing that another signed under its name.
#[track_caller]
fn check_read(what: &str, document: &str, key: &SigningKey, stranger: &SigningKey) {
    match KeySet::from_jwks_document(document.as_bytes(), 9) {
        Ok(read) => assert_eq!(read.key_set.len(), 1, "{what}"),
        Err(error) => panic!("{what}: {error:?}"),
    }
    let bench = bench(document);
    let sign = |recipe: TokenRecipe, key: &SigningKey| recipe.without_header("kid").sign(key);
    assert_eq!(bench.on(&sign(plain(), key)), "allowed", "{what}");
    assert_ne!(bench.on(&sign(plain(), stranger)), "allowed", "{what}");
}

fn rsa() -> SigningKey {
    SigningKey::rsa(RsaFixture::First)
}

fn with(mut jwk: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().into_iter().flatten() {
        jwk[name] = value.clone();
    }
    jwk
}

fn set(jwk: &Value) -> String {
    json!({"keys": [jwk]}).to_string()
}

fn bytes(jwk: &Value, member: &str) -> Vec<u8> {
    base64url::decode(jwk[member].as_str().expect("a text")).expect("base64url")
}

#[test]
fn an_rsa_key_is_read_however_a_provider_spells_it() {
    let (key, stranger) = (rsa(), SigningKey::rsa(RsaFixture::Stranger));
    let (jwk, entra) = (key.public_jwk(), key.entra_jwk());
    let (n, e) = (bytes(&jwk, "n"), bytes(&jwk, "e"));
    let lines = STANDARD
        .encode(&n)
        .as_bytes()
        .chunks(64)
        .map(String::from_utf8_lossy)
        .collect::<Vec<_>>()
        .join("\r\n");
    let zeros = |count: usize, bytes: &[u8]| base64url::encode([&vec![0; count], bytes].concat());
    let certificate = STANDARD.encode(RsaFixture::First.certificate());
    let other = STANDARD.encode(RsaFixture::Stranger.certificate());
    let alone = |x5c: Value| json!({"kty": "RSA", "use": "sig", "x5c": x5c});
    for (what, jwk) in [
        ("null alg", with(jwk.clone(), &json!({"alg": null}))),
        ("null use", with(jwk.clone(), &json!({"use": null}))),
        ("null key_ops", with(jwk.clone(), &json!({"key_ops": null}))),
        ("null kid", with(jwk.clone(), &json!({"kid": null}))),
        ("null issuer", with(jwk.clone(), &json!({"issuer": null}))),
        ("null x5c and crv", with(jwk.clone(), &json!({"x5c": null, "crv": null, "x": null, "k": null}))),
        ("null private members", with(jwk.clone(), &json!({"d": null, "p": null, "q": null, "oth": null}))),
        ("ordinary base64", with(jwk.clone(), &json!({"n": STANDARD_NO_PAD.encode(&n)}))),
        ("ordinary base64, padded", with(jwk.clone(), &json!({"n": STANDARD.encode(&n)}))),
        ("base64url, padded", with(jwk.clone(), &json!({"n": URL_SAFE.encode(&n)}))),
        ("base64 in lines", with(jwk.clone(), &json!({"n": lines}))),
        ("a sign byte before n", with(jwk.clone(), &json!({"n": zeros(1, &n)}))),
        ("nine zeros before n", with(jwk.clone(), &json!({"n": zeros(9, &n)}))),
        ("zeros before e", with(jwk.clone(), &json!({"e": zeros(5, &e)}))),
        ("an unregistered alg", with(jwk.clone(), &json!({"alg": "RSA"}))),
        ("Java's alg", with(jwk.clone(), &json!({"alg": "SHA256withRSA"}))),
        ("an alg in another case", with(jwk.clone(), &json!({"alg": "rs256"}))),
        ("an empty alg", with(jwk.clone(), &json!({"alg": ""}))),
        ("an alg with a blank", with(jwk.clone(), &json!({"alg": "RS256 "}))),
        (
            "an alg of a URL",
            with(jwk.clone(), &json!({"alg": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"})),
        ),
        ("a use of SPIFFE", with(jwk.clone(), &json!({"use": "jwt-svid"}))),
        ("key_ops of both", with(jwk.clone(), &json!({"key_ops": ["sign", "verify"]}))),
        (
            "unread members of any type",
            with(jwk.clone(), &json!({"x5t": 1, "x5c": 2, "x5u": [], "crv": {}, "ext": "yes"})),
        ),
        ("x5c alone", alone(json!([certificate]))),
        ("x5c with its chain", alone(json!([certificate, other, "not looked at"]))),
        (
            "x5c in lines",
            alone(json!([certificate
                .as_bytes()
                .chunks(76)
                .map(String::from_utf8_lossy)
                .collect::<Vec<_>>()
                .join("\n")])),
        ),
        ("x5c without kty", json!({"x5c": [certificate]})),
        ("x5c beside nulls", json!({"kty": "RSA", "n": null, "e": null, "x5c": [certificate]})),
        ("n and e rule over x5c", with(jwk.clone(), &json!({"x5c": [other]}))),
        ("n and e beside junk in x5c", with(jwk.clone(), &json!({"x5c": ["?"]}))),
        ("Entra's members", with(entra, &json!({"cloud_instance_name": null, "issuer": ISSUER}))),
    ] {
        check_read(what, &set(&jwk), &key, &stranger);
    }
}

#[test]
fn a_document_is_read_whatever_stands_around_what_is_read() {
    let (key, stranger) = (rsa(), SigningKey::rsa(RsaFixture::Stranger));
    let jwk = key.public_jwk().to_string();
    let key_with = |more: &str| format!(r#"{{"keys":[{},{more}}}]}}"#, jwk.trim_end_matches('}'));
    let (plain, deep) =
        (format!(r#"{{"keys":[{jwk}]}}"#), format!("{}1{}", "[".repeat(1_000), "]".repeat(1_000)));
    for (what, document) in [
        ("a byte order mark", format!("\u{feff}{plain}")),
        ("a byte order mark and a line", format!("\u{feff}\r\n{plain}\r\n")),
        ("white space", format!(" \t\r\n{plain}\n\n ")),
        ("white space and a byte order mark", format!("\n\u{feff}{plain}")),
        ("a member twice beside keys", format!(r#"{{"v":1,"keys":[{jwk}],"v":2}}"#)),
        ("nulls beside keys", format!(r#"{{"next":null,"keys":[{jwk}]}}"#)),
        ("x5t twice", key_with(r#""x5t":"a","x5t":"b""#)),
        ("a member of nobody's twice", key_with(r#""ext":true,"ext":false"#)),
        ("a member twice within one that is not read", key_with(r#""meta":{"a":1,"a":2}"#)),
        ("k twice, which no public key has", key_with(r#""k":"a","k":"b""#)),
        ("a number beyond every float", key_with(r#""nbf":1e999"#)),
        ("half a surrogate", key_with(r#""name":"\ud800""#)),
        ("nesting", key_with(&format!(r#""deep":{deep}"#))),
        ("entries that are no keys", format!(r#"{{"keys":[null,1,"a",[],{{}},{jwk}]}}"#)),
    ] {
        check_read(what, &document, &key, &stranger);
    }
}

#[test]
fn a_member_that_is_read_and_given_twice_makes_its_key_unusable_and_no_other() {
    let jwk = rsa().public_jwk();
    let good = SigningKey::rsa(RsaFixture::Second);
    for name in ["kty", "use", "alg", "kid", "n", "e", "issuer", "key_ops"] {
        let value = with(jwk.clone(), &json!({"issuer": ISSUER, "key_ops": ["verify"]}))[name].to_string();
        let twice = format!(
            r#"{{"{name}":{value},{}"#,
            &with(jwk.clone(), &json!({"issuer": ISSUER, "key_ops": ["verify"]})).to_string()[1..]
        );
        let document = format!(r#"{{"keys":[{twice},{}]}}"#, good.public_jwk());
        let read = KeySet::from_jwks_document(document.as_bytes(), 9).expect("one is good");
        assert_eq!((read.key_set.len(), read.skipped.total()), (1, 1), "{name}");
        let said = read.skipped.to_string();
        assert!(said.ends_with(&format!("{name} is given twice")), "{said}");
    }
}

#[test]
fn a_curve_key_is_read_with_and_without_leading_zeros() {
    let start = |make: fn() -> SigningKey, zero: &str| {
        let lacks = |key: &SigningKey| bytes(&key.public_jwk(), zero).first() == Some(&0);
        std::iter::repeat_with(make).take(20_000).find(lacks).expect("one key in 256 has a zero there")
    };
    for (make, algorithm) in [
        (SigningKey::p256 as fn() -> SigningKey, Algorithm::Es256),
        (SigningKey::p384, Algorithm::Es384),
        (SigningKey::p521, Algorithm::Es512),
    ] {
        for zero in ["x", "y"] {
            let (key, stranger) = (start(make, zero), make());
            let jwk = key.public_jwk();
            let digits = |member: &str| {
                let bytes = bytes(&jwk, member);
                bytes.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<_>>()
            };
            let (x, y) = (digits("x"), digits("y"));
            let signed = |digits: &[u8]| [&[0, 0, 0][..], digits].concat();
            for (what, changes) in [
                ("as numbers", json!({"x": base64url::encode(&x), "y": base64url::encode(&y)})),
                (
                    "as signed numbers",
                    json!({"x": base64url::encode(signed(&x)), "y": base64url::encode(signed(&y))}),
                ),
                (
                    "in ordinary base64",
                    json!({"x": STANDARD.encode(&x), "y": STANDARD.encode(bytes(&jwk, "y"))}),
                ),
                ("with nulls", json!({"alg": null, "use": null, "d": null, "n": null})),
                ("with another name for alg", json!({"alg": "ECDSA"})),
            ] {
                check_read(
                    &format!("{algorithm} {what}"),
                    &set(&with(jwk.clone(), &changes)),
                    &key,
                    &stranger,
                );
            }
        }
    }
    let (key, stranger) = (SigningKey::ed25519(), SigningKey::ed25519());
    let jwk = key.public_jwk();
    for (what, changes) in [
        ("ordinary base64", json!({"x": STANDARD.encode(bytes(&jwk, "x"))})),
        ("a newer alg", json!({"alg": "Ed25519"})),
        ("null alg", json!({"alg": null, "y": null})),
    ] {
        check_read(what, &set(&with(jwk.clone(), &changes)), &key, &stranger);
    }
}

#[test]
fn no_generosity_lets_a_key_do_what_its_type_cannot() {
    let (jwk, curve) = (rsa().public_jwk(), SigningKey::p256().public_jwk());
    let n = bytes(&jwk, "n");
    let weak = SigningKey::rsa(RsaFixture::Weak).public_jwk();
    let certificate = STANDARD.encode(RsaFixture::First.certificate());
    let secret = base64url::encode([7; 64]);
    for (what, odd) in [
        (
            "a weak key behind zeros",
            with(
                weak.clone(),
                &json!({"n": base64url::encode([&[0; 200][..], &bytes(&weak, "n")].concat())}),
            ),
        ),
        (
            "n that only padding makes long",
            with(jwk.clone(), &json!({"n": format!("{}====", base64url::encode(&n[..200]))})),
        ),
        ("n in two alphabets of junk", with(jwk.clone(), &json!({"n": "+_/-!"}))),
        ("a shared secret", json!({"kty": "oct", "k": secret, "alg": null})),
        ("a shared secret beside a certificate", json!({"kty": "oct", "k": secret, "x5c": [certificate]})),
        ("a certificate that calls itself a secret", json!({"kty": "oct", "x5c": [certificate]})),
        ("a certificate of another type", json!({"kty": "EC", "crv": "P-256", "x5c": [certificate]})),
        ("a certificate with a curve", json!({"kty": "RSA", "crv": "P-256", "x5c": [certificate]})),
        ("a certificate beside half a key", json!({"kty": "RSA", "e": "AQAB", "x5c": [certificate]})),
        ("a certificate that is none", json!({"kty": "RSA", "x5c": ["AAAA"]})),
        ("no certificate", json!({"kty": "RSA", "x5c": []})),
        ("a certificate as text", json!({"kty": "RSA", "x5c": certificate})),
        ("a certificate for encryption", json!({"kty": "RSA", "use": "enc", "x5c": [certificate]})),
        (
            "a certificate under a registered alg of another type",
            json!({"kty": "RSA", "alg": "ES256", "x5c": [certificate]}),
        ),
        (
            "a point that padding moves off the curve",
            with(curve.clone(), &json!({"x": base64url::encode(&bytes(&curve, "x")[..31])})),
        ),
        (
            "a coordinate that is too long",
            with(curve.clone(), &json!({"x": base64url::encode([&[1][..], &bytes(&curve, "x")].concat())})),
        ),
        ("an empty coordinate", with(curve.clone(), &json!({"x": ""}))),
        ("a short Ed25519 key", json!({"kty": "OKP", "crv": "Ed25519", "x": base64url::encode([9; 31])})),
        ("use enc", with(jwk.clone(), &json!({"use": "enc"}))),
        ("a use of nobody's", with(jwk.clone(), &json!({"use": "signature"}))),
        ("x509-svid", with(jwk.clone(), &json!({"use": "x509-svid"}))),
        ("a registered alg for encryption", with(jwk.clone(), &json!({"alg": "RSA-OAEP-256"}))),
        ("a registered alg of another curve", with(curve.clone(), &json!({"alg": "ES256K"}))),
        ("alg none", with(jwk.clone(), &json!({"alg": "none"}))),
        ("HMAC under a public key", with(jwk.clone(), &json!({"alg": "HS256"}))),
        ("null kty", with(jwk.clone(), &json!({"kty": null}))),
        ("null n", with(jwk.clone(), &json!({"n": null}))),
    ] {
        let read = KeySet::from_jwks_document(set(&odd).as_bytes(), 9);
        assert!(read.is_err(), "{what}: {odd}");
    }
    let key = rsa();
    let pinned = bench(&set(&with(key.public_jwk(), &json!({"alg": "PS256"}))));
    assert_ne!(pinned.on(&plain().sign(&key)), "allowed", "a registered alg restricts");
}

#[test]
fn null_names_do_not_make_keys_one() {
    let keys = [rsa(), SigningKey::rsa(RsaFixture::Second), SigningKey::p256()];
    let jwks: Vec<_> = keys.iter().map(|key| with(key.public_jwk(), &json!({"kid": null}))).collect();
    let bench = bench(&json!({"keys": jwks}).to_string());
    for key in &keys {
        assert_eq!(bench.on(&plain().without_header("kid").sign(key)), "allowed");
    }
}

fn settings() -> ProviderSettings {
    ProviderSettings {
        name: "idp".to_owned(),
        document: ProviderDocument::Discovery {
            url: Url::parse("https://idp.example/d").expect("a URL"),
            issuer: None,
        },
        cluster: "idp".to_owned(),
        jwks_cluster: None,
        timeout: Duration::from_secs(5),
        plain_http: PlainHttp::Refused,
        policies: Vec::new(),
    }
}

#[test]
fn a_discovery_document_is_read_like_a_key_set() {
    let plain = r#"{"issuer":"https://idp.example","jwks_uri":"https://idp.example/keys"}"#;
    let more = |more: &str| plain.replacen('{', &format!("{{{more},"), 1);
    for document in [
        plain.to_owned(),
        format!("\u{feff}{plain}"),
        format!("\u{feff}\n {plain}\n"),
        format!(" \r\n\t{plain}"),
        more(r#""scopes_supported":["a"],"scopes_supported":["b"]"#),
        more(r#""token_endpoint":null,"token_endpoint":"https://a""#),
        more(r#""mtls":{"token_endpoint":1,"token_endpoint":2}"#),
        more(r#""claims_supported":null"#),
        more(r#""max_age":1e999"#),
        more(r#""service":"\udc00""#),
        more(&format!(r#""deep":{}{}"#, "[".repeat(500), "]".repeat(500))),
        plain.replace("issuer", "iss\\u0075er"),
    ] {
        let read = ProviderMetadata::parse(document.as_bytes(), &settings());
        let read = read.unwrap_or_else(|error| panic!("{document}: {error:?}"));
        assert_eq!(
            (read.issuer.as_str(), read.jwks_uri.path()),
            ("https://idp.example", "/keys"),
            "{document}"
        );
    }
    for (document, expected) in [
        (more(r#""issuer":"https://evil.example""#), "gives issuer twice"),
        (more(r#""issuer":"https://idp.example""#), "gives issuer twice"),
        (more(r#""issuer":null"#), "gives issuer twice"),
        (more(r#""jwks_uri":"https://evil.example/keys""#), "gives jwks_uri twice"),
        (plain.replace("\"https://idp.example\"", "null"), "has no issuer"),
        (plain.replace("\"https://idp.example\"", "7"), "has no issuer"),
        (plain.replace("\"https://idp.example\"", "\"\""), "has no issuer"),
        (plain.replace("\"https://idp.example/keys\"", "null"), "has no jwks_uri"),
        (
            plain.replace("https://idp.example/keys", "keys"),
            "has no usable jwks_uri: expected a URL, found \"keys\"",
        ),
        (plain.replace("https://idp.example/keys", "http://idp.example/keys"), "has an http:// jwks_uri"),
        ("[]".to_owned(), "is unusable: expected a JSON object, found an array"),
        (String::new(), "is unusable: expected a JSON object, found nothing"),
        ("<html>".to_owned(), "is unusable: expected a JSON object, found HTML or XML, \"<html>\""),
        (format!("{plain}{plain}"), "is unusable: expected a JSON object, found invalid JSON at line 1"),
        (format!("{plain};"), "is unusable: expected a JSON object, found invalid JSON at line 1"),
    ] {
        let error =
            ProviderMetadata::parse(document.as_bytes(), &settings()).expect_err(&document).to_string();
        assert!(error.starts_with(&format!("the discovery document {expected}")), "{document}: {error}");
    }
}

#[test]
fn a_token_without_kid_is_tried_first_with_the_key_that_its_x5t_means() {
    let keys: Vec<SigningKey> =
        (0..12).map(|at| SigningKey::p256().with_key_id(format!("key-{at:02}"))).collect();
    let set: Vec<Value> = keys.iter().map(SigningKey::entra_jwk).collect();
    let provider = json!({"jwks_uri": "https://idp.example/keys", "issuer": "https://idp.example"});
    let policy = json!({"openid_config": [provider], "audiences": [crate::bench::AUDIENCE]});
    let mut bench = Bench::new(&json!({"validate_jwt": policy}));
    bench.provide(0, "https://idp.example", &set);
    let last = &keys[11];
    let token = plain().without_header("kid");
    assert_eq!(bench.on(&token.clone().header("x5t", last.key_id()).sign(last)), "allowed");
    // More keys than are tried, and no hint, or a wrong one.
    assert_eq!(bench.settled(&token.clone().sign(last)), "signature_key_not_found");
    assert_eq!(bench.settled(&token.header("x5t", "key-00").sign(last)), "signature_key_not_found");
}
