//! Certificate-bound tokens (RFC 8705) over connections with and without the client's certificate.

use serde_json::json;
use sha2::{Digest, Sha256};
use validate_jwt::token::base64url;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::echo::EchoApi;
use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options, Route};
use validate_jwt_testbed::identity_provider::{CONTOSO, IdentityProvider};
use validate_jwt_testbed::token::RsaFixture;

use crate::lab::{AUDIENCE, entra, filter, summary};

#[tokio::test]
async fn a_bound_token_passes_only_over_a_connection_with_its_certificate() -> Result<(), Error> {
    let (idp, api) = (IdentityProvider::start()?, EchoApi::start()?);
    let paths = ["own", "another", "none"];
    let outside = paths.iter().fold(Listener::new("main"), |listener, name| {
        listener.route(Route::prefix(&format!("/{name}"), name))
    });
    let inside = Listener::new("api").filter(filter(entra(&idp, &json!({}))).await?).mutual_tls();
    let bootstrap = Bootstrap::new()
        .cluster(Cluster::new("api", api.address()))
        .cluster(Cluster::new("idp", idp.address()))
        .cluster(Cluster::by_mutual_tls("own", "api", Some(RsaFixture::First)))
        .cluster(Cluster::by_mutual_tls("another", "api", Some(RsaFixture::Second)))
        .cluster(Cluster::by_mutual_tls("none", "api", None))
        .listener(outside)
        .listener(inside);
    let envoy = Envoy::start(bootstrap, Options::default()).await?;
    let address = envoy.address("main").await?;
    let recipe = idp.token_v2(CONTOSO, AUDIENCE);
    let key = idp.signing_key();
    let thumbprint = base64url::encode(Sha256::digest(RsaFixture::First.certificate()));
    let bound = recipe.clone().claim("cnf", json!({"x5t#S256": thumbprint})).sign(&key);
    let by_key = recipe.clone().claim("cnf", json!({"jkt": thumbprint})).sign(&key);
    let (allowed, refused) = ((200, ""), (401, "confirmation_failed"));
    for (what, token, expected) in [
        ("a bearer token", recipe.sign(&key), [allowed, allowed, allowed]),
        ("a bound token", bound.clone(), [allowed, refused, refused]),
        ("the same again", bound, [allowed, refused, refused]),
        ("a token bound to a key", by_key, [refused, refused, refused]),
    ] {
        for (path, expected) in paths.iter().zip(expected) {
            let answer = Request::get(&format!("/{path}")).bearer(&token).send(address).await?;
            assert_eq!(summary(&answer), (expected.0, expected.1.to_owned()), "{what}, certificate: {path}");
        }
    }
    Ok(())
}
