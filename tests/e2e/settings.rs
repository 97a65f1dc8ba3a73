//! Settings whose effect only a proxy shows.

use serde_json::json;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::{Http2Connection, Request};
use validate_jwt_testbed::envoy::Listener;
use validate_jwt_testbed::identity_provider::{CONTOSO, Fault, IdentityProvider, paths};
use validate_jwt_testbed::token::tamper;

use crate::lab::{Lab, entra, filter, with};

#[tokio::test]
async fn key_refresh_wait_refuse_answers_503_until_the_keys_came_in_the_background() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    idp.set_fault(&paths::keys_v2(CONTOSO), Fault::Hang);
    let configuration = with(entra(&idp, &json!({})), &json!({"key_refresh": {"wait": "refuse"}}));
    let lab = Lab::around(idp, 1, configuration).await?;
    lab.idp.wait_for_requests(&paths::keys_v2(CONTOSO), 1).await?;
    let good = lab.token();
    assert_eq!(lab.verdict(&good).await?, (503, "keys_unavailable".to_owned()));
    assert_eq!(lab.envoy.stat("wasmcustom.validate_jwt.held_requests").await?, 0);
    let mut http2 = Http2Connection::open(lab.address).await?;
    let call = Request::post("/echo.Echo/Say", Vec::new()).header("content-type", "application/grpc");
    assert_eq!(http2.send(&call.bearer(&good)).await?.header("grpc-status"), Some("14"));
    lab.idp.clear_faults();
    lab.envoy.wait_for_stat("wasmcustom.validate_jwt.keys.127_0_0_1.usable", 1).await?;
    // A worker sees within a second what another VM fetched.
    lab.await_status(&Request::get("/").bearer(&good), 200).await?;
    lab.assert_alive().await
}

#[tokio::test]
async fn limits_document_bytes_bounds_what_a_provider_may_send() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    idp.set_fault(&paths::keys_v2(CONTOSO), Fault::Oversized(20_003));
    let settings = json!({
        "limits": {"document_bytes": 20_000},
        "key_refresh": {"retry_initial": 0.1, "retry_max": 0.1, "max_wait": 5},
    });
    let configuration = with(entra(&idp, &json!({})), &settings);
    let lab = Lab::around(idp, 1, configuration).await?;
    lab.envoy.wait_for_log("the answer is larger than limits.document_bytes").await?;
    let good = lab.token();
    assert_eq!(lab.verdict(&good).await?, (503, "keys_unavailable".to_owned()));
    lab.idp.set_fault(&paths::keys_v2(CONTOSO), Fault::Oversized(19_000));
    lab.envoy.wait_for_stat("wasmcustom.validate_jwt.keys.127_0_0_1.usable", 1).await?;
    // A worker sees within a second what another VM fetched.
    lab.await_status(&Request::get("/").bearer(&good), 200).await?;
    lab.assert_alive().await
}

#[tokio::test]
async fn host_crypto_says_who_verifies_and_changes_no_verdict() -> Result<(), Error> {
    for (setting, told) in
        [("auto", "the proxy verifies RS256 RS384 RS512 ES256"), ("off", "the proxy verifies nothing")]
    {
        let lab = Lab::start(|idp| with(entra(idp, &json!({})), &json!({"host_crypto": setting}))).await?;
        let good = lab.token();
        assert_eq!(lab.verdict(&good).await?, (200, String::new()), "{setting}");
        let spoilt = tamper::flip_signature_bit(&good, 3);
        assert_eq!(lab.verdict(&spoilt).await?, (401, "signature_invalid".to_owned()), "{setting}");
        lab.envoy.wait_for_log(told).await?;
    }
    Ok(())
}

#[tokio::test]
async fn publish_false_publishes_no_outcome_and_the_claims_all_the_same() -> Result<(), Error> {
    let log = "%FILTER_STATE(wasm.validate_jwt.outcome:PLAIN)% %FILTER_STATE(wasm.validate_jwt.reason:PLAIN)% \
               %FILTER_STATE(wasm.jwt:PLAIN)%";
    for (publish, refused) in [(true, "rejected token_malformed -"), (false, "- - -")] {
        let idp = IdentityProvider::start()?;
        let policy = entra(&idp, &json!({"output_token_variable_name": "jwt"}));
        let listener = Listener::new("main")
            .filter(filter(with(policy, &json!({"publish": publish}))).await?)
            .access_log(log);
        let lab = Lab::with_listener(idp, 1, listener).await?;
        assert_eq!(lab.verdict("garbage").await?.0, 401);
        assert_eq!(lab.verdict(&lab.token()).await?.0, 200);
        let allowed = if publish { "allowed - {" } else { "- - {" };
        for line in [format!("{refused}\n"), allowed.to_owned()] {
            lab.envoy.wait_for_access_log("main", &line).await?;
        }
    }
    Ok(())
}
