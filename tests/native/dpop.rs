//! Tokens that are bound to a key, and the proofs that come with them (RFC 9449).

use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use validate_jwt::gate::{
    Answer, Circumstances, Decision, Detail, HeaderRemoval, Novelty, OwnProofs, ProofDigest, ProofMemory,
    Request, Verdict,
};
use validate_jwt::time::UnixTime;
use validate_jwt::token::{SandboxEngine, base64url};
use validate_jwt_testbed::token::{RsaFixture, SigningKey, TokenRecipe, dpop, now, tamper};

use crate::bench::{AUDIENCE, Bench, inline, plain, request};

/// A provider's key, a client's key, and a gate that demands proofs.
struct World {
    bench: Bench,
    issuer: SigningKey,
    client: SigningKey,
}

impl World {
    fn new(possession: &Value) -> Self {
        Self::with(&json!({"proof_of_possession": possession}))
    }

    fn with(more: &Value) -> Self {
        let issuer = SigningKey::p256();
        Self { bench: Bench::new(&inline(&issuer, more)), issuer, client: SigningKey::p256() }
    }

    /// A token that is bound to the client's key.
    fn bound(&self) -> String {
        self.bound_to(&self.client)
    }

    fn bound_to(&self, key: &SigningKey) -> String {
        dpop::bound_to(plain(), key).sign(&self.issuer)
    }

    /// The client's proof for a token and `GET https://api.example/orders`.
    fn proof(&self, token: &str) -> TokenRecipe {
        dpop::proof(&self.client, token, "GET", "https://api.example/orders")
    }

    fn on(&self, token: &str, proof: &str) -> String {
        self.bench.verdict(&sent(token, &[proof]))
    }
}

fn jwk(key: &SigningKey) -> Value {
    dpop::proof_jwk(key)
}

/// A request to this authority and target with a token under the scheme `DPoP`, and a proof.
fn to(authority: &str, target: &str, token: &str, proof: &str) -> Request {
    request(&[
        (":authority", authority),
        (":path", target),
        (":scheme", "https"),
        ("authorization", &format!("DPoP {token}")),
        ("dpop", proof),
    ])
}

/// A request for `/orders` with a token under the scheme `DPoP`, and these proofs.
fn sent(token: &str, proofs: &[&str]) -> Request {
    let value = format!("DPoP {token}");
    let mut headers =
        vec![(":path", "/orders?page=2"), (":scheme", "https"), ("authorization", value.as_str())];
    headers.extend(proofs.iter().map(|proof| ("dpop", *proof)));
    request(&headers)
}

fn challenge(world: &World, request: &Request) -> String {
    let answer = world.bench.answer(request);
    let found = answer.headers.iter().find(|(name, _)| name == "www-authenticate");
    found.map(|(_, value)| value.to_string()).unwrap_or_default()
}

#[test]
fn proof_of_possession_dpop_is_off_optional_or_required() {
    for (word, bound, plain_bearer, bound_as_bearer) in [
        ("off", "token_not_present", "allowed", "confirmation_failed"),
        ("optional", "allowed", "allowed", "confirmation_failed"),
        ("required", "allowed", "proof_invalid", "confirmation_failed"),
    ] {
        let world = World::new(&json!({"dpop": word}));
        let token = world.bound();
        assert_eq!(world.on(&token, &world.proof(&token).sign(&world.client)), bound, "{word}");
        let free = plain().sign(&world.issuer);
        let bearer = |token: &str| request(&[("authorization", &format!("Bearer {token}"))]);
        assert_eq!(world.bench.verdict(&bearer(&free)), plain_bearer, "{word}");
        assert_eq!(world.bench.verdict(&bearer(&token)), bound_as_bearer, "{word}");
        if word != "off" {
            let unbound = world.on(&free, &world.proof(&free).sign(&world.client));
            assert_eq!(unbound, "confirmation_failed", "{word}: a proof does not bind a token");
        }
    }
}

