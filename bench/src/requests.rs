//! The requests that are sent, made before anything is measured.

use std::collections::{HashMap, HashSet};
use std::thread;

use validate_jwt_testbed::Error;
use validate_jwt_testbed::identity_provider::CONTOSO;
use validate_jwt_testbed::token::{Algorithm, SigningKey, TokenRecipe, dpop, tamper};

use super::setup::AUDIENCE;
use super::variant::Case;

/// Requests for every case.
pub(super) struct Supply {
    alike: HashMap<Case, Vec<u8>>,
    fresh: HashMap<Algorithm, Vec<Vec<u8>>>,
    bound: Option<Bound>,
}

/// A token that is bound to a key. Its proofs are made when they are sent: they live for a minute.
struct Bound {
    token: String,
    holder: SigningKey,
}

impl Supply {
    /// Mints tokens: one for each case whose requests are alike, `fresh` for the others.
    pub(super) fn mint(
        keys: &HashMap<Algorithm, SigningKey>,
        cases: HashSet<Case>,
        fresh: usize,
    ) -> Result<Self, Error> {
        let mut alike = HashMap::new();
        let mut unique = HashMap::new();
        let mut bound = None;
        for case in cases {
            let request = match case {
                Case::Cold(algorithm) => {
                    let key = key_for(keys, algorithm)?;
                    unique.entry(algorithm).or_insert_with(|| mint_many(key, algorithm, fresh));
                    continue;
                }
                Case::HotWithProof => {
                    let holder = SigningKey::p256();
                    let token = dpop::bound_to(good(Algorithm::Rs256), &holder);
                    bound = Some(Bound { token: token.sign(key_for(keys, Algorithm::Rs256)?), holder });
                    continue;
                }
                Case::Hot(algorithm) => bearer(&good(algorithm).sign(key_for(keys, algorithm)?)),
                Case::NoToken => request(""),
                Case::Malformed => bearer("this-is-no-token"),
                Case::Expired => {
                    bearer(&good(Algorithm::Rs256).expires_in(-3600).sign(key_for(keys, Algorithm::Rs256)?))
                }
                Case::WrongIssuer => {
                    let recipe = good(Algorithm::Rs256).issuer("https://login.example/tenant/v2.0");
                    bearer(&recipe.sign(key_for(keys, Algorithm::Rs256)?))
                }
                Case::UnknownKid => {
                    let key = key_for(keys, Algorithm::Rs256)?;
                    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAA";
                    bearer(&tamper::change_header(&good(Algorithm::Rs256).sign(key), |header| {
                        header.insert("kid".to_owned(), other.into());
                    }))
                }
            };
            alike.insert(case, request);
        }
        Ok(Self { alike, fresh: unique, bound })
    }

    /// The requests of the turn with this number: no fresh one comes in two turns of a variant.
    pub(super) fn requests(&self, case: Case, count: usize, from: usize) -> Result<Vec<Vec<u8>>, Error> {
        let none = || Error::configuration(format!("the benchmark has no requests for {}", case.title()));
        if let Case::Cold(algorithm) = case {
            let all = self.fresh.get(&algorithm).ok_or_else(none)?;
            return all.get(from..from + count).map(<[_]>::to_vec).ok_or_else(none);
        }
        if case == Case::HotWithProof {
            let bound = self.bound.as_ref().ok_or_else(none)?;
            return Ok(in_parallel(count, || bound.request()));
        }
        let request = self.alike.get(&case).ok_or_else(none)?;
        Ok(vec![request.clone(); count])
    }
}

/// An access token as Entra ID issues it to an application that acts for a user.
pub(super) fn good(algorithm: Algorithm) -> TokenRecipe {
    let recipe = TokenRecipe::entra_v2(CONTOSO, AUDIENCE).for_user("Orders.Read").algorithm(algorithm);
    recipe.claim("name", "Ada Lovelace").claim("preferred_username", "ada@contoso.example")
}

pub(super) fn mint_many(key: &SigningKey, algorithm: Algorithm, count: usize) -> Vec<Vec<u8>> {
    in_parallel(count, || bearer(&good(algorithm).sign(key)))
}

/// So many requests, made by all processors.
fn in_parallel(count: usize, make: impl Fn() -> Vec<u8> + Sync) -> Vec<Vec<u8>> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let make = &make;
    thread::scope(|scope| {
        let share = count.div_ceil(threads);
        let work = move || (0..share).map(|_| make()).collect::<Vec<_>>();
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let done = running.into_iter().map(|thread| match thread.join() {
            Ok(tokens) => tokens,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        done.flatten().take(count).collect()
    })
}

fn key_for(keys: &HashMap<Algorithm, SigningKey>, algorithm: Algorithm) -> Result<&SigningKey, Error> {
    keys.get(&algorithm).ok_or_else(|| Error::configuration(format!("no key for {}", algorithm.name())))
}

pub(super) fn bearer(token: &str) -> Vec<u8> {
    request(&format!("authorization: Bearer {token}\r\n"))
}

impl Bound {
    fn request(&self) -> Vec<u8> {
        let Self { token, holder } = self;
        let proof = dpop::proof(holder, token, "GET", &format!("http://{HOST}{PATH}")).sign(holder);
        request(&format!("authorization: DPoP {token}\r\ndpop: {proof}\r\n"))
    }
}

/// What a program sends that calls an API.
fn request(authorization: &str) -> Vec<u8> {
    let head = format!(
        "GET {PATH}?expand=lines HTTP/1.1\r\nhost: {HOST}\r\n\
         user-agent: bench/1.0\r\naccept: application/json\r\naccept-encoding: gzip\r\n"
    );
    format!("{head}{authorization}\r\n").into_bytes()
}

const HOST: &str = "api.contoso.example";

const PATH: &str = "/orders/4711";
