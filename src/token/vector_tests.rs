//! Tokens that other programs made: every algorithm, every form of a key, and every way to spoil a signature.
//!
//! `vectors.json` was minted once with the Python packages `cryptography` and `joserfc`; the RFCs' own examples
//! are beside them.

use serde_json::{Map, Value, json};

use super::{
    Algorithm, AlgorithmSet, CompactToken, DecryptionKey, IssuerPattern, Key, KeySet, KeyUnusable,
    SandboxEngine, SignatureEngine, SignedToken, TokenError, base64url,
};

fn vectors() -> Map<String, Value> {
    serde_json::from_str(include_str!("vectors.json")).unwrap()
}

fn list<'a>(vectors: &'a Map<String, Value>, name: &str) -> &'a Vec<Value> {
    let list = vectors[name].as_array().unwrap();
    assert!(!list.is_empty());
    list
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn key(jwk: &Value) -> Key {
    Key::from_inline_jwk(jwk.as_object().unwrap()).unwrap()
}

fn algorithm(vector: &Value) -> Algorithm {
    Algorithm::from_name(text(vector, "alg")).unwrap()
}

fn signed(token: &str) -> SignedToken<'_> {
    match CompactToken::parse(token.as_bytes()).unwrap() {
        CompactToken::Signed(token) => token,
        CompactToken::Encrypted(_) => panic!("five segments"),
    }
}

fn verify(key: &Key, token: &str) -> Result<(), TokenError> {
    let token = signed(token);
    let algorithm = token.header().algorithm().unwrap();
    SandboxEngine.verify(algorithm, key, token.signing_input(), &token.signature().unwrap())
}

#[test]
fn every_algorithm_verifies_what_other_programs_and_the_rfcs_signed() {
    let vectors = vectors();
    let mut seen = AlgorithmSet::EMPTY;
    for vector in list(&vectors, "signed").iter().chain(list(&vectors, "rfc_signed")) {
        assert_eq!(verify(&key(&vector["jwk"]), text(vector, "token")), Ok(()), "{vector}");
        seen.insert(algorithm(vector));
    }
    assert_eq!(seen, AlgorithmSet::ASYMMETRIC.union(AlgorithmSet::SYMMETRIC));
}

#[test]
fn every_bit_flip_and_every_truncation_of_a_signature_is_refused() {
    let vectors = vectors();
    for vector in list(&vectors, "signed") {
        let key = key(&vector["jwk"]);
        let token = signed(text(vector, "token"));
        let signature = token.signature().unwrap();
        let verify = |signature: &[u8]| {
            SandboxEngine.verify(algorithm(vector), &key, token.signing_input(), signature)
        };
        let invalid = Err(TokenError::SignatureInvalid);
        for bit in 0..signature.len() * 8 {
            let mut flipped = signature.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(verify(&flipped), invalid, "bit {bit}, {vector}");
        }
        for length in 0..signature.len() {
            assert_eq!(verify(&signature[..length]), invalid, "{length} bytes, {vector}");
            assert_eq!(
                verify(&signature[signature.len() - length..]),
                invalid,
                "last {length} bytes, {vector}"
            );
        }
        for spoilt in
            [[&signature[..], &[0]].concat(), [&[0], &signature[..]].concat(), vec![0; signature.len()]]
        {
            assert_eq!(verify(&spoilt), invalid, "{vector}");
        }
        assert_eq!(SandboxEngine.verify(algorithm(vector), &key, b"other", &signature), invalid);
        assert_eq!(SandboxEngine.verify(algorithm(vector), &key, b"", &[]), invalid);
    }
}

#[test]
fn an_algorithm_that_does_not_fit_the_key_is_not_tried() {
    let vectors = vectors();
    for vector in list(&vectors, "signed") {
        let key = key(&vector["jwk"]);
        for other in Algorithm::ALL {
            let verdict = SandboxEngine.verify(other, &key, b"message", &[1; 64]);
            let expected =
                if key.fits(other) { TokenError::SignatureInvalid } else { TokenError::AlgorithmNotAllowed };
            assert_eq!(verdict, Err(expected), "{other}, {vector}");
        }
        assert!(!key.fits(Algorithm::None));
        assert!(key.fits(algorithm(vector)));
    }
}

