//! What a refusal costs: never more than a small multiple of the token's length.

use std::fs;
use std::hint::black_box;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use validate_jwt::gate::Request;
use validate_jwt::token::base64url;
use validate_jwt_testbed::token::{RsaFixture, SigningKey, TokenRecipe, tamper};

use super::{guarded, guarded_with, settled, settled_and_counted};
use crate::bench::{AUDIENCE, Bench, bearer, plain};

/// The size at which the filter reads no further by default.
const LARGEST: usize = 16_384;

fn key() -> SigningKey {
    SigningKey::rsa(RsaFixture::First)
}

/// The good payload with more text after its last member, cut so that the token is as large as may be.
fn stuffed(more: impl Fn(usize) -> String) -> String {
    let claims = Value::Object(plain().claims().clone()).to_string();
    let of = |amount: usize| {
        plain().raw_payload(format!("{},{}", claims.trim_end_matches('}'), more(amount))).sign(&key())
    };
    let (mut fits, mut too_large) = (1, LARGEST);
    while too_large - fits > 1 {
        let middle = usize::midpoint(fits, too_large);
        if of(middle).len() <= LARGEST { fits = middle } else { too_large = middle }
    }
    of(fits)
}

/// Tokens of 16 kB that are made to cost, each with its name.
fn dear() -> Vec<(&'static str, String)> {
    let members = |end: &'static str| {
        move |amount: usize| {
            let list: Vec<_> = (0..amount).map(|at| format!("\"{at:x}\":1")).collect();
            format!("{}{end}", list.join(","))
        }
    };
    let header_of = |text: String| plain().raw_header(text).sign(&key());
    vec![
        (
            "nesting in the payload",
            stuffed(|amount| format!("\"x\":{}{}}}", "[".repeat(amount), "]".repeat(amount))),
        ),
        ("nesting in the header", header_of(format!("{{\"alg\":\"RS256\",\"x\":{}", "[".repeat(11_700)))),
        ("a thousand segments", "e30.".repeat(LARGEST / 4 - 1)),
        ("nothing but dots", ".".repeat(LARGEST)),
        ("thousands of members, then an error", stuffed(members(","))),
        ("thousands of members, then one again", stuffed(members(",\"0\":1}"))),
        ("a storm of duplicates", stuffed(|amount| format!("{}\"a\":1}}", "\"a\":1,".repeat(amount)))),
        ("one very long number", stuffed(|amount| format!("\"exp\":{}}}", "9".repeat(amount)))),
        ("one very small number", stuffed(|amount| format!("\"iat\":0.{}1e999}}", "0".repeat(amount)))),
        ("one long string of escapes", stuffed(|amount| format!("\"x\":\"{}\"", "\\u0041".repeat(amount)))),
        ("bytes that are no text", stuffed(|amount| format!("\"x\":\"{}\u{1}\"}}", "\u{e9}".repeat(amount)))),
        ("base64 that ends badly", format!("{}!", "A".repeat(LARGEST - 1))),
        (
            "an audience list without ours",
            stuffed(|amount| format!("\"aud\":[{}\"a\"]}}", "\"a\",".repeat(amount))),
        ),
        ("an encrypted token", format!("eyJhbGciOiJkaXIifQ.{}", "A".repeat(LARGEST - 100)) + "...."),
    ]
}

/// Processor time of this thread so far, counted in scheduler ticks of some milliseconds.
fn thread_time() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    Duration::from_nanos(text.split(' ').next().and_then(|field| field.parse().ok()).expect("a number"))
}

/// The least processor time that one decision took, of several rounds. Other programs on the machine do not
/// count, and each round is long enough for the ticks.
fn cost(bench: &Bench, token: &str) -> Duration {
    cost_of(bench, &bearer(token))
}

/// The same for any request.
pub(super) fn cost_of(bench: &Bench, request: &Request) -> Duration {
    const ROUND: Duration = Duration::from_millis(40);
    let round = || {
        let begun = thread_time();
        let mut decisions = 0;
        while thread_time().saturating_sub(begun) < ROUND {
            for _ in 0..4 {
                black_box(bench.decide(black_box(request)));
            }
            decisions += 4;
        }
        thread_time().saturating_sub(begun) / decisions
    };
    (0..3).map(|_| round()).min().expect("three rounds")
}

