//! `issuer_signing_keys` and `decryption_keys`: every form of a key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use validate_jwt::config::Config;
use validate_jwt::token::base64url;
use validate_jwt_testbed::token::{Algorithm, RsaFixture, SigningKey};

use super::{either, token};
use crate::bench::{Bench, encrypted, plain};

/// A policy with these inline keys only.
fn policy(keys: &[Value]) -> Bench {
    Bench::new(&json!({"validate_jwt": {"issuer_signing_keys": keys}}))
}

/// A key in this form verifies what the RSA fixture signed, and nothing else.
#[track_caller]
fn check_rsa_form(form: &Value) {
    let bench = policy(std::slice::from_ref(form));
    let (key, stranger) = (SigningKey::rsa(RsaFixture::First), SigningKey::rsa(RsaFixture::Stranger));
    assert_eq!(bench.on(&plain().sign(&key)), "allowed", "{form}");
    assert_eq!(bench.on(&plain().sign(&stranger)), "signature_invalid", "{form}");
}

fn rsa_jwk() -> Value {
    SigningKey::rsa(RsaFixture::First).public_jwk()
}

#[test]
fn issuer_signing_keys_are_trusted_for_every_issuer_that_the_policy_allows() {
    let key = SigningKey::p256();
    let keys = [json!({"jwk": key.public_jwk()})];
    let listed = Bench::new(&json!({"validate_jwt": {"issuer_signing_keys": keys, "issuers": ["a", "b"]}}));
    for (issuer, free, bound) in
        [("a", "allowed", "allowed"), ("b", "allowed", "allowed"), ("c", "allowed", "issuer_not_allowed")]
    {
        let token = plain().issuer(issuer).sign(&key);
        assert_eq!((policy(&keys).on(&token).as_str(), listed.on(&token).as_str()), (free, bound));
    }
}

#[test]
fn signing_key_n_and_e_are_modulus_and_exponent() {
    let jwk = rsa_jwk();
    check_rsa_form(&json!({"n": jwk["n"], "e": jwk["e"]}));
}

#[test]
fn signing_key_certificate_is_pem_or_der_in_base64() {
    let der = STANDARD.encode(RsaFixture::First.certificate());
    check_rsa_form(&json!({"certificate": der}));
    let pem = format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n");
    check_rsa_form(&json!({"certificate": pem}));
}

#[test]
fn signing_key_public_key_is_pem() {
    check_rsa_form(&json!({"public_key": SigningKey::rsa(RsaFixture::First).public_pem()}));
}

#[test]
fn signing_key_jwk_is_a_jwk_whose_alg_binds_it() {
    let mut jwk = rsa_jwk();
    check_rsa_form(&json!({"jwk": jwk}));
    jwk["alg"] = json!("PS256");
    let bench = policy(&[json!({"jwk": jwk})]);
    let key = SigningKey::rsa(RsaFixture::First);
    assert_eq!(bench.on(&plain().algorithm(Algorithm::Ps256).sign(&key)), "allowed");
    assert_eq!(bench.on(&plain().algorithm(Algorithm::Rs256).sign(&key)), "algorithm_not_allowed");
}

#[test]
fn signing_key_jwks_is_a_whole_set_read_as_generously_as_a_fetched_one() {
    let keys = [
        SigningKey::p256().with_key_id("1"),
        SigningKey::rsa(RsaFixture::First),
        SigningKey::symmetric([7; 64]).with_key_id("3"),
    ];
    let mut jwks: Vec<_> = keys.iter().map(SigningKey::public_jwk).collect();
    jwks[0]["alg"] = json!(null);
    jwks[0]["use"] = json!("jwt-svid");
    jwks[1] = json!({"kid": keys[1].key_id(), "alg": "RSA", "x5c": [STANDARD.encode(RsaFixture::First.certificate())]});
    jwks[2] = json!({"kty": "oct", "kid": "3", "k": STANDARD.encode([7; 64]), "alg": null});
    let odd = [json!(null), json!({"kty": "AKP"}), json!({"kty": "RSA", "use": "enc"})];
    jwks.extend(odd);
    let bench = policy(&[json!({"jwks": {"keys": jwks, "next": null}})]);
    for key in &keys {
        assert_eq!(bench.on(&plain().sign(key)), "allowed", "{}", key.key_id());
    }
    let stranger = SigningKey::p256();
    assert_eq!(bench.on(&plain().sign(&stranger.with_key_id("1"))), "signature_invalid");
}

