//! Section 1: algorithm and key confusion.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use validate_jwt::config::Config;
use validate_jwt::token::{KeySet, KeySetError, base64url};
use validate_jwt_testbed::token::{Algorithm, RsaFixture, SigningKey, TokenRecipe, tamper};

use super::{
    guarded, guarded_with, hexadecimal, jwk_bytes, minus, row, settled, signature_of, with_signature,
};
use crate::bench::{AUDIENCE, Bench, inline, plain};

fn rsa() -> SigningKey {
    SigningKey::rsa(RsaFixture::First)
}

#[test]
fn an_unsigned_token_is_refused_however_none_is_spelt() {
    let bench = guarded(&[&rsa()]);
    let spellings = ["none", "None", "NONE", "nOnE", "", "none\0", " none", "none "];
    let unsigned = |name: &str| plain().header("alg", name).header("kid", rsa().key_id()).unsigned();
    row(1, &bench, "algorithm_not_allowed", spellings.map(unsigned));
    let signed = |name: &str| plain().header("alg", name).sign(&rsa());
    row(1, &bench, "algorithm_not_allowed", spellings.into_iter().skip(1).map(signed));
    row(1, &bench, "token_malformed", [signed("none")]);
    row(1, &bench, "token_malformed", spellings.map(|name| unsigned(name).trim_end_matches('.').to_owned()));
    // The payload of a good token under another's header.
    let good = plain().sign(&rsa());
    row(
        1,
        &bench,
        "algorithm_not_allowed",
        [tamper::strip_signature(&tamper::change_header(&good, |header| {
            header.insert("alg".to_owned(), json!("none"));
        }))],
    );
}

#[test]
fn a_signature_that_was_cut_off_is_refused() {
    for key in [rsa(), SigningKey::p256(), SigningKey::p384(), SigningKey::p521(), SigningKey::ed25519()] {
        let bench = guarded(&[&key]);
        let good = plain().sign(&key);
        row(2, &bench, "signature_invalid", [tamper::strip_signature(&good)]);
        row(2, &bench, "token_malformed", [good.rsplit_once('.').expect("dots").0.to_owned()]);
        assert_eq!(settled(&bench, &good), "allowed");
    }
}

#[test]
fn a_public_key_is_no_secret_in_any_spelling() {
    let key = rsa();
    let pem = key.public_pem().expect("RSA keys have one");
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let jwk = key.public_jwk();
    let secrets: Vec<Vec<u8>> = vec![
        pem.clone().into_bytes(),
        pem.trim_end().as_bytes().to_vec(),
        pem.replace('\n', "\r\n").into_bytes(),
        body.clone().into_bytes(),
        STANDARD.decode(&body).expect("PEM is base64"),
        RsaFixture::First.certificate().to_vec(),
        jwk_bytes(&key, "n"),
        jwk["n"].to_string().into_bytes(),
        jwk.to_string().into_bytes(),
        json!({"keys": [jwk]}).to_string().into_bytes(),
    ];
    let forged = |secret: &Vec<u8>, algorithm| {
        let secret = SigningKey::symmetric(secret.clone()).with_key_id(key.key_id());
        plain().algorithm(algorithm).sign(&secret)
    };
    let published = guarded(&[&key]);
    // A policy in which HMAC is allowed: the type of the key decides.
    let mut mixed = inline(&key, &json!({}));
    mixed["validate_jwt"]["issuer_signing_keys"]
        .as_array_mut()
        .expect("a list")
        .push(json!({"id": "shared", "key": STANDARD.encode([7; 64])}));
    let mixed = Bench::new(&mixed);
    for algorithm in [Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512] {
        for bench in [&published, &mixed] {
            row(3, bench, "algorithm_not_allowed", secrets.iter().map(|secret| forged(secret, algorithm)));
        }
        let unnamed = |secret: &Vec<u8>| {
            plain().algorithm(algorithm).without_header("kid").sign(&SigningKey::symmetric(secret.clone()))
        };
        row(3, &mixed, "signature_invalid", secrets.iter().map(unnamed));
    }
    for key in [SigningKey::p256(), SigningKey::ed25519()] {
        let point = SigningKey::symmetric(jwk_bytes(&key, "x")).with_key_id(key.key_id());
        row(3, &guarded(&[&key]), "algorithm_not_allowed", [plain().sign(&point)]);
    }
}

#[test]
fn guessable_secrets_open_nothing() {
    let bench = guarded(&[&rsa()]);
    let forged = ["", "secret", rsa().key_id(), "/dev/null"]
        .map(|secret| plain().sign(&SigningKey::symmetric(secret).with_key_id(rsa().key_id())));
    row(4, &bench, "algorithm_not_allowed", forged);
    let nameless = plain().key_id("../../../../dev/null").sign(&SigningKey::symmetric(""));
    row(4, &bench, "algorithm_not_allowed", [nameless]);
}