#[test]
fn a_proof_is_for_this_token_this_request_and_this_key() {
    let world = World::new(&json!({"dpop": "required"}));
    let token = world.bound();
    let good = || world.proof(&token);
    let half_a_second_ago: Value = serde_json::from_str(&format!("{}.5", now() - 1)).expect("a number");
    for (what, proof) in [
        ("good", good()),
        ("query and fragment in htu", good().claim("htu", "https://API.example:443/orders?x#y")),
        ("an escape of a letter in htu", good().claim("htu", "https://api.example/%6Frders")),
        ("a nonce that nobody asked for", good().claim("nonce", "x")),
        ("times of its own", good().claim("exp", now() + 60).claim("nbf", now() + 30)),
        ("a part of a second", good().claim("iat", half_a_second_ago)),
    ] {
        assert_eq!(world.on(&token, &proof.sign(&world.client)), "allowed", "{what}");
    }
    for (what, proof) in dpop::hostile(&world.client, &token, "https://api.example/orders") {
        assert_eq!(world.on(&token, &proof), "proof_invalid", "{what}");
    }
    assert_eq!(world.on(&token, ""), "proof_invalid");
    let [one, two] = [good().sign(&world.client), good().sign(&world.client)];
    assert_eq!(world.bench.verdict(&sent(&token, &[])), "proof_invalid");
    assert_eq!(world.bench.verdict(&sent(&token, &[&one, &two])), "proof_invalid");
    let megabyte = good().claim("jti", "j".repeat(1 << 20)).sign(&world.client);
    assert_eq!(world.on(&token, &megabyte), "proof_invalid");
}

/// What providers are forgiven in their key sets, callers are not.
#[test]
fn a_proof_writes_its_key_as_the_rfcs_do() {
    let world = World::new(&json!({"dpop": "required"}));
    let token = world.bound();
    let with = |more: Value| {
        let mut key = jwk(&world.client);
        for (name, value) in more.as_object().into_iter().flatten() {
            key[name] = value.clone();
        }
        world.proof(&token).header("jwk", key).sign(&world.client)
    };
    for more in [
        json!({"kid": "mine", "use": "sig", "alg": "ES256"}),
        json!({"key_ops": ["verify"], "ext": true}),
        json!({"x5c": ["AAAA"], "anything": {"else": [1]}}),
    ] {
        assert_eq!(world.on(&token, &with(more.clone())), "allowed", "{more}");
    }
    let x = jwk(&world.client)["x"].as_str().expect("a text").to_owned();
    let longer = base64url::encode([&[0][..], &base64url::decode(&x).expect("base64url")].concat());
    for more in [
        json!({"x": format!("{x}=")}),
        json!({"x": longer}),
        json!({"d": null}),
        json!({"use": null}),
        json!({"use": "enc"}),
        json!({"key_ops": ["sign"]}),
        json!({"alg": "ES384"}),
        json!({"kid": 1}),
    ] {
        assert_eq!(world.on(&token, &with(more.clone())), "proof_invalid", "{more}");
    }
    let twice = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk(&world.client)}).to_string();
    let twice = twice.replace("\"kty\"", "\"kty\":\"EC\",\"kty\"");
    let proof = world.proof(&token).raw_header(twice).sign(&world.client);
    assert_eq!(world.on(&token, &proof), "proof_invalid");
    // A certificate stands for no key here.
    let mut world = World::new(&json!({"dpop": "required"}));
    world.client = SigningKey::rsa(RsaFixture::Stranger);
    let token = world.bound();
    let certificate = json!({"kty": "RSA", "x5c": world.client.entra_jwk()["x5c"]});
    let proof = world.proof(&token).header("jwk", certificate).sign(&world.client);
    assert_eq!(world.on(&token, &proof), "proof_invalid");
}

