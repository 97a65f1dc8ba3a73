//! Requests that come before the first keys.

use std::time::{Duration, Instant};

use serde_json::json;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::{Connection, Request};
use validate_jwt_testbed::identity_provider::{CONTOSO, FABRIKAM, Fault, paths};

use crate::lab::{AUDIENCE, Lab, entra, summary};

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_requests_at_a_cold_start_cost_one_fetch_with_one_worker() -> Result<(), Error> {
    cold_start(1).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_requests_at_a_cold_start_cost_one_fetch_with_four_workers() -> Result<(), Error> {
    cold_start(4).await
}

/// The keys come only after every request was sent, so that all of them are held.
async fn cold_start(workers: u32) -> Result<(), Error> {
    let idp = validate_jwt_testbed::identity_provider::IdentityProvider::start()?;
    idp.set_fault(&paths::keys_v2(CONTOSO), Fault::Hang);
    let configuration = entra(&idp, &json!({}));
    let lab = Lab::around(idp, workers, configuration).await?;
    let good = lab.token();
    let wrong = [
        (lab.idp.token_v2(CONTOSO, "another").sign(&lab.idp.signing_key()), "audience_not_allowed"),
        (lab.idp.token_v2(FABRIKAM, AUDIENCE).sign(&lab.idp.signing_key()), "issuer_not_allowed"),
        (validate_jwt_testbed::token::tamper::flip_signature_bit(&good, 9), "signature_invalid"),
    ];
    let mut requests = tokio::task::JoinSet::new();
    for number in 0..200_usize {
        let (token, expected) = match wrong.get(number % 8) {
            Some((token, reason)) => (token.clone(), (401, (*reason).to_owned())),
            None => (good.clone(), (200, String::new())),
        };
        let address = lab.address;
        requests.spawn(async move {
            let answer = Request::get("/").bearer(&token).send(address).await?;
            Ok::<_, Error>((summary(&answer), expected))
        });
    }
    // The audience is judged without keys; whose issuer it is only the document says, so the others wait: all of them,
    // since a forged signature that comes after the keys may ask for them once more.
    lab.envoy.wait_for_stat("wasmcustom.validate_jwt.held_requests", 175).await?;
    lab.idp.clear_faults();
    while let Some(answered) = requests.join_next().await {
        let (answer, expected) = answered.expect("no request panics")?;
        assert_eq!(answer, expected);
    }
    assert_eq!(lab.idp.requests(&paths::discovery_v2(CONTOSO)), 1);
    assert_eq!(lab.idp.requests(&paths::keys_v2(CONTOSO)), 1);
    assert_eq!(lab.envoy.stat("wasmcustom.validate_jwt.held_requests").await?, 0);
    lab.assert_alive().await
}

#[tokio::test]
async fn a_client_that_leaves_while_held_changes_nothing_for_the_others() -> Result<(), Error> {
    let idp = validate_jwt_testbed::identity_provider::IdentityProvider::start()?;
    idp.set_fault(&paths::keys_v2(CONTOSO), Fault::Hang);
    let configuration = entra(&idp, &json!({}));
    let lab = Lab::around(idp, 1, configuration).await?;
    let request = Request::get("/").bearer(&lab.token());
    let mut leaver = Connection::open(lab.address).await?;
    leaver.write_head(&request).await?;
    lab.envoy.wait_for_stat("wasmcustom.validate_jwt.held_requests", 1).await?;
    let mut others = Vec::new();
    for _ in 0..3 {
        let mut connection = Connection::open(lab.address).await?;
        connection.write_head(&request).await?;
        others.push(connection);
    }
    lab.envoy.wait_for_stat("wasmcustom.validate_jwt.held_requests", 4).await?;
    drop(leaver);
    lab.envoy.wait_for_stat("http.main.downstream_rq_rx_reset", 0).await?;
    lab.envoy.wait_for_stat("http.main.downstream_cx_destroy_remote", 1).await?;
    assert_eq!(lab.envoy.stat("wasmcustom.validate_jwt.held_requests").await?, 3);
    lab.idp.clear_faults();
    for mut connection in others {
        assert_eq!(connection.response().await?.status, 200);
    }
    assert_eq!(lab.api.count(), 3);
    assert_eq!(lab.idp.requests(&paths::keys_v2(CONTOSO)), 1);
    lab.assert_alive().await
}

#[tokio::test]
async fn a_large_body_held_for_keys_arrives_whole() -> Result<(), Error> {
    let idp = validate_jwt_testbed::identity_provider::IdentityProvider::start()?;
    idp.set_fault(&paths::keys_v2(CONTOSO), Fault::Hang);
    let configuration = entra(&idp, &json!({}));
    let lab = Lab::around(idp, 1, configuration).await?;
    let body: Vec<u8> = (0..3_000_000_u32).map(|at| u8::try_from(at % 251).unwrap_or(0)).collect();
    let request = Request::post("/upload", body).bearer(&lab.token());
    let address = lab.address;
    let upload = tokio::spawn(async move { request.send(address).await });
    lab.envoy.wait_for_stat("wasmcustom.validate_jwt.held_requests", 1).await?;
    lab.idp.clear_faults();
    let answer = upload.await.expect("the upload does not panic")?;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let seen = lab.api.last().expect("the API saw it");
    assert_eq!(seen.body_bytes, 3_000_000);
    assert_eq!(answer.json()?["body_sha256"], seen.body_sha256);
    lab.assert_alive().await
}

#[tokio::test]
async fn a_request_is_held_no_longer_than_max_wait() -> Result<(), Error> {
    let idp = validate_jwt_testbed::identity_provider::IdentityProvider::start()?;
    idp.set_fault(&paths::keys_v2(CONTOSO), Fault::Hang);
    let configuration = crate::lab::with(entra(&idp, &json!({})), &json!({"key_refresh": {"max_wait": 0.3}}));
    let lab = Lab::around(idp, 1, configuration).await?;
    let start = Instant::now();
    let answer = lab.send(&Request::get("/").bearer(&lab.token())).await?;
    assert_eq!(summary(&answer), (503, "keys_unavailable".to_owned()));
    assert!(answer.header("retry-after").is_some());
    // The callout would have gone on for a minute.
    let held = start.elapsed();
    assert!(held >= Duration::from_millis(300) && held < Duration::from_secs(60), "{held:?}");
    assert_eq!(lab.api.count(), 0);
    Ok(())
}

#[tokio::test]
async fn limits_held_requests_bounds_how_many_are_held() -> Result<(), Error> {
    let idp = validate_jwt_testbed::identity_provider::IdentityProvider::start()?;
    idp.set_fault(&paths::keys_v2(CONTOSO), Fault::Hang);
    let configuration = crate::lab::with(entra(&idp, &json!({})), &json!({"limits": {"held_requests": 2}}));
    let lab = Lab::around(idp, 1, configuration).await?;
    let request = Request::get("/").bearer(&lab.token());
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut connection = Connection::open(lab.address).await?;
        connection.write_head(&request).await?;
        held.push(connection);
    }
    lab.envoy.wait_for_stat("wasmcustom.validate_jwt.held_requests", 2).await?;
    assert_eq!(summary(&lab.send(&request).await?), (503, "keys_unavailable".to_owned()));
    lab.idp.clear_faults();
    for mut connection in held {
        assert_eq!(connection.response().await?.status, 200);
    }
    lab.assert_alive().await
}