#[test]
fn an_algorithm_that_is_no_exact_name_is_refused() {
    let bench = guarded(&[&rsa()]);
    let spelt = |value: Value| plain().header("alg", value).sign(&rsa());
    row(
        5,
        &bench,
        "token_malformed",
        [json!(null), json!(256), json!(["RS256"]), json!({"RS256": 1}), json!(true)].map(spelt),
    );
    row(
        5,
        &bench,
        "algorithm_not_allowed",
        ["rs256", "RS256 ", " RS256", "RS\u{ff12}56", "SHA256withRSA"].map(|name| spelt(json!(name))),
    );
    let raw = |header: &str| plain().raw_header(header).sign(&rsa());
    row(
        5,
        &bench,
        "token_malformed",
        [raw("{}"), raw(r#"{"ALG":"RS256"}"#), raw(r#"{"Alg":"RS256","typ":"JWT"}"#)],
    );
}

#[test]
fn an_algorithm_outside_the_list_is_refused_before_the_payload_is_read() {
    let narrow = guarded_with(&[&rsa()], &json!({"algorithms": ["RS256"]}));
    for name in [
        "ES256K",
        "RSA1_5",
        "dir",
        "PBES2-HS256+A128KW",
        "RSA-OAEP",
        "HS256",
        "PS256",
        "ES256",
        "EdDSA",
        "RS512",
    ] {
        let header = json!({"alg": name, "kid": rsa().key_id()}).to_string();
        row(
            6,
            &narrow,
            "algorithm_not_allowed",
            [format!("{}.!not base64!.?", base64url::encode(header)).replace(' ', "")],
        );
    }
}

#[test]
fn a_signature_of_another_scheme_or_hash_does_not_hold() {
    let bench = guarded(&[&rsa()]);
    for (said, done) in [
        ("PS256", Algorithm::Rs256),
        ("RS256", Algorithm::Ps256),
        ("RS256", Algorithm::Rs512),
        ("RS512", Algorithm::Rs256),
        ("PS256", Algorithm::Ps384),
        ("PS512", Algorithm::Ps256),
    ] {
        row(7, &bench, "signature_invalid", [plain().header("alg", said).algorithm(done).sign(&rsa())]);
    }
}

#[test]
fn the_keys_own_algorithm_type_and_curve_bind_the_token() {
    let mut pinned = guarded(&[&rsa()]);
    pinned.provide(0, super::ISSUER, &[rsa().public_jwk()]);
    row(8, &pinned, "algorithm_not_allowed", [plain().algorithm(Algorithm::Ps256).sign(&rsa())]);
    assert_eq!(settled(&pinned, &plain().sign(&rsa())), "allowed");
    let (p256, p384) = (SigningKey::p256(), SigningKey::p384());
    let bench = guarded(&[&rsa(), &p256, &p384]);
    let under = |key_id: &str, key: &SigningKey| plain().key_id(key_id).sign(key);
    row(
        9,
        &bench,
        "algorithm_not_allowed",
        [
            plain().header("alg", "ES256").sign(&p384),
            plain().header("alg", "ES512").sign(&p384),
            under(rsa().key_id(), &p256),
            under(p384.key_id(), &p256),
            under(p256.key_id(), &rsa()),
        ],
    );
    for (curve, algorithm) in [("P-384", Value::Null), ("P-256", json!("ES384")), ("P-256", json!("RS256"))] {
        let mut jwk = p256.public_jwk();
        (jwk["crv"], jwk["alg"]) = (json!(curve), algorithm);
        let document = json!({"keys": [jwk]}).to_string();
        let read = KeySet::from_jwks_document(document.as_bytes(), 9);
        assert!(matches!(read, Err(KeySetError::NoUsableKey(_))), "row 9: {document}");
    }
}

/// The orders of P-256 and P-384 (FIPS 186-5, via SEC 2).
const P256_ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const P384_ORDER: &str =
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";

#[test]
fn ecdsa_signatures_of_zero_or_the_order_are_refused() {
    for (key, order, length) in [
        (SigningKey::p256(), hexadecimal(P256_ORDER), 32),
        (SigningKey::p384(), hexadecimal(P384_ORDER), 48),
        (SigningKey::p521(), vec![0xff; 66], 66),
    ] {
        let bench = guarded(&[&key]);
        let good = plain().sign(&key);
        let (r, s) = {
            let bytes = signature_of(&good);
            (bytes[..length].to_vec(), bytes[length..].to_vec())
        };
        let zero = vec![0; length];
        let mut one = zero.clone();
        one[length - 1] = 1;
        let pairs = [
            (&zero, &zero),
            (&zero, &s),
            (&r, &zero),
            (&order, &s),
            (&r, &order),
            (&order, &order),
            (&one, &one),
            (&s, &r),
        ];
        row(
            10,
            &bench,
            "signature_invalid",
            pairs.map(|(r, s)| with_signature(&good, &[&r[..], s].concat())),
        );
    }
}

#[test]
fn an_ecdsa_signature_has_one_form_and_its_twin_is_no_identity() {
    let key = SigningKey::p256();
    let bench = guarded(&[&key]);
    // One in 256 signatures begins with a zero.
    let (good, bytes) = (0..100_000)
        .map(|at| plain().claim("jti", at.to_string()).sign(&key))
        .map(|token| {
            let bytes = signature_of(&token);
            (token, bytes)
        })
        .find(|(_, bytes)| bytes[0] == 0)
        .expect("one in a hundred thousand");
    let (r, s) = bytes.split_at(32);
    let integer = |digits: &[u8]| [&[2, 33, 0], digits].concat();
    let der = [&[0x30, 70][..], &integer(r), &integer(s)].concat();
    let forms = [
        bytes[1..].to_vec(),
        [&bytes[1..], &[0]].concat(),
        bytes[..63].to_vec(),
        [&bytes[..], &[0]].concat(),
        [&[0], &bytes[..]].concat(),
        [&[0], r, &[0], s].concat(),
        der,
    ];
    row(11, &bench, "signature_invalid", forms.iter().map(|form| with_signature(&good, form)));
    let twin = [r, &minus(&hexadecimal(P256_ORDER), s)].concat();
    assert_eq!(
        settled(&bench, &with_signature(&good, &twin)),
        "allowed",
        "row 12: RFC 7518 knows no low-s rule"
    );
}

#[test]
fn ed25519_signatures_have_one_form_and_small_keys_are_dropped() {
    let key = SigningKey::ed25519();
    let bench = guarded(&[&key]);
    let good = plain().sign(&key);
    let bytes = signature_of(&good);
    let mut order = hexadecimal("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed");
    order.reverse();
    let mut carry = 0_u16;
    let malleated: Vec<u8> = bytes[32..]
        .iter()
        .zip(&order)
        .map(|(digit, order)| {
            carry += u16::from(*digit) + u16::from(*order);
            let digit = u8::try_from(carry & 255).expect("masked");
            carry >>= 8;
            digit
        })
        .collect();
    let mut identity = vec![0; 64];
    identity[0] = 1;
    row(
        13,
        &bench,
        "signature_invalid",
        [
            [&bytes[..32], &malleated].concat(),
            identity.clone(),
            vec![0; 64],
            bytes[..63].to_vec(),
            [&bytes[..], &[0]].concat(),
        ]
        .map(|form| with_signature(&good, &form)),
    );
    let small = [
        identity[..32].to_vec(),
        vec![0; 32],
        hexadecimal("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    ];
    for point in small.iter().chain([&vec![9; 31]]) {
        let document =
            json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": base64url::encode(point)}]}).to_string();
        assert!(KeySet::from_jwks_document(document.as_bytes(), 9).is_err(), "row 13: {document}");
    }
}

#[test]
fn an_rsa_signature_is_a_number_below_the_modulus_of_its_very_length() {
    let bench = guarded(&[&rsa()]);
    for algorithm in [Algorithm::Rs256, Algorithm::Ps256] {
        let good = plain().algorithm(algorithm).sign(&rsa());
        let (bytes, modulus) = (signature_of(&good), jwk_bytes(&rsa(), "n"));
        let zero = vec![0; modulus.len()];
        let mut one = zero.clone();
        one[modulus.len() - 1] = 1;
        let forms = [
            zero,
            one.clone(),
            minus(&modulus, &one),
            modulus.clone(),
            minus(&modulus, &bytes),
            vec![0xff; 256],
            [&[0], &bytes[..]].concat(),
            [&bytes[..], &[0]].concat(),
            bytes[1..].to_vec(),
            bytes[..255].to_vec(),
            [bytes.clone(), bytes.clone()].concat(),
        ];
        row(14, &bench, "signature_invalid", forms.iter().map(|form| with_signature(&good, form)));
        assert_eq!(settled(&bench, &good), "allowed");
    }
}

#[test]
fn a_weak_shared_secret_is_refused_at_load() {
    for secret in [&b""[..], b"secret", &[7; 31]] {
        let policy = json!({"validate_jwt": {"issuer_signing_keys": [{"key": STANDARD.encode(secret)}], "audiences": [AUDIENCE]}});
        let problems = Config::parse(policy.to_string().as_bytes()).expect_err("row 17");
        let text = problems.iter().map(ToString::to_string).collect::<String>();
        assert!(text.contains("issuer_signing_keys[0]"), "{text}");
    }
}

#[test]
fn a_token_changed_after_signing_is_refused() {
    let bench = guarded(&[&rsa()]);
    let good = plain().sign(&rsa());
    let changed = tamper::change_claims(&good, |claims| {
        claims.insert("sub".to_owned(), json!("admin"));
    });
    let other: TokenRecipe = plain().claim("sub", "admin");
    row(2, &bench, "signature_invalid", [changed, tamper::graft_signature(&other.sign(&rsa()), &good)]);
}