#[test]
fn a_token_that_is_bound_to_a_key_which_anybody_can_sign_with_is_worth_nothing() {
    let mut world = World::new(&json!({"dpop": "required"}));
    let on = |world: &World, key: &Value, proof: &dyn Fn(TokenRecipe) -> String| {
        let token = plain().claim("cnf", json!({"jkt": dpop::thumbprint_of(key)})).sign(&world.issuer);
        let sent = proof(world.proof(&token).header("jwk", key.clone()));
        world.on(&token, &sent)
    };
    let signed_by = |recipe: &TokenRecipe, algorithm: &str, signature: &dyn Fn(&[u8]) -> Vec<u8>| {
        let unsigned = recipe.clone().header("alg", algorithm).unsigned();
        let input = unsigned.trim_end_matches('.');
        format!("{input}.{}", base64url::encode(signature(input.as_bytes())))
    };
    // A signature under the exponent 1 is the encoded message itself (RFC 8017, 9.2).
    let mut exponent_one = jwk(&SigningKey::rsa(RsaFixture::Stranger));
    exponent_one["e"] = json!("AQ");
    let encoded = |input: &[u8]| {
        let prefix = [0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];
        let digest = Sha256::digest(input);
        [&[0, 1][..], &[0xff; 202], &[0], &prefix, &digest].concat()
    };
    let forged = |recipe: TokenRecipe| signed_by(&recipe, "RS256", &encoded);
    assert_eq!(on(&world, &exponent_one, &forged), "proof_invalid");
    // Under the neutral element the neutral element and zero are a signature of everything.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let small = json!({"kty": "OKP", "crv": "Ed25519", "x": base64url::encode(neutral)});
    let zero = |_: &[u8]| [neutral, [0; 32]].concat();
    assert_eq!(on(&world, &small, &|recipe| signed_by(&recipe, "EdDSA", &zero)), "proof_invalid");
    world.client = SigningKey::rsa(RsaFixture::Weak);
    assert_eq!(on(&world, &jwk(&world.client), &|recipe| recipe.sign(&world.client)), "proof_invalid");
}

#[test]
fn htu_names_the_address_that_was_asked_for_in_any_spelling_of_it() {
    let world = World::new(&json!({"dpop": "required"}));
    for (authority, target, htu, expected) in [
        ("api.example", "/orders?a=b", "https://api.example/orders", "allowed"),
        ("api.example", "/orders", "https://api.example:443/orders?c=d#e", "allowed"),
        ("api.example:443", "/orders", "HTTPS://api.example/orders", "allowed"),
        ("API.example", "/orders", "https://api.EXAMPLE/orders", "allowed"),
        ("[2001:DB8::1]:8443", "/orders", "https://[2001:db8::1]:8443/orders", "allowed"),
        ("api.example", "/", "https://api.example", "allowed"),
        ("api.example", "/%6frders", "https://api.example/orders", "allowed"),
        ("api.example", "/orders%2fx", "https://api.example/orders%2Fx", "allowed"),
        ("api.example", "/a/../orders", "https://api.example/orders", "allowed"),
        ("api.example", "/orders", "https://api.example/./a/%2E%2e/orders", "allowed"),
        ("api.example", "/orders%2fx", "https://api.example/orders/x", "proof_invalid"),
        ("api.example", "/orders", "https://api.example./orders", "proof_invalid"),
        ("api.example.", "/orders", "https://api.example/orders", "proof_invalid"),
        ("api.example", "/orders", "https://api.example:8443/orders", "proof_invalid"),
        ("api.example:8443", "/orders", "https://api.example/orders", "proof_invalid"),
        ("api.example:80", "/orders", "https://api.example/orders", "proof_invalid"),
        ("[2001:db8::1]", "/orders", "https://[2001:db8::2]/orders", "proof_invalid"),
        ("api.example", "/orders", "https://api.example/Orders", "proof_invalid"),
        ("api.example", "/orders", "https://api.example/orders/", "proof_invalid"),
        ("api.example", "/orders", "https://api.example//orders", "proof_invalid"),
        ("api.example", "/a/../orders", "https://api.example/a/", "proof_invalid"),
        ("api.example", "/a//../orders", "https://api.example/a/orders", "proof_invalid"),
        ("api.example", "/orders", "//api.example/orders", "proof_invalid"),
        ("api.example", "/orders", " https://api.example/orders", "proof_invalid"),
        ("api.example", "/orders", "https://api.example\\@other.example/orders", "proof_invalid"),
    ] {
        let token = world.bound();
        let proof = world.proof(&token).claim("htu", htu).sign(&world.client);
        let request = to(authority, target, &token, &proof);
        assert_eq!(world.bench.verdict(&request), expected, "{authority} {target} {htu}");
    }
}

