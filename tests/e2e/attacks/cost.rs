//! What the dearest tokens cost a real Envoy.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::envoy::{Listener, Paths};
use validate_jwt_testbed::identity_provider::{CONTOSO, IdentityProvider};
use validate_jwt_testbed::token::{Algorithm, RsaFixture, SigningKey, TokenRecipe, tamper};

use crate::lab::{AUDIENCE, Lab, entra, filter, summary, with};

/// Run with `--nocapture --ignored` for the table in `docs/threats.md`.
#[tokio::test]
#[ignore = "prints a table"]
async fn what_the_dearest_tokens_cost_in_envoy() -> Result<(), Error> {
    for crypto in ["auto", "off"] {
        println!("host_crypto: {crypto}");
        signed(crypto).await?;
    }
    nameless().await?;
    encrypted().await
}

/// Run with `--nocapture --ignored` for the table in `docs/threats.md`: 58 kB of each part of a request.
#[tokio::test]
#[ignore = "prints a table"]
async fn what_the_dearest_parts_cost_in_envoy() -> Result<(), Error> {
    let of_place = |place: &'static str, name: &'static str| {
        let mut fields = json!({});
        fields[place] = json!(name);
        fields
    };
    let rules = json!([
        {"match": {"path_prefix": "/a/a/a/a/b"}, "policy": "api"},
        {"match": {"path_prefix": "/Map;layer=1/%40x"}, "policy": "api"},
        {"match": {"path": "/public"}, "allow": true},
        {"match": {}, "policy": "api"},
    ]);
    let mut patterns = rules.clone();
    patterns[0] = json!({"match": {"path_regex": "/.*/secret"}, "allow": true});
    let mut hosts: Vec<_> = (0..200)
        .map(|at| json!({"match": {"hosts": [format!("h{at}.example"), format!("*.d{at}.example")]}, "allow": true}))
        .collect();
    hosts.push(json!({"match": {}, "policy": "api"}));
    for (guard, policy, rules, parts) in [
        (
            "paths",
            json!({}),
            rules,
            &[
                ("path", "/", "a", ""),
                ("path", "", "/a", ""),
                ("path", "", "/A", ""),
                ("path", "/", "%41", ""),
                ("path", "/", "%40", ""),
                ("path", "/", "%C3%84", ""),
                ("path", "", "/.", ""),
                ("path", "", "/a/..", ""),
                ("path", "", "/", ""),
                ("path", "/a", ";", ""),
                ("path", "", "/;", ""),
                ("path", "//%3B%40A", "/;", "//;A%40%3B"),
                ("path", "//h", "/%3B", "//;A%40;"),
                ("path", "", "/", "/;A%40%3B"),
                ("path", "/", "/;%3B/A%40%C3%84;v", ""),
                ("authorization", "Bearer ", ".", ""),
                ("authorization", "Bearer a", ",", ""),
                ("authorization", "Bearer", " ", "a"),
            ][..],
        ),
        (
            "a pattern",
            json!({}),
            patterns,
            &[("path", "", "/a", ""), ("path", "/", "/;%3B/A%40%C3%84;v", "")],
        ),
        ("200 hosts", json!({}), json!(hosts), &[("host", "", "a.", "e7.example")]),
        (
            "query",
            of_place("query_parameter_name", "t"),
            json!(null),
            &[("path", "/?", "a&", ""), ("path", "/?", "%61=&", "")],
        ),
        (
            "cookie",
            of_place("cookie_name", "t"),
            json!(null),
            &[("cookie", "", "a=b; ", ""), ("cookie", "", ";", "")],
        ),
    ] {
        let idp = IdentityProvider::start()?;
        let configuration = if rules.is_null() {
            entra(&idp, &policy)
        } else {
            json!({"policies": {"api": entra(&idp, &policy)}, "rules": rules})
        };
        let listener = Listener::new("main").filter(filter(configuration).await?).paths(Paths::AsSent);
        let lab = Lab::with_listener(idp, 1, listener).await?;
        for (part, start, unit, end) in parts {
            let text = format!("{start}{}{end}", unit.repeat(58_000 / unit.len()));
            let request = match *part {
                "path" => Request::get(&text),
                name => Request::get("/x").header(name, &text),
            };
            spend(&lab, &format!("{guard}, {part}: {start}{unit}…{end}"), &request).await?;
        }
    }
    Ok(())
}