#[test]
fn signing_key_n_and_e_are_read_like_those_of_a_jwk() {
    let jwk = rsa_jwk();
    let n = base64url::decode(jwk["n"].as_str().expect("a text")).expect("base64url");
    for n in [
        STANDARD.encode(&n),
        base64url::encode([&[0], &n[..]].concat()),
        STANDARD.encode([&[0; 3], &n[..]].concat()),
    ] {
        check_rsa_form(&json!({"n": n, "e": "AQAB"}));
        check_rsa_form(&json!({"n": n, "e": "AAEAAQ=="}));
        let xml = format!(
            r#"<validate-jwt header-name="Authorization"><issuer-signing-keys><key n="{n}" e="AQAB"/></issuer-signing-keys></validate-jwt>"#
        );
        let bench = Bench::of_text(&xml);
        assert_eq!(bench.on(&plain().sign(&SigningKey::rsa(RsaFixture::First))), "allowed", "{xml}");
    }
}

#[test]
fn signing_key_key_is_a_secret_in_base64() {
    let secret = [7; 32];
    let bench = policy(&[json!({"key": STANDARD.encode(secret)})]);
    assert_eq!(bench.on(&plain().sign(&SigningKey::symmetric(secret))), "allowed");
    assert_eq!(bench.on(&plain().sign(&SigningKey::symmetric([8; 32]))), "signature_invalid");
}

#[test]
fn signing_key_id_names_the_key_of_a_kid_and_where_it_names_none_every_key_is_tried() {
    let (first, second) = (SigningKey::p256().with_key_id("1"), SigningKey::p256().with_key_id("2"));
    let entry = |key: &SigningKey| json!({"id": key.key_id(), "jwk": key.public_jwk()});
    let bench = policy(&[entry(&first), entry(&second)]);
    assert_eq!(bench.on(&plain().sign(&second)), "allowed");
    assert_eq!(bench.on(&plain().sign(&second.with_key_id("1"))), "signature_invalid");
    assert_eq!(bench.on(&plain().sign(&second.with_key_id("unknown"))), "allowed");
}

/// A good token of [`either`] policy, encrypted with AES-256 in GCM, and the verdicts of both with these keys.
#[track_caller]
fn check_decryption(secret: [u8; 32], key_id: Option<&str>, keys: &Value, expected: &str) {
    let key = SigningKey::p256();
    let encrypted = encrypted(&token().sign(&key), &secret, key_id);
    for bench in either(&key, &json!({"decryption_keys": keys})) {
        assert_eq!(bench.on(&encrypted), expected, "{key_id:?}");
    }
}

#[test]
fn decryption_key_key_and_decryption_key_jwk_open_what_was_encrypted_for_them() {
    let (right, wrong) = ([3; 32], [4; 32]);
    let jwk = |secret: [u8; 32]| json!([{"jwk": {"kty": "oct", "k": base64url::encode(secret)}}]);
    for (secret, expected) in [(right, "allowed"), (wrong, "decryption_failed")] {
        check_decryption(right, None, &json!([{"key": STANDARD.encode(secret)}]), expected);
        check_decryption(right, None, &jwk(secret), expected);
    }
}