#[test]
fn a_proof_in_another_spelling_is_the_same_proof() {
    let world = World::new(&json!({"dpop": "required"}));
    let token = world.bound();
    let once = || world.proof(&token).claim("jti", "once");
    let first = once().sign(&world.client);
    assert_eq!(world.on(&token, &first), "allowed");
    // Anybody can make the first, the key's holder alone the second.
    let mirrored = tamper::mirror_signature(&first);
    let fresh = once().claim("jti", "another").sign(&world.client);
    assert_eq!(world.on(&token, &tamper::mirror_signature(&fresh)), "allowed", "it is a signature");
    for (what, proof) in [("mirrored", mirrored), ("signed anew", once().claim("x", 1).sign(&world.client))] {
        assert_ne!(proof, first);
        assert_eq!(world.on(&token, &proof), "proof_invalid", "{what}");
    }
}

#[test]
fn a_proof_is_remembered_for_as_long_as_any_policy_would_take_it() {
    let issuer = SigningKey::p256();
    let policy = |max_age: u32| {
        let possession = json!({"dpop": "required", "max_age": max_age});
        inline(&issuer, &json!({"proof_of_possession": possession}))
    };
    let bench = Bench::new(&json!({
        "policies": {"short": policy(60), "long": policy(3600)},
        "rules": [{"match": {"path": "/orders"}, "policy": ["short", "long"]}, {"match": {}, "policy": "long"}],
    }));
    let mut world = World { bench, issuer, client: SigningKey::p256() };
    let token = world.bound();
    let [used, unused] = [(), ()].map(|()| world.proof(&token).sign(&world.client));
    assert_eq!(world.on(&token, &used), "allowed");
    world.bench.now = world.bench.now + Duration::from_secs(100);
    assert_eq!(world.on(&token, &used), "proof_invalid", "the other policy would have taken it");
    assert_eq!(world.on(&token, &unused), "allowed");
}

#[test]
fn a_token_that_is_bound_to_a_key_and_to_a_certificate_needs_both() {
    let certificate = [7; 32];
    for (presented, with_proof, expected) in [
        (Some(certificate), true, "allowed"),
        (Some(certificate), false, "proof_invalid"),
        (Some([8; 32]), true, "confirmation_failed"),
        (None, true, "confirmation_failed"),
    ] {
        let mut world = World::new(&json!({"dpop": "optional"}));
        world.bench.certificate = presented;
        let cnf = json!({
            "jkt": dpop::thumbprint(&world.client),
            "x5t#S256": base64url::encode(certificate),
        });
        let token = plain().claim("cnf", cnf).sign(&world.issuer);
        // Twice: the second time from the cache.
        for _ in 0..2 {
            let proof = world.proof(&token).sign(&world.client);
            let proofs = if with_proof { &[proof.as_str()][..] } else { &[] };
            assert_eq!(world.bench.verdict(&sent(&token, proofs)), expected, "{presented:?} {with_proof}");
        }
    }
}

#[test]
fn a_thumbprint_is_compared_as_it_is_written() {
    let world = World::new(&json!({"dpop": "required"}));
    let right = dpop::thumbprint(&world.client);
    let digest = base64url::decode(&right).expect("base64url");
    for (jkt, expected) in [
        (right.clone(), "allowed"),
        (format!("{right}="), "proof_invalid"),
        (base64url::encode(&digest[..20]), "proof_invalid"),
        (base64url::encode([&digest[..], &digest[..]].concat()), "proof_invalid"),
        (String::new(), "proof_invalid"),
        (dpop::thumbprint(&SigningKey::p256()), "proof_invalid"),
    ] {
        let token = plain().claim("cnf", json!({"jkt": jkt})).sign(&world.issuer);
        assert_eq!(world.on(&token, &world.proof(&token).sign(&world.client)), expected, "{jkt}");
    }
}

#[test]
fn with_require_token_false_a_proof_alone_is_no_token_and_a_bound_token_needs_one() {
    let world = World::with(&json!({"require_token": false, "proof_of_possession": {"dpop": "optional"}}));
    let token = world.bound();
    let proof = world.proof(&token).sign(&world.client);
    assert_eq!(world.bench.verdict(&request(&[])), "anonymous");
    assert_eq!(world.bench.verdict(&request(&[("dpop", &proof)])), "anonymous");
    assert_eq!(world.bench.verdict(&sent(&token, &[])), "proof_invalid");
    assert_eq!(world.bench.verdict(&sent("x", &[&proof])), "token_malformed");
    assert_eq!(world.on(&token, &proof), "allowed");
}