/// Wrong signatures under one key of every kind, where the proxy may verify and where it may not.
async fn signed(crypto: &str) -> Result<(), Error> {
    let secret = SigningKey::symmetric(vec![7; 64]).with_key_id("shared");
    let inline = json!([
        {"id": "common exponent", "n": huge_modulus(), "e": "AQAB"},
        {"id": "longest exponent", "n": huge_modulus(), "e": "_____w"},
        {"id": "shared", "key": STANDARD.encode([7; 64])},
    ]);
    let lab = Lab::start(|idp| {
        with(entra(idp, &json!({"issuer_signing_keys": inline})), &json!({"host_crypto": crypto}))
    })
    .await?;
    let keys = [
        SigningKey::rsa(RsaFixture::Second),
        SigningKey::rsa(RsaFixture::Bits4096),
        SigningKey::p256(),
        SigningKey::p384(),
        SigningKey::p521(),
        SigningKey::ed25519(),
    ];
    let keys = keys.map(|key| key.with_key_id(format!("{key:?}")));
    for key in &keys {
        lab.idp.publish_key(key);
    }
    lab.assert_alive().await?;
    let recipe = lab.idp.token_v2(CONTOSO, AUDIENCE);
    let mut cases = vec![("no token".to_owned(), String::new()), ("a good one".to_owned(), lab.token())];
    cases.push(("900 members".to_owned(), {
        let many = |recipe: TokenRecipe, at: usize| recipe.claim(&format!("m{at}"), at);
        (0..900).fold(recipe.clone().expires_in(-9), many).sign(&keys[0])
    }));
    for key in keys.iter().chain([&secret]) {
        let algorithms: &[Algorithm] = match key.default_algorithm() {
            Algorithm::Rs256 => &[Algorithm::Rs256, Algorithm::Ps512],
            Algorithm::Hs256 => &[Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512],
            other => &[other],
        };
        for algorithm in algorithms {
            let token = recipe.clone().algorithm(*algorithm).sign(key);
            cases.push((format!("{algorithm}, {}", key.key_id()), forged(&token)));
        }
    }
    for id in ["common exponent", "longest exponent"] {
        for algorithm in ["RS256", "PS512"] {
            let token = recipe.clone().header("alg", algorithm).key_id(id).sign(&keys[0]);
            let (signed, _) = token.rsplit_once('.').expect("three segments");
            let signature = URL_SAFE_NO_PAD.encode([0x55; 1024]);
            cases.push((format!("{algorithm}, RSA 8192, {id}"), format!("{signed}.{signature}")));
        }
    }
    for (what, token) in cases {
        measure(&lab, &what, &token).await?;
    }
    lab.assert_alive().await
}

/// Tokens without `kid`, where the provider has many keys that fit.
async fn nameless() -> Result<(), Error> {
    let recipe = |lab: &Lab| lab.idp.token_v2(CONTOSO, AUDIENCE).without_header("kid");
    for key in [SigningKey::rsa(RsaFixture::Second), SigningKey::p521()] {
        // Before the first fetch: a token without `kid` causes no other.
        let lab = Lab::start(|idp| {
            for at in 0..20 {
                idp.publish_key(&key.with_key_id(format!("k{at}")));
            }
            entra(idp, &json!({}))
        })
        .await?;
        lab.assert_alive().await?;
        let token = forged(&recipe(&lab).sign(&key));
        measure(&lab, &format!("no kid, twenty keys like {key:?}"), &token).await?;
        lab.assert_alive().await?;
    }
    Ok(())
}

/// Encrypted junk of the right shape: only the key tells.
async fn encrypted() -> Result<(), Error> {
    let private = |fixture: RsaFixture| json!({"private_key": fixture.private_pem()});
    for (what, keys, header, length) in [
        ("dir", json!([{"key": STANDARD.encode([7; 32])}]), r#"{"alg":"dir","enc":"A256GCM"}"#, 0),
        ("A256KW", json!([{"key": STANDARD.encode([7; 32])}]), r#"{"alg":"A256KW","enc":"A256GCM"}"#, 40),
        ("RSA 2048", json!([private(RsaFixture::First)]), OAEP, 256),
        ("RSA 3072", json!([private(RsaFixture::Bits3072)]), OAEP, 384),
        ("RSA 4096", json!([private(RsaFixture::Bits4096)]), OAEP, 512),
        ("two of RSA 2048", json!([private(RsaFixture::First), private(RsaFixture::Second)]), OAEP, 256),
    ] {
        let lab = Lab::start(|idp| entra(idp, &json!({"decryption_keys": keys}))).await?;
        lab.assert_alive().await?;
        let junk = |tag: usize| {
            let parts = [vec![7; length], vec![7; 12], vec![7; 11_000], vec![7; tag]];
            let parts = parts.map(|part| URL_SAFE_NO_PAD.encode(part));
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header), parts.join("."))
        };
        measure(&lab, &format!("encrypted, {what}"), &junk(16)).await?;
        measure(&lab, &format!("encrypted, {what}, short tag"), &junk(15)).await?;
        lab.assert_alive().await?;
    }
    Ok(())
}

/// Prints what such a token costs.
async fn measure(lab: &Lab, what: &str, token: &str) -> Result<(), Error> {
    spend(lab, what, &Request::get("/").bearer(token)).await
}

/// Prints the processor time of Envoy for one such request.
async fn spend(lab: &Lab, what: &str, request: &Request) -> Result<(), Error> {
    const REQUESTS: u32 = 200;
    let answer = summary(&lab.send(request).await?);
    let begun = lab.envoy.cpu_time()?;
    for _ in 0..REQUESTS {
        lab.send(request).await?;
    }
    println!("{:>10.1?} {what}: {answer:?}", lab.envoy.cpu_time()?.saturating_sub(begun) / REQUESTS);
    Ok(())
}

/// The token with another claim than was signed.
fn forged(token: &str) -> String {
    tamper::change_claims(token, |claims| drop(claims.insert("sub".to_owned(), json!("x"))))
}

/// An odd number of 8192 bits: a signature under it can be refused, which is all that is asked of it here.
fn huge_modulus() -> String {
    let bytes: Vec<u8> =
        (0..1024_u32).map(|at| u8::try_from((at * 167 + 13) % 251).unwrap_or(1) | 1).collect();
    URL_SAFE_NO_PAD.encode([&[0xf1], &bytes[1..]].concat())
}

const OAEP: &str = r#"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#;
