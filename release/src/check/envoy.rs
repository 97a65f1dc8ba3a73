//! A module in a real Envoy: it refuses what has no token, and lets a good one pass.

use std::path::Path;

use serde_json::json;
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::echo::EchoApi;
use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options, WasmFilter};
use validate_jwt_testbed::identity_provider::{CONTOSO, IdentityProvider, paths};

use super::fault;
use crate::error::{Error, FileFault};

pub(super) async fn check(module: &Path) -> Result<(), Error> {
    let (idp, api) = (IdentityProvider::start()?, EchoApi::start()?);
    let provider =
        json!({"url": idp.url(&paths::discovery_v2(CONTOSO)), "cluster": "idp", "allow_http": true});
    let policy = json!({"validate_jwt": {"openid_config": [provider], "audiences": [AUDIENCE]}});
    let bootstrap = Bootstrap::new()
        .cluster(Cluster::new("api", api.address()))
        .cluster(Cluster::new("idp", idp.address()))
        .listener(Listener::new("main").filter(WasmFilter::new(module, policy)));
    let envoy = Envoy::start(bootstrap, Options::default()).await?;
    let address = envoy.address("main").await?;
    let token = idp.token_v2(CONTOSO, AUDIENCE).sign(&idp.signing_key());
    for (request, sent, wanted) in [
        ("without a token", Request::get("/"), 401),
        ("with a good token", Request::get("/").bearer(&token), 200),
    ] {
        let found = sent.send(address).await?.status;
        if found != wanted {
            return Err(fault(module, FileFault::OtherAnswer { request, wanted, found }));
        }
    }
    Ok(())
}

const AUDIENCE: &str = "api://orders";