#[test]
fn a_key_is_the_same_in_all_its_forms() {
    let vectors = vectors();
    for form in list(&vectors, "forms") {
        let expected = base64url::decode(text(form, "spki")).unwrap();
        let keys = [
            key(&form["jwk"]),
            Key::from_public_key_pem(text(form, "public_key")).unwrap(),
            Key::from_certificate(text(form, "certificate_pem")).unwrap(),
            Key::from_certificate(text(form, "certificate")).unwrap(),
        ];
        for key in keys {
            assert_eq!(key.subject_public_key_info_der(), Some(&*expected), "{}", text(form, "name"));
        }
        let private = text(form, "private_key");
        assert_eq!(Key::from_public_key_pem(private).err(), Some(KeyUnusable::PrivateKey));
        assert_eq!(Key::from_certificate(private).err(), Some(KeyUnusable::PrivateKey));
    }
    let jwk = &vectors["forms"][0]["jwk"];
    assert!(Key::from_rsa_components(text(jwk, "n"), text(jwk, "e")).is_ok());
}

#[test]
fn a_spoilt_certificate_or_public_key_never_panics() {
    let vectors = vectors();
    for form in list(&vectors, "forms") {
        let certificate = super::key_text::decode_base64(text(form, "certificate")).unwrap();
        for length in 0..certificate.len() {
            let text =
                base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &certificate[..length]);
            assert_eq!(Key::from_certificate(&text).err(), Some(KeyUnusable::Malformed));
        }
        for bit in 0..certificate.len() * 8 {
            let mut flipped = certificate.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &flipped);
            let _unimportant = Key::from_certificate(&text);
        }
    }
    for text in [
        "",
        "-----BEGIN ",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
    ] {
        assert!(Key::from_certificate(text).is_err() && Key::from_public_key_pem(text).is_err());
    }
}

#[test]
fn every_supported_encryption_is_decrypted() {
    let vectors = vectors();
    let plaintext = text(&Value::Object(vectors.clone()), "plaintext").as_bytes().to_vec();
    for vector in list(&vectors, "encrypted") {
        let keys = [decryption_key(&vectors, vector)];
        // Nobody needs AES-192 with GCM, and every mode adds to the module.
        let supported = text(vector, "enc") != "A192GCM";
        let expected = if supported { Ok(&plaintext) } else { Err(&TokenError::DecryptionFailed) };
        assert_eq!(decrypt(text(vector, "token"), &keys).as_ref(), expected, "{vector}");
    }
    for vector in list(&vectors, "rfc_encrypted") {
        let key = DecryptionKey::from_jwk(vector["jwk"].as_object().unwrap()).unwrap();
        assert!(decrypt(text(vector, "token"), &[key]).is_ok(), "{vector}");
    }
    for name in ["rsa_private_pkcs1", "private_key"] {
        let pem =
            vectors.get(name).or_else(|| vectors["forms"][0].get(name)).and_then(Value::as_str).unwrap();
        let keys = [DecryptionKey::from_private_key_pem(pem).unwrap()];
        let vector =
            list(&vectors, "encrypted").iter().find(|vector| text(vector, "alg") == "RSA-OAEP").unwrap();
        assert_eq!(decrypt(text(vector, "token"), &keys).as_ref(), Ok(&plaintext), "{name}");
    }
}

#[test]
fn whatever_is_changed_in_an_encrypted_token_the_answer_is_the_same() {
    let vectors = vectors();
    for vector in list(&vectors, "encrypted") {
        let keys = [decryption_key(&vectors, vector)];
        let segments: Vec<&str> = text(vector, "token").split('.').collect();
        for index in 1..5 {
            let bytes = base64url::decode(segments[index]).unwrap();
            // One bit in each byte; RSA takes too long for more than a few.
            let step = if text(vector, "alg").starts_with("RSA") && index == 1 { 50 } else { 1 };
            let mut spoilt: Vec<Vec<u8>> =
                (0..bytes.len()).step_by(step).map(|byte| flip(&bytes, byte)).collect();
            spoilt.extend([Vec::new(), [&bytes[..], &[0]].concat()]);
            spoilt.extend(bytes.split_last().map(|(_, shorter)| shorter.to_vec()));
            for changed in spoilt.iter().filter(|changed| **changed != bytes) {
                let changed = base64url::encode(changed);
                let mut segments = segments.clone();
                segments[index] = &changed;
                assert_eq!(
                    decrypt(&segments.join("."), &keys),
                    Err(TokenError::DecryptionFailed),
                    "{vector}"
                );
            }
        }
    }
}

