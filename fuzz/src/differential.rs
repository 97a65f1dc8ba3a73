//! Our verdict on a token against that of the crate `jsonwebtoken`.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation};
use serde_json::{Map, Value};
use validate_jwt::gate::Gate;
use validate_jwt::token::base64url;

use crate::gate::{gate, verdict};

const POLICY: &str = include_str!("../keys/differential.json");
const RSA: &[u8] = include_bytes!("../../testbed/keys/rsa-2048-first.pem");
const P256: &[u8] = include_bytes!("../keys/p256.pem");
const P256_PUBLIC: &[u8] = include_bytes!("../keys/p256.pub.pem");

struct Both {
    ours: Gate,
    rsa: (EncodingKey, DecodingKey),
    p256: (EncodingKey, DecodingKey),
}

impl Both {
    fn new() -> Self {
        let policy: Value = serde_json::from_str(POLICY).expect("JSON");
        let jwk = &policy["validate_jwt"]["issuer_signing_keys"][0]["jwk"];
        let part = |name: &str| jwk[name].as_str().expect("a string");
        let rsa = DecodingKey::from_rsa_components(part("n"), part("e")).expect("a key");
        let p256 = DecodingKey::from_ec_pem(P256_PUBLIC).expect("a key");
        Self {
            ours: gate(POLICY),
            rsa: (EncodingKey::from_rsa_pem(RSA).expect("a key"), rsa),
            p256: (EncodingKey::from_ec_pem(P256).expect("a key"), p256),
        }
    }
}

/// The first byte says what the rest is: a whole token, or a header and a payload (on two lines) that are
/// signed here.
pub fn differential(bytes: &[u8]) {
    thread_local! { static BOTH: Both = Both::new(); }
    let Some((mode, rest)) = bytes.split_first() else { return };
    BOTH.with(|both| {
        let token = match mode {
            b'R' => sign(rest, &both.rsa.0, Algorithm::RS256),
            b'E' => sign(rest, &both.p256.0, Algorithm::ES256),
            _ => std::str::from_utf8(rest).ok().map(str::to_owned),
        };
        if let Some(token) = token {
            compare(both, &token);
        }
    });
}

fn sign(text: &[u8], key: &EncodingKey, algorithm: Algorithm) -> Option<String> {
    let at = text.iter().position(|byte| *byte == b'\n')?;
    let (header, payload) = (text.get(..at)?, text.get(at + 1..)?);
    let message = format!("{}.{}", base64url::encode(header), base64url::encode(payload));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).ok()?;
    Some(format!("{message}.{signature}"))
}

fn compare(both: &Both, token: &str) {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(elapsed.as_secs()).unwrap_or_default();
    let ours = verdict(&both.ours, token.as_bytes(), now);
    let Some(algorithm) = named_algorithm(token) else {
        assert_ne!(ours, "allowed", "neither RS256 nor ES256: {token}");
        return;
    };
    let mut validation = Validation::new(algorithm);
    validation.leeway = 0;
    validation.validate_nbf = true;
    validation.set_audience(&["api"]);
    validation.set_required_spec_claims(&["exp", "aud"]);
    let key = if algorithm == Algorithm::RS256 { &both.rsa.1 } else { &both.p256.1 };
    let theirs = jsonwebtoken::decode::<Map<String, Value>>(token, key, &validation);
    if !is_plain_in_time(token, now) {
        return;
    }
    match (ours, theirs) {
        ("allowed", Err(error)) => {
            use ErrorKind::{
                ExpiredSignature, ImmatureSignature, InvalidAlgorithm, InvalidAudience, InvalidSignature,
            };
            let refused = matches!(
                error.kind(),
                InvalidSignature | InvalidAlgorithm | ExpiredSignature | ImmatureSignature | InvalidAudience
            );
            assert!(!refused, "we accept what they refuse ({error}): {token}");
        }
        // Stricter syntax, types of tokens and required claims are ours to choose; signatures are not.
        (
            "signature_invalid"
            | "algorithm_not_allowed"
            | "signature_key_not_found"
            | "audience_not_allowed",
            Ok(_),
        ) => {
            panic!("{ours}, but they accept {token}")
        }
        ("token_expired" | "token_not_yet_valid" | "expiration_missing", Ok(_)) => panic!("{ours}: {token}"),
        _ => {}
    }
}

fn named_algorithm(token: &str) -> Option<Algorithm> {
    match object(token, 0)?.get("alg")?.as_str()? {
        "RS256" => Some(Algorithm::RS256),
        "ES256" => Some(Algorithm::ES256),
        _ => None,
    }
}

/// Whether the times are whole, ordinary numbers that are good now and in a while: on others the two may
/// differ, by rounding or because the clock ticks in between.
fn is_plain_in_time(token: &str, now: i64) -> bool {
    let Some(claims) = object(token, 1) else { return false };
    let within = |name: &str, from: i64, to: i64| {
        claims.get(name).and_then(Value::as_i64).is_some_and(|at| (from..=to).contains(&at))
    };
    within("exp", now + 60, 1 << 53)
        && (within("nbf", 0, now - 60) || !claims.contains_key("nbf"))
        && claims.get("iat").is_none_or(Value::is_u64)
}

fn object(token: &str, segment: usize) -> Option<Map<String, Value>> {
    let bytes = base64url::decode(token.split('.').nth(segment)?).ok()?;
    serde_json::from_slice(&bytes).ok()
}