/// Compared with an expired token about as long, most of which is one string: seconds are the machine's business.
#[test]
fn a_hostile_token_of_16_kb_is_refused_without_a_signature_and_for_a_small_multiple_of_a_plain_one() {
    let bench = guarded(&[&key()]);
    let plain = plain().expires_in(-60).claim("x", "x".repeat(11_300)).sign(&key());
    assert_eq!(settled(&bench, &plain), "token_expired");
    let plain = cost(&bench, &plain);
    for (what, token) in dear() {
        assert!((LARGEST - 700..=LARGEST).contains(&token.len()), "{what}: {} bytes", token.len());
        let (verdict, signatures) = settled_and_counted(&bench, &bearer(&token));
        assert!(verdict.starts_with("token_") || verdict == "audience_not_allowed", "{what}: {verdict}");
        assert_eq!(signatures, 0, "{what}");
        let took = cost(&bench, &token);
        println!("{what}: {took:?}, and {plain:?} for a plain one");
        assert!(took < plain * 40, "{what}: {took:?}, and {plain:?} for a plain one");
    }
}

#[test]
fn the_cost_of_a_refusal_grows_with_the_length_and_no_faster() {
    let bench = guarded(&[&key()]);
    let members = |count: usize| {
        (0..count).fold(plain().expires_in(-9), |recipe: TokenRecipe, at| recipe.claim(&format!("m{at}"), at))
    };
    let (small, large) = (members(500).sign(&key()), members(8000).sign(&key()));
    let (little, much) = (cost(&bench, &small), cost(&bench, &large));
    // Sixteen times the members: twice that leaves room for the logarithm, a square would be 256.
    assert!(much < little * 64, "{little:?} for 500 members, {much:?} for 8000");
    let nested = |depth: usize| plain().raw_payload("[".repeat(depth)).sign(&key());
    let (little, much) = (cost(&bench, &nested(2_000)), cost(&bench, &nested(64_000)));
    assert!(much < little * 128, "{little:?} for a depth of 2000, {much:?} for 64000");
}

/// The private key is what costs (see the table in `docs/threats.md`): what anybody can see to be wrong comes first.
/// Whose keys may have signed a token is asked before anything of it is proven.
#[test]
fn a_token_of_nobodys_issuer_costs_less_than_the_cube_of_the_number_of_providers() {
    let key = key();
    let cost_among = |providers: usize| {
        let url = |at: usize| format!("https://idp-{at}.example/.well-known/openid-configuration");
        let entries: Vec<_> = (0..providers).map(|at| json!({"url": url(at)})).collect();
        let mut bench = Bench::new(&json!({"validate_jwt": {"openid_config": entries}}));
        for at in 0..providers {
            bench.provide(at, &format!("https://idp-{at}.example"), &[key.public_jwk()]);
        }
        let token = TokenRecipe::plain("https://nobody.example", AUDIENCE).sign(&key);
        assert_eq!(bench.on(&token), "issuer_not_allowed");
        cost(&bench, &token)
    };
    let (few, many) = (cost_among(12), cost_among(48));
    println!("{few:?} among 12, {many:?} among 48");
    // Four times as many: the square takes sixteen times as long, the cube sixty-four times.
    assert!(many < few * 32, "{few:?} among 12, {many:?} among 48");
}