#[test]
fn other_keys_and_unsupported_headers_fail_like_everything_else() {
    let vectors = vectors();
    let direct =
        |header: &str| format!("{}..AAAAAAAAAAAAAAAA.AA.AAAAAAAAAAAAAAAAAAAAAA", base64url::encode(header));
    let secret = DecryptionKey::from_symmetric("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    for header in [
        r#"{"alg":"dir","enc":"A256GCM","zip":"DEF"}"#,
        r#"{"alg":"dir","enc":"A256GCM"}"#,
        r#"{"alg":"dir"}"#,
        r#"{"alg":"dir","enc":"none"}"#,
        r#"{"alg":"RSA1_5","enc":"A256GCM"}"#,
        r#"{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":2147483647,"p2s":"AA"}"#,
        r#"{"alg":"ECDH-ES","enc":"A256GCM","epk":{}}"#,
        r#"{"alg":"A256GCMKW","enc":"A256GCM"}"#,
        r#"{"alg":"none","enc":"A256GCM"}"#,
    ] {
        assert_eq!(
            decrypt(&direct(header), std::slice::from_ref(&secret)),
            Err(TokenError::DecryptionFailed),
            "{header}"
        );
    }
    for vector in list(&vectors, "encrypted") {
        let token = text(vector, "token");
        assert_eq!(decrypt(token, &[]), Err(TokenError::DecryptionFailed));
        assert_eq!(decrypt(token, std::slice::from_ref(&secret)), Err(TokenError::DecryptionFailed));
    }
    assert_eq!(
        decrypt(direct(r#"{"alg":"dir","enc":"A256GCM"}"#).replace(".AA.", ".A.").as_str(), &[]),
        Err(TokenError::Malformed)
    );
}

#[test]
fn a_decryption_key_of_another_id_or_algorithm_is_not_used() {
    let vectors = vectors();
    let vector = &list(&vectors, "encrypted")[0];
    let jwk = |extra: &[(&str, &str)]| {
        let mut jwk = vector["jwk"].as_object().unwrap().clone();
        jwk.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))));
        DecryptionKey::from_jwk(&jwk)
    };
    let token = text(vector, "token");
    assert!(decrypt(token, &[jwk(&[("kid", "a"), ("use", "enc"), ("alg", "dir")]).unwrap()]).is_ok());
    assert!(decrypt(token, &[jwk(&[("alg", text(vector, "enc"))]).unwrap()]).is_ok());
    assert!(decrypt(token, &[jwk(&[("alg", "A128KW")]).unwrap()]).is_err());
    assert_eq!(jwk(&[("use", "sig")]).err(), Some(KeyUnusable::NotForDecryption));
    let public = vectors["forms"][0]["jwk"].as_object().unwrap();
    assert_eq!(DecryptionKey::from_jwk(public).err(), Some(KeyUnusable::NotForDecryption));
    assert_eq!(DecryptionKey::from_symmetric("AAAA").err(), Some(KeyUnusable::NotForDecryption));
    assert_eq!(DecryptionKey::from_private_key_pem("AAAA").err(), Some(KeyUnusable::Malformed));
}

