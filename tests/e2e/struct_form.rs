//! The configuration as `google.protobuf.Struct`.

use serde_json::json;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::envoy::Listener;
use validate_jwt_testbed::identity_provider::IdentityProvider;

use crate::lab::{Lab, entra, filter};

#[tokio::test]
async fn a_struct_is_read_like_json() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    let configuration = entra(&idp, &json!({"failed_validation_httpcode": 401, "clock_skew": 0.5}));
    let listener = Listener::new("main").filter(filter(configuration).await?.as_struct());
    let lab = Lab::with_listener(idp, 1, listener).await?;
    assert_eq!(lab.verdict("garbage").await?, (401, "token_malformed".to_owned()));
    lab.assert_alive().await
}
