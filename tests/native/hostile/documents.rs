//! Section 6: what a key endpoint may say, as far as it can be decided without asking one.

use serde_json::{Value, json};
use validate_jwt::token::{KeySet, KeySetError, base64url};
use validate_jwt_testbed::token::{RsaFixture, SigningKey};

use super::{ISSUER, guarded, jwk_bytes, row, settled};
use crate::bench::plain;

fn rsa() -> SigningKey {
    SigningKey::rsa(RsaFixture::First)
}

fn read(document: &str) -> Result<usize, KeySetError> {
    KeySet::from_jwks_document(document.as_bytes(), 200).map(|document| document.key_set.len())
}

#[test]
fn what_is_no_key_set_is_no_success() {
    let key = rsa().public_jwk();
    for document in [
        "",
        " ",
        "null",
        "[]",
        "{}",
        "true",
        "\"keys\"",
        r#"{"keys":null}"#,
        r#"{"keys":{}}"#,
        r#"{"keys":"a"}"#,
        r#"{"keys":[]}"#,
        r#"{"keys":[null,1,"a",[],{}]}"#,
        r#"{"error":"busy"}"#,
        "callback({\"keys\":[]})",
        "<html></html>",
        r#"{"keys":["#,
    ] {
        assert!(read(document).is_err(), "row 89: {document}");
    }
    assert!(read(&key.to_string()).is_err(), "row 89: one bare key");
    let good = json!({"keys": [key]}).to_string();
    assert_eq!(read(&good), Ok(1));
    for document in [
        format!("{good}{good}"),
        good.replace("}]", "}"),
        format!(r#"{{"keys":[],{}"#, &good[1..]),
        format!("{good};"),
    ] {
        assert!(read(&document).is_err(), "row 89: {document}");
    }
    assert!(
        KeySet::from_jwks_document(&good.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(), 200)
            .is_err(),
        "row 92"
    );
    let crowd: Vec<_> = (0..201).map(|_| &key).collect();
    assert_eq!(read(&json!({"keys": crowd}).to_string()), Err(KeySetError::TooManyKeys), "row 88");
}

#[test]
fn keys_of_one_name_are_both_tried() {
    let mut bench = guarded(&[&rsa()]);
    let (second, curve) = (
        SigningKey::rsa(RsaFixture::Second).with_key_id(rsa().key_id()),
        SigningKey::p256().with_key_id(rsa().key_id()),
    );
    bench.provide(0, ISSUER, &[rsa().entra_jwk(), second.entra_jwk(), curve.entra_jwk()]);
    row(94, &bench, "allowed", [&rsa(), &second, &curve].map(|key| plain().sign(key)));
    row(
        94,
        &bench,
        "signature_invalid",
        [plain().sign(&SigningKey::rsa(RsaFixture::Stranger).with_key_id(rsa().key_id()))],
    );
}

#[test]
fn a_key_needs_neither_name_nor_algorithm_nor_use() {
    let mut bench = guarded(&[&rsa()]);
    let bare = json!({"kty": "RSA", "n": rsa().public_jwk()["n"], "e": "AQAB"});
    bench.provide(0, ISSUER, &[bare]);
    row(95, &bench, "allowed", [plain().sign(&rsa()), plain().without_header("kid").sign(&rsa())]);
}

/// Entries that are no keys for signatures, each with its row.
fn odd() -> Vec<(u8, Value)> {
    let with = |changes: Value| {
        let mut jwk = rsa().public_jwk();
        for (name, value) in changes.as_object().into_iter().flatten() {
            jwk[name] = value.clone();
        }
        jwk
    };
    let modulus = jwk_bytes(&rsa(), "n");
    let mut even = modulus.clone();
    *even.last_mut().expect("256 bytes") &= 0xfe;
    let number = |bytes: &[u8]| base64url::encode(bytes);
    let curve = SigningKey::p256().public_jwk();
    let point = |x: &str, y: &str| json!({"kty": "EC", "crv": "P-256", "x": x, "y": y});
    let (zero, x) = (number(&[0; 32]), curve["x"].as_str().expect("text").to_owned());
    vec![
        (96, with(json!({"use": "enc"}))),
        (96, with(json!({"use": 1}))),
        (96, with(json!({"key_ops": ["sign"]}))),
        (96, with(json!({"key_ops": "verify"}))),
        (96, with(json!({"key_ops": [1]}))),
        (96, with(json!({"alg": ["RS256"]}))),
        (96, with(json!({"alg": "RSA-OAEP"}))),
        (97, json!({"kty": "oct", "k": number(&[7; 64]), "kid": rsa().key_id()})),
        (98, json!({"kty": "AKP", "alg": "ML-DSA-65", "pub": "AAAA"})),
        (98, json!({"kty": "OKP", "crv": "X25519", "x": zero})),
        (98, json!({"kty": "EC", "crv": "secp256k1", "x": zero, "y": zero})),
        (98, json!({"kty": "EC", "crv": "P-192", "x": zero, "y": zero})),
        (98, json!({"kty": "RSA"})),
        (98, json!({"kty": 1})),
        (98, json!(null)),
        (98, json!(7)),
        (98, json!([])),
        (99, SigningKey::rsa(RsaFixture::Weak).public_jwk()),
        (99, with(json!({"n": "AA"}))),
        (99, with(json!({"n": ""}))),
        (99, with(json!({"n": number(&even)}))),
        (99, with(json!({"n": number(&modulus[..128])}))),
        (99, with(json!({"n": number(&[0xff; 2048])}))),
        (99, with(json!({"n": "+/+/"}))),
        (99, with(json!({"e": "AA"}))),
        (99, with(json!({"e": "AQ"}))),
        (99, with(json!({"e": "Ag"}))),
        (99, with(json!({"e": number(&modulus)}))),
        (100, point(&zero, &zero)),
        (100, point(&x, &zero)),
        (100, point(&number(&[0xff; 32]), &x)),
        (100, point(&x[..40], &x)),
        (100, point(&number(&[1; 33]), &x)),
        (100, point("", &x)),
        (100, json!({"kty": "EC", "crv": "P-384", "x": curve["x"], "y": curve["y"]})),
        (100, json!({"kty": "OKP", "crv": "Ed25519", "x": number(&[9; 31])})),
        (101, json!({"kty": "EC", "crv": "P-256", "x5c": rsa().entra_jwk()["x5c"]})),
        (101, json!({"kty": "RSA", "n": null, "e": "AQAB", "x5c": rsa().entra_jwk()["x5c"]})),
    ]
}

#[test]
fn an_odd_key_is_skipped_and_spoils_nothing() {
    for (number, jwk) in odd() {
        let alone = read(&json!({"keys": [jwk]}).to_string());
        assert!(matches!(alone, Err(KeySetError::NoUsableKey(_))), "row {number}: {jwk}: {alone:?}");
    }
    let good = SigningKey::rsa(RsaFixture::Second);
    let mut keys: Vec<_> = odd().into_iter().map(|(_, jwk)| jwk).collect();
    keys.insert(5, good.public_jwk());
    let document = json!({"keys": keys}).to_string();
    let read = KeySet::from_jwks_document(document.as_bytes(), 200).expect("one is good");
    assert_eq!((read.key_set.len(), read.skipped.total()), (1, odd().len()), "row 98");
    let mut bench = guarded(&[&rsa()]);
    bench.provide_document(ISSUER, &document);
    assert_eq!(settled(&bench, &plain().sign(&good)), "allowed", "row 98");
    let shared = SigningKey::symmetric(vec![7; 64]).with_key_id(rsa().key_id());
    row(97, &bench, "algorithm_not_allowed", [plain().sign(&shared)]);
}

#[test]
fn private_members_and_foreign_ones_change_nothing() {
    let mut bench = guarded(&[&rsa()]);
    let mut jwk = rsa().entra_jwk();
    for name in ["d", "p", "q", "cloud_instance_name", "x5t#S256", "__proto__"] {
        jwk[name] = json!("AAAA");
    }
    bench.provide(0, ISSUER, &[jwk]);
    row(101, &bench, "allowed", [plain().sign(&rsa())]);
}