#[test]
fn keys_that_are_weak_foreign_or_odd_are_refused_with_their_reason() {
    use KeyUnusable::*;
    let vectors = vectors();
    let rsa = &vectors["forms"][0]["jwk"];
    let (p256, p521, ed25519) =
        (&vectors["forms"][1]["jwk"], &vectors["forms"][3]["jwk"], &vectors["forms"][4]["jwk"]);
    let modulus = base64url::decode(text(rsa, "n")).unwrap();
    let even = [&modulus[..255], &[modulus[255] & 0xfe]].concat();
    let with = |jwk: &Value, extra: Value| {
        let mut jwk = jwk.as_object().unwrap().clone();
        for (name, value) in extra.as_object().unwrap() {
            jwk.insert(name.clone(), value.clone());
        }
        jwk.retain(|_, value| *value != json!("(absent)"));
        Key::from_jwk(&jwk)
    };
    let zeros = |length: usize| base64url::encode(vec![0; length]);
    let encode = |bytes: &[u8]| json!(base64url::encode(bytes));
    for (jwk, extra, expected) in [
        (rsa, json!({"kty": "rsa"}), UnknownKeyType),
        (rsa, json!({"kty": 1}), MemberType("kty")),
        (rsa, json!({"kty": "(absent)"}), MemberMissing("kty")),
        (rsa, json!({"kty": "oct", "k": zeros(64)}), SymmetricNotAllowed),
        (rsa, json!({"n": "(absent)"}), MemberMissing("n")),
        (rsa, json!({"n": format!("{}===", text(rsa, "n"))}), MemberEncoding("n")),
        (rsa, json!({"n": format!("={}", text(rsa, "n"))}), MemberEncoding("n")),
        (rsa, json!({"n": encode(&modulus[1..])}), WeakRsa),
        (rsa, json!({"n": encode(&modulus[..128])}), WeakRsa),
        (rsa, json!({"n": ""}), WeakRsa),
        (rsa, json!({"n": zeros(256)}), WeakRsa),
        (rsa, json!({"n": encode(&[0xff; 1025])}), LargeRsa),
        (rsa, json!({"n": encode(&even)}), InvalidRsa),
        (rsa, json!({"e": ""}), InvalidRsa),
        (rsa, json!({"e": "AA"}), InvalidRsa),
        (rsa, json!({"e": "AQ"}), InvalidRsa),
        (rsa, json!({"e": "Ag"}), InvalidRsa),
        (rsa, json!({"e": "AQAA"}), InvalidRsa),
        (rsa, json!({"e": "AQAAAAE"}), InvalidRsa),
        (rsa, json!({"e": encode(&modulus)}), InvalidRsa),
        (rsa, json!({"use": "enc"}), NotForSignatures("use")),
        (rsa, json!({"use": "SIG"}), NotForSignatures("use")),
        (rsa, json!({"use": ""}), NotForSignatures("use")),
        (rsa, json!({"use": 1}), MemberType("use")),
        (rsa, json!({"key_ops": ["sign"]}), NotForSignatures("key_ops")),
        (rsa, json!({"key_ops": []}), NotForSignatures("key_ops")),
        (rsa, json!({"key_ops": "verify"}), MemberType("key_ops")),
        (rsa, json!({"key_ops": ["verify", 1]}), MemberType("key_ops")),
        (rsa, json!({"alg": "RSA-OAEP"}), NotForSignatures("alg")),
        (rsa, json!({"alg": "ES256K"}), NotForSignatures("alg")),
        (rsa, json!({"alg": "A256GCM"}), NotForSignatures("alg")),
        (rsa, json!({"alg": "none"}), NotForSignatures("alg")),
        (rsa, json!({"alg": "ES256"}), AlgorithmMismatch),
        (rsa, json!({"alg": 1}), MemberType("alg")),
        (rsa, json!({"kid": 1}), MemberType("kid")),
        (rsa, json!({"issuer": 1}), MemberType("issuer")),
        (p256, json!({"crv": "secp256k1"}), UnknownCurve),
        (p256, json!({"crv": "P-384"}), InvalidPoint),
        (p256, json!({"y": text(p256, "x")}), InvalidPoint),
        (p256, json!({"x": zeros(32), "y": zeros(32)}), InvalidPoint),
        (p256, json!({"x": encode(&[0xff; 32])}), InvalidPoint),
        (p256, json!({"x": encode(&[1; 33])}), InvalidPoint),
        (p256, json!({"x": ""}), InvalidPoint),
        (p256, json!({"y": "(absent)"}), MemberMissing("y")),
        (p256, json!({"alg": "ES384"}), AlgorithmMismatch),
        (p521, json!({"y": zeros(66)}), InvalidPoint),
        (ed25519, json!({"crv": "X25519"}), UnknownCurve),
        (ed25519, json!({"x": zeros(31)}), InvalidPoint),
        (ed25519, json!({"x": zeros(33)}), InvalidPoint),
        (ed25519, json!({"alg": "Ed448"}), NotForSignatures("alg")),
        (ed25519, json!({"x": zeros(32)}), InvalidPoint),
        (ed25519, json!({"x": encode(&[&[1][..], &[0; 31]].concat())}), InvalidPoint),
        (ed25519, json!({"alg": "ES256"}), AlgorithmMismatch),
    ] {
        assert_eq!(with(jwk, extra.clone()).err(), Some(expected), "{extra}");
    }
    assert!(
        with(rsa, json!({"n": encode(&[&[0], &modulus[..]].concat())})).is_ok(),
        "a leading zero is seen in the wild"
    );
    assert!(
        with(rsa, json!({"x5c": 1, "cloud_instance_name": 2, "key_ops": ["verify"], "use": "sig"})).is_ok()
    );
    assert_eq!(with(ed25519, json!({"alg": "Ed25519"})).unwrap().algorithm(), Some(Algorithm::EdDsa));
    let pinned = with(rsa, json!({"alg": "PS256", "issuer": "i", "kid": ""})).unwrap();
    assert!(pinned.fits(Algorithm::Ps256) && !pinned.fits(Algorithm::Rs256));
    assert_eq!(pinned.issuer(), Some(&IssuerPattern::Exact("i".to_owned())));
    let private = vectors["rsa_private_jwk"].as_object().unwrap();
    assert!(Key::from_jwk(private).unwrap().has_private_members());
    assert_eq!(Key::from_inline_jwk(private).err(), Some(PrivateKey));
}

