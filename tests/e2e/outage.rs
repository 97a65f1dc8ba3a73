//! A provider that is not there.

use serde_json::json;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::identity_provider::{CONTOSO, IdentityProvider, paths};

use crate::lab::{Lab, entra, summary, with};

#[tokio::test]
async fn a_provider_that_is_down_at_start_means_503_and_its_return_200_without_a_restart() -> Result<(), Error>
{
    let idp = IdentityProvider::start()?;
    let configuration = with(
        entra(&idp, &json!({})),
        &json!({"key_refresh": {"retry_initial": 0.2, "retry_max": 0.5, "max_wait": 1}}),
    );
    idp.stop().await?;
    let lab = Lab::around(idp, 2, configuration).await?;
    let request = Request::get("/").bearer(&lab.token());
    let answer = lab.send(&request).await?;
    assert_eq!(summary(&answer), (503, "keys_unavailable".to_owned()));
    let retry_after: u64 = answer.header("retry-after").and_then(|text| text.parse().ok()).expect("a number");
    assert!((1..=6).contains(&retry_after));
    assert_eq!(answer.header("www-authenticate"), None, "a provider's outage is no fault of the token");
    lab.idp.restart()?;
    lab.await_status(&request, 200).await?;
    // One attempt suffices, and there is at most a back-off before it.
    assert_eq!(lab.idp.requests(&paths::discovery_v2(CONTOSO)), 1);
    assert_eq!(lab.idp.requests(&paths::keys_v2(CONTOSO)), 1);
    lab.assert_alive().await
}

#[tokio::test]
async fn an_unknown_cluster_is_answered_503_and_named_in_the_log() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    let url = idp.url(&paths::discovery_v2(CONTOSO));
    let configuration =
        entra(&idp, &json!({"openid_config": [{"url": url, "cluster": "nowhere", "allow_http": true}]}));
    let configuration = with(configuration, &json!({"key_refresh": {"max_wait": 1}}));
    let lab = Lab::around(idp, 1, configuration).await?;
    let answer = lab.send(&Request::get("/").bearer(&lab.token())).await?;
    assert_eq!(summary(&answer), (503, "keys_unavailable".to_owned()));
    lab.envoy.wait_for_log("the proxy has no such cluster").await?;
    let log = lab.envoy.log();
    for text in ["cluster \"nowhere\"", "`cluster`", "must name a cluster of the proxy's own configuration"] {
        assert!(log.contains(text), "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn keys_outlive_their_provider() -> Result<(), Error> {
    let lab =
        Lab::start(|idp| with(entra(idp, &json!({})), &json!({"key_refresh": {"interval": 0.2}}))).await?;
    assert_eq!(lab.verdict(&lab.token()).await?.0, 200);
    lab.idp.stop().await?;
    lab.envoy.wait_for_log("the keys at hand serve for another").await?;
    lab.assert_alive().await
}
