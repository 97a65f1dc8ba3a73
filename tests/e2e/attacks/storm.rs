//! Thousands of hostile requests among good ones.

use std::sync::Arc;

use serde_json::{Value, json};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::identity_provider::{CONTOSO, FABRIKAM, IdentityProvider};
use validate_jwt_testbed::token::{Algorithm, RsaFixture, SigningKey, TokenRecipe, tamper};

use super::guarded;
use crate::lab::{AUDIENCE, Lab, with};

const HOSTILE: usize = 5_400;
const GOOD: usize = 540;
const CLIENTS: usize = 12;

/// [`guarded`], with one look for an unknown key in a day: however long the storm takes here.
fn patiently_guarded(idp: &IdentityProvider) -> Value {
    with(guarded(idp), &json!({"key_refresh": {"unknown_kid_interval": 86_400, "interval": 86_400}}))
}

/// Tokens that are refused, of every kind.
fn tokens(lab: &Lab) -> Vec<String> {
    let (key, stranger) = (lab.idp.signing_key(), SigningKey::rsa(RsaFixture::Stranger));
    let recipe = lab.idp.token_v2(CONTOSO, AUDIENCE);
    let good = recipe.sign(&key);
    let secret = SigningKey::symmetric(key.public_pem().unwrap_or_default()).with_key_id(key.key_id());
    let raw = |payload: String| recipe.clone().raw_payload(payload).sign(&key);
    let header = |name: &str, value: Value| recipe.clone().header(name, value).sign(&key);
    let mut tokens = vec![
        recipe.unsigned(),
        recipe.clone().header("alg", "None").unsigned(),
        recipe.clone().algorithm(Algorithm::Hs256).sign(&secret),
        recipe.clone().header("alg", "PS256").sign(&key),
        recipe.sign(&stranger.with_key_id(key.key_id())),
        recipe.sign(&stranger),
        recipe.clone().header("jwk", stranger.public_jwk()).sign(&stranger),
        recipe.clone().header("jku", "http://169.254.169.254/").sign(&stranger),
        recipe.clone().expires_in(-1).sign(&key),
        recipe.clone().not_before_in(900).sign(&key),
        recipe.clone().audience("x").sign(&key),
        recipe.clone().without_claim("exp").sign(&key),
        lab.idp.token_v2(FABRIKAM, AUDIENCE).sign(&key),
        header("crit", json!(["b64"])),
        header("kid", json!(["a"])),
        header("typ", json!("logout+jwt")),
        raw("[".repeat(9_000)),
        raw("{\"a\":".repeat(2_000)),
        raw(format!("{{{}\"a\":1}}", "\"a\":1,".repeat(1_200))),
        raw(format!("{{\"exp\":{}}}", "9".repeat(9_000))),
        tamper::strip_signature(&good),
        tamper::truncate_signature(&good, 100),
        tamper::change_claims(&good, |claims| drop(claims.insert("sub".to_owned(), json!("admin")))),
        format!("{good}="),
        format!("{good}.{good}"),
        "a.".repeat(8_000),
        ".".repeat(8_000),
        "A".repeat(50_000),
        "e30.AA.AA.AA.AA".to_owned(),
        "\u{ff0e}\u{ff0e}".to_owned(),
    ];
    tokens.extend((0..16).map(|bit| tamper::flip_signature_bit(&good, bit * 127)));
    tokens.extend((0..10).map(|at| recipe.clone().key_id(&format!("../{at}")).sign(&key)));
    tokens
}