#[test]
fn a_secret_verifies_only_hashes_that_it_is_as_long_as() {
    let secret = |length: usize, algorithm: Option<&str>| {
        let mut jwk = json!({"kty": "oct", "k": base64url::encode(vec![1; length])});
        if let Some(algorithm) = algorithm {
            jwk["alg"] = algorithm.into();
        }
        Key::from_inline_jwk(jwk.as_object().unwrap()).map(|key| key.usable_for().iter().count())
    };
    for (length, usable) in [(32, 1), (47, 1), (48, 2), (63, 2), (64, 3), (200, 3)] {
        assert_eq!(secret(length, None), Ok(usable));
    }
    assert_eq!(secret(0, None), Err(KeyUnusable::WeakSecret));
    assert_eq!(secret(31, None), Err(KeyUnusable::WeakSecret));
    assert_eq!(secret(48, Some("HS512")), Err(KeyUnusable::WeakSecret));
    assert_eq!(secret(64, Some("RS256")), Err(KeyUnusable::AlgorithmMismatch));
    assert_eq!(secret(64, Some("A128KW")), Err(KeyUnusable::NotForSignatures("alg")));
    assert!(Key::from_symmetric("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").is_ok());
    assert_eq!(Key::from_symmetric("AAAA").err(), Some(KeyUnusable::WeakSecret));
    assert_eq!(Key::from_symmetric("!").err(), Some(KeyUnusable::Malformed));
}

fn flip(bytes: &[u8], byte: usize) -> Vec<u8> {
    let mut flipped = bytes.to_vec();
    flipped[byte] ^= 1 << (byte % 8);
    flipped
}

fn decryption_key(vectors: &Map<String, Value>, vector: &Value) -> DecryptionKey {
    let jwk = vector["jwk"].as_object().or_else(|| vectors["rsa_private_jwk"].as_object()).unwrap();
    DecryptionKey::from_jwk(jwk).unwrap()
}

fn decrypt(token: &str, keys: &[DecryptionKey]) -> Result<Vec<u8>, TokenError> {
    match CompactToken::parse(token.as_bytes())? {
        CompactToken::Encrypted(token) => token.decrypt(keys),
        CompactToken::Signed(_) => panic!("three segments"),
    }
}

