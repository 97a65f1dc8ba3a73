//! Keys while hundreds of requests a second go through: rotations, outages, floods, and all of it at once. Every
//! single answer is judged.
//!
//! With `VALIDATE_JWT_LONG` set these last as long as CONTRIBUTING.md says; without it, seconds.

mod flood;
mod outage;
mod rotation;
mod soak;

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use validate_jwt::token::base64url;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::envoy::{Listener, Options};
use validate_jwt_testbed::identity_provider::{CONTOSO, IdentityProvider, paths};
use validate_jwt_testbed::load::{Load, Planned, Tally};
use validate_jwt_testbed::token::SigningKey;

use crate::lab::{AUDIENCE, Lab, entra, filter, with};

/// Good requests per second.
const RATE: u32 = 250;

/// What a test takes in continuous integration, and what it takes with `VALIDATE_JWT_LONG`.
fn length<T>(short: T, long: T) -> T {
    if is_long() { long } else { short }
}

pub(crate) fn is_long() -> bool {
    std::env::var_os("VALIDATE_JWT_LONG").is_some()
}

/// A lab with this `key_refresh`, and without the logs that would cost more than the filter.
async fn lab(workers: u32, key_refresh: &Value) -> Result<Lab, Error> {
    let idp = IdentityProvider::start()?;
    let configuration = with(entra(&idp, &json!({})), &json!({"key_refresh": key_refresh}));
    let listener = Listener::new("main").filter(filter(configuration).await?).unobserved();
    let lab = Lab::with_options(idp, listener, Options::default().concurrency(workers)).await?;
    lab.assert_alive().await?;
    Ok(lab)
}

/// Tokens that all have to be accepted; new ones join while a load is under way.
#[derive(Clone, Default)]
struct Tokens(Arc<Mutex<Vec<String>>>);

impl Tokens {
    /// Several tokens signed with the provider's present key.
    fn of(idp: &IdentityProvider) -> Self {
        let tokens = Self::default();
        tokens.renew(idp);
        tokens
    }

    /// Signs more with the present key; of the others, every one of `idp`'s last few keys stays.
    fn renew(&self, idp: &IdentityProvider) {
        self.add(&idp.signing_key(), idp);
    }

    fn add(&self, key: &SigningKey, idp: &IdentityProvider) {
        let fresh = (0..20).map(|_| idp.token_v2(CONTOSO, AUDIENCE).sign(key));
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.splice(0..0, fresh);
        tokens.truncate(60);
    }

    fn pick(&self, number: u64) -> String {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = usize::try_from(number).unwrap_or_default() % tokens.len();
        tokens[at].clone()
    }
}

/// Sends good requests, [`RATE`] a second.
fn good_load(lab: &Lab, tokens: &Tokens) -> Load {
    let tokens = tokens.clone();
    Load::start(lab.address, RATE, move |number| good(&tokens, number))
}

fn good(tokens: &Tokens, number: u64) -> Planned {
    Planned { kind: "good", request: Request::get(&format!("/good/{number}")).bearer(&tokens.pick(number)) }
}

/// Makes tokens of the right issuer, audience and time, each of another `kid`, signed by nobody.
fn invented(idp: &IdentityProvider) -> impl Fn(u64) -> Planned + Clone + Send + Sync + 'static {
    let good = idp.token_v2(CONTOSO, AUDIENCE).sign(&idp.signing_key());
    let payload = good.split('.').nth(1).expect("a payload").to_owned();
    move |number| {
        let kid = format!("{:032x}", u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let header = base64url::encode(json!({"alg": "RS256", "typ": "JWT", "kid": kid}).to_string());
        let token = format!("{header}.{payload}.{}", "A".repeat(342));
        Planned { kind: "invented", request: Request::get(&format!("/invented/{number}")).bearer(&token) }
    }
}

/// Asserts that every good request was accepted, answered once, and seen by the API once.
#[track_caller]
fn assert_all_good(lab: &Lab, tally: &Tally, seen_before: u64) {
    assert_eq!(tally.all_but("good", 200, ""), [], "of {:?}", tally.all());
    let passed = u64::try_from(tally.count_of("good", 200)).unwrap_or_default();
    assert_eq!(lab.api.count() - seen_before, passed, "what the API saw");
}

/// Asserts that no answer to this kind of request is another than these.
#[track_caller]
fn assert_only(tally: &Tally, kind: &str, allowed: &[(u16, &str)]) {
    let wrong = tally.all().into_iter().filter(|(answer, _)| {
        answer.kind == kind && !allowed.contains(&(answer.status, answer.reason.as_str()))
    });
    assert_eq!(wrong.collect::<Vec<_>>(), []);
}

fn keys_path() -> String {
    paths::keys_v2(CONTOSO)
}

const HELD: &str = "wasmcustom.validate_jwt.held_requests";
