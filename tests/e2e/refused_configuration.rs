//! Configurations that Envoy refuses to start with.

use serde_json::{Value, json};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::identity_provider::{CONTOSO, IdentityProvider, paths};

use crate::lab::{Lab, entra};

/// Envoy does not start, and its log holds all of these.
#[track_caller]
fn assert_refused(started: Result<Lab, Error>, wanted: &[&str]) {
    match started {
        Ok(_) => panic!("Envoy started; expected a refusal with {wanted:?}"),
        Err(Error::EnvoyExited { log, .. }) => {
            for text in wanted {
                assert!(log.contains(text), "no {text:?} in the log:\n{log}");
            }
        }
        Err(other) => panic!("{other}"),
    }
}

async fn start(configuration: impl FnOnce(&IdentityProvider) -> Value) -> Result<Lab, Error> {
    Lab::start(configuration).await
}

#[tokio::test]
async fn a_misspelt_field_is_named() {
    let started = start(|idp| entra(idp, &json!({"audience": ["x"]}))).await;
    assert_refused(started, &["validate_jwt.audience", "audiences"]);
}

#[tokio::test]
async fn a_wrong_type_is_named() {
    let started = start(|idp| entra(idp, &json!({"clock_skew": "60 seconds"}))).await;
    assert_refused(started, &["validate_jwt.clock_skew", "60 seconds"]);
}

#[tokio::test]
async fn an_empty_audience_list_is_no_wildcard() {
    let started = start(|idp| entra(idp, &json!({"audiences": []}))).await;
    assert_refused(started, &["validate_jwt.audiences"]);
}

#[tokio::test]
async fn plain_http_needs_allow_http() {
    let started = start(|idp| {
        let url = idp.url(&paths::discovery_v2(CONTOSO));
        entra(idp, &json!({"openid_config": [{"url": url, "cluster": "idp"}]}))
    })
    .await;
    assert_refused(started, &["validate_jwt.openid_config[0].url", "allow_http"]);
}

#[tokio::test]
async fn text_that_is_neither_json_nor_a_policy_is_refused() {
    let started = start(|_| Value::String("validate everything".to_owned())).await;
    assert_refused(started, &["configuration"]);
}

#[tokio::test]
async fn no_configuration_at_all_is_refused() {
    let started = start(|_| Value::String(String::new())).await;
    assert_refused(started, &["configuration"]);
}
