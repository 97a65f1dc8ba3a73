//! Tokens before a gate with keys of every type.

use validate_jwt::config::Config;
use validate_jwt::gate::{Circumstances, Decision, Detail, Gate, HeaderRemoval, OwnProofs, Request, Verdict};
use validate_jwt::keys::Keyring;
use validate_jwt::time::UnixTime;
use validate_jwt::token::{Claims, CompactToken, SandboxEngine};

/// The good tokens, which are in the corpus too.
const GOOD: &str = include_str!("../keys/good-tokens.txt");

/// The policy that takes them.
const POLICY: &str = include_str!("../keys/policy.json");

/// A moment at which they are good.
const NOW: i64 = 1_900_000_000;

/// The gate of a configuration.
pub(crate) fn gate(configuration: &str) -> Gate {
    let config = Config::parse(configuration.as_bytes());
    let config = config.unwrap_or_else(|problems| panic!("{problems:?}"));
    validate_jwt::setup(config).gate
}

/// What a gate says of a token: `allowed`, or the reason.
pub(crate) fn verdict(gate: &Gate, token: &[u8], now: i64) -> &'static str {
    let value = [b"Bearer ", token].concat();
    let pairs: [(&[u8], &[u8]); 3] = [(b":method", b"GET"), (b":path", b"/"), (b"authorization", &value)];
    let decision = gate.admit(
        &Request::from_pairs(pairs),
        &Circumstances {
            keyring: &Keyring::new(0),
            engine: &SandboxEngine,
            now: UnixTime::from_seconds(now),
            certificate: &|| None,
            removal: HeaderRemoval::Works,
            proofs: &OwnProofs::default(),
            detail: Detail::Cause,
        },
    );
    match decision {
        Decision::Final(Verdict::Forward(_)) => "allowed",
        Decision::Final(Verdict::Refuse(rejection)) => rejection.reason.code(),
        Decision::Final(Verdict::Serve(_)) => "served",
        Decision::Wait(_) => "await",
    }
}

/// Only the very tokens that were signed pass, whatever is done to them.
pub fn token(bytes: &[u8]) {
    thread_local! { static GATE: Gate = gate(POLICY); }
    let _ = CompactToken::parse(bytes).map(|token| match token {
        CompactToken::Signed(token) => {
            token.payload().is_ok_and(|payload| Claims::parse(&payload).is_ok()) && token.signature().is_ok()
        }
        CompactToken::Encrypted(token) => token.decrypt(&[]).is_ok(),
    });
    let request = Request::from_header_map(bytes.to_vec());
    assert!(request.headers().count() <= bytes.len() / 8);
    let trimmed = bytes.trim_ascii_start();
    if GATE.with(|gate| verdict(gate, bytes, NOW)) == "allowed" {
        assert!(GOOD.lines().any(|good| good.as_bytes() == trimmed), "a token that nobody signed passes");
    }
}