#[test]
fn a_proof_serves_once_whether_or_not_its_token_is_in_the_cache() {
    let world = World::new(&json!({"dpop": "required"}));
    let token = world.bound();
    let [first, second] = [world.proof(&token).sign(&world.client), world.proof(&token).sign(&world.client)];
    assert_eq!(world.on(&token, &first), "allowed");
    assert_eq!(world.on(&token, &first), "proof_invalid");
    assert_eq!(world.on(&token, &second), "allowed");
    assert_eq!(world.on(&token, &second), "proof_invalid");
    // The same identifier under another key is another proof.
    let other = SigningKey::p256();
    let token = world.bound_to(&other);
    let same = world.proof(&token).header("jwk", jwk(&other)).claim("jti", "once");
    assert_eq!(world.on(&token, &same.clone().sign(&other)), "allowed");
    assert_eq!(world.on(&token, &same.sign(&other)), "proof_invalid");
}

#[test]
fn proof_of_possession_max_age_is_how_far_iat_may_be_from_now() {
    for (age, expected) in [(-20, "allowed"), (20, "allowed"), (40, "proof_invalid"), (-40, "proof_invalid")]
    {
        let world = World::new(&json!({"dpop": "optional", "max_age": 30}));
        let token = world.bound();
        let proof = world.proof(&token).claim("iat", now() - age).sign(&world.client);
        assert_eq!(world.on(&token, &proof), expected, "{age}");
    }
}

#[test]
fn proof_of_possession_origin_is_what_htu_starts_with() {
    let world = World::new(&json!({"dpop": "required", "origin": "https://public.example/base/"}));
    let token = world.bound();
    for (htu, expected) in [
        ("https://public.example/base/orders", "allowed"),
        ("https://PUBLIC.example:443/base/orders?page=3", "allowed"),
        ("https://public.example/orders", "proof_invalid"),
        ("https://api.example/orders", "proof_invalid"),
    ] {
        assert_eq!(
            world.on(&token, &world.proof(&token).claim("htu", htu).sign(&world.client)),
            expected,
            "{htu}"
        );
    }
}

#[test]
fn proof_of_possession_algorithms_bound_what_a_proof_may_be_signed_with() {
    let mut world = World::new(&json!({"dpop": "required", "algorithms": ["RS256"]}));
    let token = world.bound();
    assert_eq!(world.on(&token, &world.proof(&token).sign(&world.client)), "proof_invalid");
    world.client = SigningKey::rsa(RsaFixture::Stranger);
    let token = world.bound();
    assert_eq!(world.on(&token, &world.proof(&token).sign(&world.client)), "allowed");
    let told = challenge(&world, &sent(&token, &[]));
    assert!(
        told.starts_with("DPoP error=\"invalid_dpop_proof\"") && told.ends_with("algs=\"RS256\""),
        "{told}"
    );
}

#[test]
fn every_kind_of_key_signs_proofs() {
    for client in [
        SigningKey::p256(),
        SigningKey::p384(),
        SigningKey::p521(),
        SigningKey::ed25519(),
        SigningKey::rsa(RsaFixture::Stranger),
    ] {
        let mut world = World::new(&json!({"dpop": "required"}));
        world.client = client;
        let token = world.bound();
        assert_eq!(world.on(&token, &world.proof(&token).sign(&world.client)), "allowed");
    }
}

#[test]
fn a_challenge_names_the_scheme_that_would_do() {
    let none = request(&[]);
    let bearer = |token: &str| request(&[("authorization", &format!("Bearer {token}"))]);
    let all = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA";
    let required = World::new(&json!({"dpop": "required"}));
    let token = required.bound();
    assert_eq!(challenge(&required, &none), format!("DPoP algs=\"{all}\""));
    let failed = "error=\"invalid_token\", error_description=\"Proof of possession failed.\"";
    assert_eq!(challenge(&required, &bearer(&token)), format!("DPoP {failed}, algs=\"{all}\""));
    let invalid = "error=\"invalid_dpop_proof\", error_description=\"The DPoP proof is invalid.\"";
    assert_eq!(challenge(&required, &sent(&token, &[])), format!("DPoP {invalid}, algs=\"{all}\""));
    let optional = World::new(&json!({"dpop": "optional"}));
    let token = optional.bound();
    assert_eq!(challenge(&optional, &none), format!("Bearer, DPoP algs=\"{all}\""));
    assert_eq!(challenge(&optional, &bearer(&token)), format!("DPoP {failed}, algs=\"{all}\""));
    assert_eq!(challenge(&optional, &sent(&token, &[])), format!("DPoP {invalid}, algs=\"{all}\""));
    let malformed = "error=\"invalid_token\", error_description=\"The token is malformed.\"";
    assert_eq!(challenge(&optional, &bearer("x")), format!("Bearer {malformed}"));
    assert_eq!(challenge(&optional, &sent("x", &[])), format!("DPoP {malformed}, algs=\"{all}\""));
}