#[test]
fn an_encrypted_token_of_a_wrong_shape_costs_no_work_with_the_private_key() {
    let private = json!({"private_key": RsaFixture::Bits4096.private_pem()});
    let bench = guarded_with(&[&key()], &json!({"decryption_keys": [private]}));
    let part = |length: usize| base64url::encode(vec![7; length]);
    let sealed = |header: &str, [key, vector, ciphertext, tag]: [usize; 4]| {
        let parts = [key, vector, ciphertext, tag].map(part);
        format!("{}.{}", base64url::encode(header), parts.join("."))
    };
    let gcm = r#"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#;
    let cbc = r#"{"alg":"RSA-OAEP","enc":"A256CBC-HS512"}"#;
    let dear = sealed(gcm, [512, 12, 900, 16]);
    assert_eq!(settled(&bench, &dear), "decryption_failed");
    let dearest = cost(&bench, &dear);
    for (what, token) in [
        ("an encrypted key of another length", sealed(gcm, [511, 12, 900, 16])),
        ("no encrypted key", sealed(gcm, [0, 12, 900, 16])),
        ("a vector of another length", sealed(gcm, [512, 16, 900, 16])),
        ("a short tag", sealed(gcm, [512, 12, 900, 15])),
        ("no tag", sealed(gcm, [512, 12, 900, 0])),
        ("half a block", sealed(cbc, [512, 16, 904, 32])),
        ("no block", sealed(cbc, [512, 16, 0, 32])),
        ("a tag of another algorithm", sealed(cbc, [512, 16, 912, 16])),
        ("an unknown encryption", sealed(r#"{"alg":"RSA-OAEP","enc":"A256"}"#, [512, 12, 900, 16])),
        ("no encryption", sealed(r#"{"alg":"RSA-OAEP"}"#, [512, 12, 900, 16])),
        ("compression", sealed(r#"{"alg":"RSA-OAEP","enc":"A256GCM","zip":"DEF"}"#, [512, 12, 900, 16])),
    ] {
        assert_eq!(settled(&bench, &token), "decryption_failed", "{what}");
        let took = cost(&bench, &token);
        assert!(took < dearest / 10, "{what}: {took:?}, and {dearest:?} with the key");
    }
}

/// Run with `--nocapture --ignored` for the table in `docs/threats.md`.
#[test]
#[ignore = "prints a table"]
fn what_the_dearest_tokens_cost() {
    let keys = [
        SigningKey::rsa(RsaFixture::First),
        SigningKey::rsa(RsaFixture::Bits4096),
        SigningKey::p256(),
        SigningKey::p384(),
        SigningKey::p521(),
        SigningKey::ed25519(),
    ];
    let bench = guarded(&keys.each_ref());
    let guest = SigningKey::rsa(RsaFixture::Stranger);
    for (what, token) in dear() {
        println!("{:>10.1?} {what}", cost(&bench, &token));
    }
    let forged = |recipe: TokenRecipe, key: &SigningKey| {
        tamper::change_claims(&recipe.sign(key), |claims| drop(claims.insert("sub".to_owned(), json!("x"))))
    };
    for key in &keys {
        println!("{:>10.1?} a wrong signature: {key:?}", cost(&bench, &forged(plain(), key)));
    }
    let nameless: Vec<_> = (0..20).map(|at| guest.with_key_id(format!("k{at}"))).collect();
    let many = guarded(&nameless.iter().collect::<Vec<_>>());
    println!(
        "{:>10.1?} no kid, eight keys tried",
        cost(&many, &forged(plain().without_header("kid"), &guest))
    );
    let header = |text: &str| base64url::encode(text);
    for (what, decryption, head, length) in [
        (
            "16 kB under a shared key that does not open them",
            json!({"key": STANDARD.encode([7; 32])}),
            r#"{"alg":"dir","enc":"A256GCM"}"#,
            0,
        ),
        (
            "RSA-OAEP under RSA 2048",
            json!({"private_key": RsaFixture::First.private_pem()}),
            r#"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#,
            256,
        ),
        (
            "RSA-OAEP under RSA 4096",
            json!({"private_key": RsaFixture::Bits4096.private_pem()}),
            r#"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#,
            512,
        ),
    ] {
        let opening = guarded_with(&[&keys[0]], &json!({"decryption_keys": [decryption]}));
        let key = base64url::encode(vec![7; length]);
        let sealed =
            format!("{}.{key}.AAAAAAAAAAAAAAAA.{}.AAAAAAAAAAAAAAAAAAAAAA", header(head), "A".repeat(15_000));
        println!(
            "{:>10.1?} {what}: {}",
            cost(&opening, &sealed),
            settled_and_counted(&opening, &bearer(&sealed)).0
        );
    }
}