#[test]
fn a_document_is_read_key_by_key() {
    let vectors = vectors();
    let named = |index: usize, id: &str| {
        let mut jwk = vectors["forms"][index]["jwk"].clone();
        jwk["kid"] = id.into();
        jwk
    };
    let odd = json!([1, null, "key", [], {}, {"kty": "AKP"}, {"kty": "oct", "k": "AAAA"}]);
    let good = [named(0, "b"), named(1, "a"), named(2, "a"), vectors["forms"][4]["jwk"].clone()];
    let entries: Vec<&Value> = odd.as_array().unwrap().iter().chain(&good).collect();
    let document = json!({"keys": entries, "other": {"deep": [1]}}).to_string();
    let document = document.replace(r#"{"kty":"AKP"}"#, r#"{"kty":"AKP"},{"kty":"RSA","kty":"RSA"}"#);
    let read = KeySet::from_jwks_document(document.as_bytes(), 4).unwrap();
    assert_eq!(read.key_set.len(), 4);
    assert_eq!(read.skipped.total(), 8);
    assert_eq!(
        read.skipped.to_string(),
        "keys[0]: malformed; keys[1]: malformed; keys[2]: malformed; keys[3]: malformed; keys[4]: kty is missing; \
         keys[5] (AKP): unknown key type; keys[6]: kty is given twice; keys[7] (oct): a symmetric key where only public \
         keys are accepted"
    );
    let count = |id: Option<&str>| read.key_set.candidates(id.map(super::KeyId::new).as_ref()).count();
    assert_eq!((count(Some("a")), count(Some("b")), count(None)), (2, 1, 4));
    assert_eq!(count(Some("")), 1, "an unknown id: only the key that has none");
    assert_eq!(
        KeySet::from_jwks_document(document.as_bytes(), 3).err(),
        Some(super::KeySetError::TooManyKeys)
    );
}

#[test]
fn a_document_without_a_usable_key_is_an_error_that_says_why() {
    let deep = format!("{{\"keys\":{}", "[".repeat(100_000));
    let deep_closed = format!("{{\"keys\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let long = format!("{{\"keys\":[{}]}}", vec!["{\"kty\":\"x\"}"; 20].join(","));
    for (document, expected) in [
        ("", "expected a JSON object, found nothing"),
        (" \u{feff}\r\n", "expected a JSON object, found nothing"),
        (
            "<!DOCTYPE html><title>Sign in</title>",
            "expected a JSON object, found HTML or XML, \"<!DOCTYPE html><title>Sign in...\"",
        ),
        ("null", "expected a JSON object, found null, a string or a number"),
        ("[]", "expected a JSON object, found an array"),
        ("\"keys\"", "expected a JSON object, found null, a string or a number"),
        ("[1", "expected a JSON object, found an array"),
        ("\u{1f}\u{8b}", "expected a JSON object, found \"\\u{1f}\\u{8b}\""),
        ("{\0\"\0k\0", "expected a JSON object, found UTF-16"),
        ("{\"keys\":[]}x", "expected a JSON object, found invalid JSON at line 1, byte 12"),
        ("{\"keys\":[{}]", "expected a JSON object, found JSON that is cut short after 12 bytes"),
        ("{\n \"a\": oops}", "expected a JSON object, found invalid JSON at line 2, byte 7"),
        ("callback({\"keys\":[]})", "expected a JSON object, found \"callback({\\\"keys\\\":[]})\""),
        (
            "upstream connect error or disconnect/reset",
            "expected a JSON object, found \"upstream connect error or dis...\"",
        ),
        (&deep, "expected a JSON object, found JSON that is cut short after 100008 bytes"),
        ("{\"keys\":[],\"k\\u0065ys\":[]}", "no array \"keys\", or more than one"),
        ("{}", "no array \"keys\", or more than one"),
        ("{\"error\":\"server_error\"}", "no array \"keys\", or more than one"),
        ("{\"keys\":null}", "no array \"keys\", or more than one"),
        ("{\"keys\":{}}", "no array \"keys\", or more than one"),
        ("{\"Keys\":[]}", "no array \"keys\", or more than one"),
        ("{\"keys\":[]}", "no usable key: it is empty"),
        ("\u{feff}{\"keys\":[]}", "no usable key: it is empty"),
        ("{\"keys\":[1,{}]}", "no usable key: keys[0]: malformed; keys[1]: kty is missing"),
        (&deep_closed, "no usable key: keys[0]: malformed"),
        (
            "{\"keys\":[{\"kid\":\"a\\n\",\"kty\":\"RSA\",\"n\":\"AQAB\"},{\"kty\":\"EC\",\"crv\":\"P-192\"}]}",
            "no usable key: key \"a\\n\" (RSA): e is missing; keys[1] (EC P-192): unknown curve",
        ),
        (&long, "no usable key: keys[0] (x): unknown key type; keys[1] (x): unknown key type"),
    ] {
        let shown = document.get(..document.len().min(40));
        let error = KeySet::from_jwks_document(document.as_bytes(), 9).err().unwrap().to_string();
        assert!(error.starts_with(expected), "{shown:?}: {error}");
        assert!(error.len() < 1_000, "{error}");
    }
    for (document, expected) in [
        (&b"\x1f\x8b\x08"[..], "expected a JSON object, found gzip"),
        (b"\xff\xfe{\0", "expected a JSON object, found UTF-16"),
        (b"{\"keys\":[],\"a\":\"\xff\"}", "expected a JSON object, found invalid UTF-8 at byte 16"),
    ] {
        let error = KeySet::from_jwks_document(document, 9).err().unwrap().to_string();
        assert_eq!(error, expected);
    }
}
