//! The rows of `docs/threats.md` that need a proxy: hostile HTTP, hostile key endpoints, and thousands of
//! hostile requests in one go.

mod cost;
mod http;
mod keys;
mod paths;
mod storm;
mod streams;

use serde_json::{Value, json};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::{Connection, Response};
use validate_jwt_testbed::identity_provider::IdentityProvider;

use crate::lab::{Lab, entra, summary};

/// A policy that writes headers, one that demands a scope below `/scoped`, and two ways around them.
fn guarded(idp: &IdentityProvider) -> Value {
    let forward = json!({
        "claims_to_headers": [{"claim": "sub", "header": "x-user"}, {"claim": "no_such_claim", "header": "x-absent"}],
        "payload_header": "x-payload",
    });
    json!({
        "policies": {
            "api": entra(idp, &json!({"forward": forward})),
            "scoped": entra(idp, &json!({"authorize": {"scopes": {"any": ["orders.read"]}}})),
        },
        "rules": [
            {"match": {"cors_preflight": true}, "allow": true},
            {"match": {"path_prefix": "/public"}, "allow": true},
            {"match": {"path_prefix": "/scoped"}, "policy": "scoped"},
            {"match": {}, "policy": "api"},
        ],
    })
}

/// Sends these very bytes over a connection of their own and reads the one answer.
async fn raw(lab: &Lab, bytes: impl AsRef<[u8]>) -> Result<Response, Error> {
    let mut connection = Connection::open(lab.address).await?;
    connection.write(bytes.as_ref()).await?;
    connection.response().await
}

/// Asserts a status and a reason, and that the API saw the request only if it was let through.
#[track_caller]
fn assert_decided(row: u8, what: &str, answer: &Response, expected: (u16, &str), seen: u64) {
    assert_eq!(summary(answer), (expected.0, expected.1.to_owned()), "row {row}: {what}");
    assert_eq!(seen, u64::from(expected.0 == 200), "row {row}: {what}: the API saw it");
}