#[test]
fn what_is_wrong_with_a_proof_is_answered_401_or_as_failed_validation_httpcode_says() {
    for (mut more, expected) in [(json!({}), 401), (json!({"failed_validation_httpcode": 418}), 418)] {
        more["proof_of_possession"] = json!({"dpop": "required"});
        let world = World::with(&more);
        let token = world.bound();
        for request in [sent(&token, &[]), request(&[("authorization", &format!("Bearer {token}"))])] {
            let answer = world.bench.answer(&request);
            assert_eq!(answer.status, expected);
            assert!(challenge(&world, &request).starts_with("DPoP error="));
        }
    }
}

#[test]
fn proof_of_possession_nonce_is_demanded_of_every_proof() {
    // The bench gives out no nonces: what the workers share is tried in Envoy.
    let world = World::new(&json!({"dpop": "required", "nonce": true, "algorithms": ["ES256"]}));
    let token = world.bound();
    for proof in [world.proof(&token), world.proof(&token).claim("nonce", "stale")] {
        let request = sent(&token, &[&proof.sign(&world.client)]);
        assert_eq!(world.bench.verdict(&request), "proof_nonce_required");
        let expected = "DPoP error=\"use_dpop_nonce\", error_description=\"The DPoP proof needs a nonce.\", algs=\"ES256\"";
        assert_eq!(challenge(&world, &request), expected);
    }
    assert_eq!(world.on(&token, "x"), "proof_invalid");
}

/// A memory that gives out one nonce.
struct OneNonce(OwnProofs);

impl ProofMemory for OneNonce {
    fn remember(&self, proof: ProofDigest, until: UnixTime, now: UnixTime) -> Novelty {
        self.0.remember(proof, until, now)
    }

    fn nonce(&self, _: UnixTime) -> Option<String> {
        Some("fresh".to_owned())
    }

    fn knows_nonce(&self, nonce: &str, _: UnixTime) -> bool {
        nonce == "fresh"
    }
}

#[test]
fn who_needs_a_nonce_is_given_one_with_whatever_is_wrong_with_a_proof() {
    for (demanded, given) in [(true, Some("fresh")), (false, None)] {
        let world = World::new(&json!({"dpop": "required", "nonce": demanded}));
        let token = world.bound();
        let good = || world.proof(&token).claim("nonce", "fresh");
        let memory = OneNonce(OwnProofs::default());
        let answer = |request: &Request| {
            let circumstances = Circumstances {
                keyring: &world.bench.keyring,
                engine: &SandboxEngine,
                now: world.bench.now,
                certificate: &|| None,
                removal: HeaderRemoval::Works,
                proofs: &memory,
                detail: Detail::Cause,
            };
            match world.bench.gate.admit(request, &circumstances) {
                Decision::Final(Verdict::Refuse(rejection)) => Some(Answer::to(&rejection, b"GET")),
                _ => None,
            }
        };
        let by = |recipe: TokenRecipe| sent(&token, &[&recipe.sign(&world.client)]);
        let once = by(good());
        assert_eq!(answer(&once), None, "it passes");
        let bearer = request(&[("authorization", &format!("Bearer {token}"))]);
        for refused in [bearer, sent(&token, &[]), by(good().claim("htm", "POST")), once] {
            let answer = answer(&refused).expect("a refusal");
            let nonce = answer.headers.iter().find(|(name, _)| name == "dpop-nonce");
            assert_eq!(nonce.map(|(_, value)| value.as_ref()), given);
        }
    }
}

