//! Which policy a request gets: by its route's metadata, and by rules over what Envoy made of its path.

use serde_json::{Value, json};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::{Http2Connection, Request};
use validate_jwt_testbed::envoy::{Listener, Route};
use validate_jwt_testbed::identity_provider::IdentityProvider;

use crate::lab::{Lab, entra, filter, summary};

/// Two policies that can be told apart by their status, and a rule that exempts `/open`.
fn configuration(idp: &IdentityProvider) -> Value {
    json!({
        "policies": {
            "first": entra(idp, &json!({"failed_validation_httpcode": 401})),
            "second": entra(idp, &json!({"failed_validation_httpcode": 418})),
        },
        "rules": [{"match": {"path_prefix": "/open"}, "allow": true}, {"match": {}, "policy": "first"}],
    })
}

#[tokio::test]
async fn a_route_chooses_its_policy_by_metadata_and_what_is_no_policy_is_refused() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    let choices = [
        ("/by-second", json!({"policy": "second"})),
        ("/open/second", json!({"policy": "second"})),
        ("/by-allow", json!({"policy": "allow"})),
        ("/by-nobody", json!({"policy": "nobody"})),
        ("/by-case", json!({"policy": "Second"})),
        ("/by-nothing", json!({"policy": ""})),
        ("/by-number", json!({"policy": 1})),
        ("/by-flag", json!({"policy": true})),
        ("/by-list", json!({"policy": ["second"]})),
        ("/by-object", json!({"policy": {"name": "second"}})),
        ("/by-other-field", json!({"policies": "second"})),
    ];
    let mut listener = Listener::new("main").filter(filter(configuration(&idp)).await?);
    for (path, fields) in choices {
        listener = listener.route(Route::prefix(path, "api").metadata("validate-jwt", fields));
    }
    let elsewhere =
        Route::prefix("/by-other-space", "api").metadata("validate_jwt", json!({"policy": "second"}));
    let listener = listener.route(elsewhere).route(Route::prefix("/", "api"));
    let lab = Lab::with_listener(idp, 1, listener).await?;
    // No policy was found, so none says how to tell the reason: it stands in Envoy's own details alone.
    let refused = (403, "");
    let absent = |status| (status, "token_not_present");
    for (path, expected) in [
        ("/by-second", absent(418)),
        ("/open/second", absent(418)),
        ("/by-allow", (200, "")),
        ("/by-nobody", refused),
        ("/by-case", refused),
        ("/by-nothing", refused),
        ("/by-number", refused),
        ("/by-flag", refused),
        ("/by-list", refused),
        ("/by-object", refused),
        ("/by-other-field", absent(401)),
        ("/by-other-space", absent(401)),
        ("/open", (200, "")),
        ("/", absent(401)),
    ] {
        let before = lab.api.count();
        assert_eq!(
            summary(&lab.send(&Request::get(path)).await?),
            (expected.0, expected.1.to_owned()),
            "{path}"
        );
        assert_eq!(lab.api.count() - before, u64::from(expected.0 == 200), "{path}");
    }
    let answer = lab.send(&Request::get("/by-nobody")).await?;
    assert_eq!(answer.header("x-response-code-details"), Some("policy_not_found"));
    // A good token does not open a route whose policy is not there, and opens the others.
    let good = lab.token();
    for (path, status) in [("/by-second", 200), ("/by-nobody", 403), ("/", 200)] {
        assert_eq!(lab.send(&Request::get(path).bearer(&good)).await?.status, status, "{path}");
    }
    // gRPC callers get what gRPC calls these statuses.
    let mut http2 = Http2Connection::open(lab.address).await?;
    for (path, status) in [("/by-nobody", "7"), ("/", "16")] {
        let call = Request::post(path, Vec::new()).header("content-type", "application/grpc");
        assert_eq!(http2.send(&call).await?.header("grpc-status"), Some(status), "{path}");
    }
    lab.assert_alive().await
}