#[test]
fn decryption_key_jwks_and_jwk_are_read_by_the_reader_of_public_keys() {
    let vectors: Value = serde_json::from_str(include_str!("../../../src/token/vectors.json")).expect("JSON");
    let mut wrapped = vectors["encrypted"].as_array().into_iter().flatten();
    let wrapped = wrapped.find(|vector| vector["alg"] == "RSA-OAEP-256").expect("a vector");
    let token = wrapped["token"].as_str().expect("a token");
    let jwk = &vectors["rsa_private_jwk"];
    let bytes = |name: &str| base64url::decode(jwk[name].as_str().expect("a text")).expect("base64url");
    let with = |changes: Value| {
        let mut jwk = jwk.clone();
        for (name, value) in changes.as_object().into_iter().flatten() {
            jwk[name] = value.clone();
        }
        jwk
    };
    let zeros = |name: &str| base64url::encode([&[0, 0], &bytes(name)[..]].concat());
    for (jwk, expected) in [
        (with(json!({})), OPENED),
        (with(json!({"alg": null, "use": null, "key_ops": null, "kid": null, "oth": null})), OPENED),
        (with(json!({"n": STANDARD.encode(bytes("n")), "d": STANDARD.encode(bytes("d"))})), OPENED),
        (
            with(
                json!({"n": zeros("n"), "e": zeros("e"), "d": zeros("d"), "p": zeros("p"), "q": zeros("q")}),
            ),
            OPENED,
        ),
        (with(json!({"alg": "RSA"})), OPENED),
        (with(json!({"alg": ""})), OPENED),
        (with(json!({"alg": "rsa-oaep"})), OPENED),
        (with(json!({"alg": "RSA-OAEP-256"})), OPENED),
        (with(json!({"x5c": 7, "x5t": null})), OPENED),
        (with(json!({"alg": "RSA-OAEP"})), "decryption_failed"),
    ] {
        for keys in [json!([{"jwk": jwk}]), json!([{"jwks": {"keys": [null, {"kty": "EC"}, jwk]}}])] {
            for bench in either(&SigningKey::p256(), &json!({"decryption_keys": keys})) {
                assert_eq!(bench.on(token), expected, "{keys}");
            }
        }
    }
    for jwk in [
        with(json!({"use": "sig"})),
        with(json!({"alg": "RS256"})),
        with(json!({"d": null})),
        with(json!({"alg": "none"})),
    ] {
        for keys in [json!([{"jwk": jwk}]), json!([{"jwks": {"keys": [jwk]}}])] {
            let policy = json!({"tenant_id": "a.b", "audiences": ["a"], "decryption_keys": keys});
            let text = json!({"validate_azure_ad_token": policy}).to_string();
            assert!(Config::parse(text.as_bytes()).is_err(), "{keys}");
        }
    }
}

#[test]
fn decryption_key_id_names_the_key_of_a_kid() {
    let entry = |id: &str, secret: [u8; 32]| json!({"id": id, "key": STANDARD.encode(secret)});
    let keys = json!([entry("right", [3; 32]), entry("wrong", [4; 32])]);
    check_decryption([3; 32], Some("right"), &keys, "allowed");
    check_decryption([3; 32], Some("wrong"), &keys, "decryption_failed");
    check_decryption([3; 32], Some("neither"), &keys, "allowed");
}

#[test]
fn private_key_of_rsa_opens_a_content_key_that_was_wrapped_for_it() {
    let vectors: Value = serde_json::from_str(include_str!("../../../src/token/vectors.json")).expect("JSON");
    let wrapped = vectors["encrypted"].as_array().into_iter().flatten();
    let wrapped = wrapped.filter(|vector| vector["alg"] == "RSA-OAEP-256" && vector["enc"] == "A256GCM");
    let pem = vectors["rsa_private_pkcs1"].as_str().expect("a PEM");
    let mut count = 0;
    for vector in wrapped {
        let token = vector["token"].as_str().expect("a token");
        // What is inside is no token of this policy's issuer, but it could be read.
        for (pem, expected) in [(pem, OPENED), (RsaFixture::First.private_pem(), "decryption_failed")] {
            let keys = json!({"decryption_keys": [{"private_key": pem}]});
            for bench in either(&SigningKey::p256(), &keys) {
                assert_eq!(bench.on(token), expected);
            }
        }
        count += 1;
    }
    assert!(count > 0, "no vector of that kind");
}

const OPENED: &str = "issuer_not_allowed";

#[test]
fn decryption_key_certificate_public_key_and_decryption_key_n_e_only_verify_and_are_refused() {
    let jwk = rsa_jwk();
    for (key, field) in [
        (json!({"certificate": STANDARD.encode(RsaFixture::First.certificate())}), "certificate"),
        (json!({"public_key": SigningKey::rsa(RsaFixture::First).public_pem()}), "public_key"),
        (json!({"n": jwk["n"], "e": jwk["e"]}), "n"),
    ] {
        let policy = json!({"tenant_id": "a.b", "audiences": ["a"], "decryption_keys": [key]});
        let text = json!({"validate_azure_ad_token": policy}).to_string();
        let problems = Config::parse(text.as_bytes()).expect_err("refused");
        let told = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        let expected =
            format!("validate_azure_ad_token.decryption_keys[0].{field}: expected a key that decrypts");
        assert!(told.starts_with(&expected), "{told}");
    }
}