#[test]
fn proof_of_possession_certificate_is_if_bound_required_or_off() {
    let digest = [7; 32];
    for (rule, presented, of_bound, of_free) in [
        ("if_bound", Some(digest), "allowed", "allowed"),
        ("if_bound", None, "confirmation_failed", "allowed"),
        ("required", Some(digest), "allowed", "confirmation_failed"),
        ("required", None, "confirmation_failed", "confirmation_failed"),
        ("off", None, "allowed", "allowed"),
    ] {
        let mut world = World::new(&json!({"certificate": rule}));
        world.bench.certificate = presented;
        let bound = plain().claim("cnf", json!({"x5t#S256": base64url::encode(digest)})).sign(&world.issuer);
        let free = plain().sign(&world.issuer);
        // Twice: the second time from the cache.
        for _ in 0..2 {
            let on = |scheme: &str, token: &str| {
                world.bench.verdict(&request(&[("authorization", &format!("{scheme} {token}"))]))
            };
            assert_eq!(on("Bearer", &bound), of_bound, "{rule}");
            assert_eq!(on("mtls_pop", &bound), of_bound, "{rule}");
            assert_eq!(on("Bearer", &free), of_free, "{rule}");
            assert_eq!(on("MTLS_POP", &free), "confirmation_failed", "{rule}");
        }
        world.bench.certificate = Some([8; 32]);
        let on = world.bench.verdict(&request(&[("authorization", &format!("Bearer {bound}"))]));
        assert_eq!(on == "allowed", rule == "off", "{rule}");
    }
}

#[test]
fn a_proof_is_not_used_up_by_a_policy_that_refuses_its_token() {
    let issuer = SigningKey::p256();
    let policy = |more: Value| {
        let mut policy = inline(&issuer, &more);
        policy["validate_jwt"]["proof_of_possession"] = json!({"dpop": "required"});
        policy
    };
    let bench = Bench::new(&json!({
        "policies": {
            "strict": policy(json!({"authorize": {"scopes": {"any": ["admin"]}}})),
            "plain": policy(json!({"audiences": [AUDIENCE]})),
        },
        "rules": [{"match": {}, "policy": ["strict", "plain"]}],
    }));
    let world = World { bench, issuer, client: SigningKey::p256() };
    let token = world.bound();
    let proof = world.proof(&token).sign(&world.client);
    assert_eq!(world.on(&token, &proof), "allowed");
    // Of both refusals the one that came further is told.
    assert_eq!(world.on(&token, &proof), "insufficient_scope");
}

#[test]
fn nothing_in_host_or_target_puts_the_path_out_of_a_proofs_sight() {
    let world = World::new(&json!({"dpop": "required"}));
    let fixed = World::new(&json!({"dpop": "required", "origin": "https://api.example"}));
    for (world, authority, target, htu) in [
        (&world, "api.example?x", "/orders", "https://api.example/"),
        (&world, "api.example#", "/orders", "https://api.example/"),
        (&world, "api.example/orders", "/dear", "https://api.example/orders/dear"),
        (&world, "u@api.example", "/orders", "https://api.example/orders"),
        (&world, "", "/orders", "https:///orders"),
        (&world, "api.example", "/orders#/../dear", "https://api.example/orders"),
        (&fixed, "api.example", "/orders#/../dear", "https://api.example/orders"),
        (&fixed, "api.example", ".evil.example/orders", "https://api.example.evil.example/orders"),
        (&fixed, "api.example", "*", "https://api.example/"),
    ] {
        let token = world.bound();
        let proof = world.proof(&token).claim("htu", htu).sign(&world.client);
        let request = to(authority, target, &token, &proof);
        assert_eq!(world.bench.verdict(&request), "proof_invalid", "{authority} {target} {htu}");
    }
}

#[test]
fn a_policy_that_demands_the_scheme_dpop_reads_its_proofs() {
    let world = World::with(&json!({"require_scheme": "dpop", "proof_of_possession": {"dpop": "required"}}));
    let token = world.bound();
    assert_eq!(world.on(&token, &world.proof(&token).sign(&world.client)), "allowed");
    let bearer = request(&[("authorization", &format!("Bearer {token}"))]);
    assert_eq!(world.bench.verdict(&bearer), "token_not_present");
}
