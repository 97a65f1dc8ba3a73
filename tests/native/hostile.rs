//! Hostile tokens, by the rows of `docs/threats.md`. A row that is refused says with which reason.

mod algorithms;
mod claims;
mod cost;
mod documents;
mod encoding;
mod keys;
mod request_cost;
mod threats;

use std::cell::Cell;
use std::time::Duration;

use serde_json::{Value, json};
use validate_jwt::gate::{Circumstances, Detail, HeaderRemoval, Outcome, Request, Verdict};
use validate_jwt::token::{Algorithm, Key, SandboxEngine, SignatureEngine, TokenError, base64url};
use validate_jwt_testbed::token::{SigningKey, TokenRecipe};

use crate::bench::{AUDIENCE, Bench, bearer, plain};

/// The issuer of [`plain`].
const ISSUER: &str = "https://idp.example";

/// An API behind a provider that publishes these keys, as Entra ID does without `alg`.
fn guarded(keys: &[&SigningKey]) -> Bench {
    guarded_with(keys, &json!({}))
}

/// The same with more fields in the policy, and larger tokens allowed than by default.
fn guarded_with(keys: &[&SigningKey], more: &Value) -> Bench {
    let mut policy = json!({
        "openid_config": [{"url": "https://idp.example/openid-configuration"}],
        "audiences": [AUDIENCE],
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        policy[name] = value.clone();
    }
    let mut bench = Bench::new(&json!({"validate_jwt": policy, "limits": {"token_bytes": 262_144}}));
    let keys: Vec<_> = keys.iter().map(|key| key.entra_jwk()).collect();
    bench.provide(0, ISSUER, &keys);
    // Tokens are minted after the bench, perhaps in the next second.
    bench.now = bench.now + Duration::from_secs(5);
    bench
}

/// Verifies like the filter, and counts how often.
#[derive(Default)]
struct CountingEngine(Cell<usize>);

impl SignatureEngine for CountingEngine {
    fn verify(&self, algorithm: Algorithm, key: &Key, message: &[u8], tag: &[u8]) -> Result<(), TokenError> {
        self.0.set(self.0.get() + 1);
        SandboxEngine.verify(algorithm, key, message, tag)
    }
}

/// What the gate says for good, and how many signatures that cost.
fn counted(bench: &Bench, decide: impl FnOnce(&Circumstances<'_>) -> Verdict) -> (String, usize) {
    let engine = CountingEngine::default();
    let certificate = || bench.certificate;
    let verdict = decide(&Circumstances {
        keyring: &bench.keyring,
        engine: &engine,
        now: bench.now,
        certificate: &certificate,
        removal: HeaderRemoval::Works,
        proofs: &bench.proofs,
        detail: Detail::Cause,
    });
    let word = match verdict {
        Verdict::Forward(admission) if admission.outcome() == Outcome::Allowed => "allowed".to_owned(),
        Verdict::Forward(admission) => format!("{:?}", admission.outcome()),
        Verdict::Refuse(rejection) => rejection.reason.code().to_owned(),
        Verdict::Serve(_) => "served".to_owned(),
    };
    (word, engine.0.get())
}

/// The final verdict on a token, when no further keys come, and how many signatures it cost.
fn settled_and_counted(bench: &Bench, request: &Request) -> (String, usize) {
    counted(bench, |circumstances| bench.gate.admit(request, circumstances).settle(&bench.keyring, bench.now))
}

/// The verdict on a token that may wait no longer.
fn given_up(bench: &Bench, token: &str) -> String {
    counted(bench, |circumstances| {
        bench.gate.admit(&bearer(token), circumstances).give_up(&bench.keyring, bench.now)
    })
    .0
}

fn settled(bench: &Bench, token: &str) -> String {
    settled_and_counted(bench, &bearer(token)).0
}

/// Every token of a row gets the verdict; the good token of the bench passes before and after.
#[track_caller]
fn row(number: u8, bench: &Bench, expected: &str, tokens: impl IntoIterator<Item = String>) {
    for (at, token) in tokens.into_iter().enumerate() {
        let start: String = token.chars().take(300).collect();
        assert_eq!(settled(bench, &token), expected, "row {number}, token {at}: {start}");
    }
}

/// A recipe whose header has these members beside `alg` and `kid`.
fn with_header(members: &Value) -> TokenRecipe {
    let members = members.as_object().into_iter().flatten();
    members.fold(plain(), |recipe, (name, value)| recipe.header(name, value.clone()))
}

/// The token with these bytes for a signature.
fn with_signature(token: &str, signature: &[u8]) -> String {
    let signed = token.rsplit_once('.').map_or(token, |(signed, _)| signed);
    format!("{signed}.{}", base64url::encode(signature))
}

/// The bytes of a token's signature.
fn signature_of(token: &str) -> Vec<u8> {
    base64url::decode(token.rsplit('.').next().unwrap_or_default()).expect("the testbed signs properly")
}

/// A member of the key's JWK, decoded.
fn jwk_bytes(key: &SigningKey, member: &str) -> Vec<u8> {
    base64url::decode(key.public_jwk()[member].as_str().expect("a string"))
        .expect("the testbed encodes properly")
}

/// `left - right` of big-endian numbers of one length, `left` being the larger.
fn minus(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut borrow = 0;
    let mut digits: Vec<u8> = left
        .iter()
        .zip(right)
        .rev()
        .map(|(left, right)| {
            let digit = i16::from(*left) - i16::from(*right) - borrow;
            borrow = i16::from(digit < 0);
            u8::try_from(digit.rem_euclid(256)).expect("a byte")
        })
        .collect();
    digits.reverse();
    digits
}

fn hexadecimal(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .map(|digit| u8::try_from(digit).expect("4 bits"))
        .collect();
    digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect()
}