/// Requests that must not reach the API.
fn hostile(lab: &Lab) -> Vec<Request> {
    let mut requests: Vec<_> = tokens(lab).iter().map(|token| Request::get("/").bearer(token)).collect();
    let good = lab.token();
    let value = |bytes: &[u8]| Request::get("/").header("authorization", bytes);
    requests.extend([
        Request::get("/"),
        Request::get("/").bearer(&good).bearer(&good),
        Request::get("/").bearer(&good).bearer("x"),
        value(b"Bearer \xff\xfe\xfd"),
        value(b"Bearer \x80.\x80.\x80"),
        value(b"Basic eDp5"),
        value(b""),
        Request::get("/public/..;/admin"),
        Request::get("/%2fadmin"),
        Request::get("/public/../admin").header("x-user", "root"),
        Request::get(&format!("/?access_token={good}")),
        Request::post("/", vec![b'x'; 20_000]).bearer("x"),
        Request::new("OPTIONS", "/").header("origin", "https://a"),
        Request::new("FOO", "/").bearer("x"),
        Request::get("/").header("upgrade", "websocket").header("connection", "upgrade").bearer("x"),
        (0..60).fold(Request::get("/"), |request, at| request.header(&format!("x-{at}"), vec![b'y'; 700])),
    ]);
    requests
}

/// Sends `count` hostile requests, `GOOD` out of `HOSTILE` of them followed by a good one; gives how many
/// of each kind were answered as they should be.
async fn mix(lab: &Arc<Lab>, requests: &Arc<Vec<Request>>, count: usize) -> Result<(usize, usize), Error> {
    let clients = (0..CLIENTS).map(|client| {
        let (lab, requests) = (lab.clone(), requests.clone());
        tokio::spawn(async move {
            let good = Request::get("/good").bearer(&lab.token());
            let (mut refused, mut passed) = (0, 0);
            for at in (client..count).step_by(CLIENTS) {
                let answer = lab.send(&requests[at % requests.len()]).await?;
                assert!(
                    (400..500).contains(&answer.status),
                    "{:?}: {}",
                    requests[at % requests.len()],
                    answer.status
                );
                refused += 1;
                if at % (HOSTILE / GOOD) == 0 {
                    passed += usize::from(lab.send(&good).await?.status == 200);
                }
            }
            Ok::<_, Error>((refused, passed))
        })
    });
    let mut sum = (0, 0);
    for client in clients.collect::<Vec<_>>() {
        let (refused, passed) = client.await.expect("no client panics")?;
        sum = (sum.0 + refused, sum.1 + passed);
    }
    Ok(sum)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_hostile_requests_change_nothing_for_the_good_ones() -> Result<(), Error> {
    let lab = Arc::new(Lab::start(patiently_guarded).await?);
    lab.assert_alive().await?;
    let requests = Arc::new(hostile(&lab));
    // Warm: every kind a few times, so that allocators and the virtual machine have their room.
    mix(&lab, &requests, HOSTILE / 4).await?;
    let (seen, before) = (lab.api.count(), lab.envoy.resident_bytes()?);
    let (refused, passed) = mix(&lab, &requests, HOSTILE).await?;
    assert_eq!((refused, passed), (HOSTILE, GOOD), "hostile requests refused, good ones passed");
    assert_eq!(lab.api.count() - seen, GOOD as u64, "what the API saw");
    let after = lab.envoy.resident_bytes()?;
    println!("resident: {before} bytes before {HOSTILE} hostile requests, {after} after");
    assert!(after <= before + before / 10, "{before} bytes before, {after} after");
    assert_eq!(lab.idp.received().len(), 3, "discovery, keys, and one more look for an unknown key");
    lab.assert_alive().await
}

/// A token signed by nobody costs the provider at most one look, whatever it says of itself.
#[tokio::test]
async fn a_flood_of_invented_key_ids_costs_one_fetch() -> Result<(), Error> {
    let lab = Lab::start(patiently_guarded).await?;
    lab.assert_alive().await?;
    let key = lab.idp.signing_key();
    let recipe: TokenRecipe = lab.idp.token_v2(CONTOSO, AUDIENCE);
    for at in 0..300 {
        let (status, reason) = lab.verdict(&recipe.clone().key_id(&format!("k{at}")).sign(&key)).await?;
        assert_eq!((status, reason.as_str()), (401, "signature_key_not_found"), "row 109");
    }
    assert_eq!(lab.idp.received().len(), 3, "row 109: discovery, keys, keys once more");
    lab.assert_alive().await
}
