//! Which policy a request gets: by its route's metadata, and by rules over what Envoy made of its path.

use serde_json::{Value, json};
use validate_jwt_testbed::client::{Http2Connection, Request};
use validate_jwt_testbed::envoy::{Listener, Route};
use validate_jwt_testbed::identity_provider::{Fault, IdentityProvider};
use validate_jwt_testbed::{Error, workspace};

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

/// A route for requests that bring this header, with the policy `allow`.
fn by_header() -> Route {
    let matched = json!({"prefix": "/", "headers": [{"name": "x-user", "present_match": true}]});
    let route = Route::from_document(json!({"match": matched, "route": {"cluster": "api"}}));
    route.metadata("validate-jwt", json!({"policy": "allow"}))
}

/// The first policy writes the header by which [`by_header`] is chosen.
fn with_user_header(idp: &IdentityProvider) -> Value {
    let mut configuration = configuration(idp);
    configuration["policies"]["first"]["validate_jwt"]["forward"] =
        json!({"claims_to_headers": [{"claim": "sub", "header": "x-user"}]});
    configuration
}

/// Envoy chooses a route anew when a header has changed, and asks nobody again: see "Routes that choose" in
/// `docs/configuration.md`.
#[tokio::test]
async fn a_header_that_is_removed_before_routing_chooses_no_policy() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    let listener = Listener::new("main")
        .before_routing(documented_mutation())
        .filter(filter(with_user_header(&idp)).await?)
        .route(by_header())
        .route(Route::prefix("/", "api"));
    let lab = Lab::with_listener(idp, 1, listener).await?;
    let forged = Request::get("/").header("x-user", "root");
    assert_eq!(summary(&lab.send(&forged).await?), (401, "token_not_present".to_owned()));
    assert_eq!(lab.api.count(), 0);
    let answer = lab.send(&forged.clone().bearer(&lab.token())).await?;
    assert_eq!(answer.status, 200);
    assert!(!String::from_utf8_lossy(&answer.body).contains("root"), "the header is the claim's");
    lab.assert_alive().await
}

/// The one that `docs/configuration.md` shows.
fn documented_mutation() -> Value {
    let file = workspace::root().join("docs/configuration.md");
    let text = std::fs::read_to_string(file).expect("the document");
    let block =
        text.split("```yaml http_connection_manager\n").nth(1).and_then(|rest| rest.split("```").next());
    let manager: Value = yaml_serde::from_str(block.expect("the block")).expect("YAML");
    manager["early_header_mutation_extensions"][0].clone()
}

#[tokio::test]
async fn a_route_that_goes_with_its_header_is_answered_404_by_envoy() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    let listener = Listener::new("main")
        .filter(filter(with_user_header(&idp)).await?)
        .route(Route::prefix("/good", "api"))
        .route(by_header());
    let lab = Lab::with_listener(idp, 1, listener).await?;
    for _ in 0..20 {
        let answer = lab.send(&Request::get("/").header("x-user", "root")).await?;
        assert_eq!((answer.status, lab.api.count()), (404, 0));
    }
    let good = Request::get("/good").bearer(&lab.token());
    assert_eq!(lab.send(&good).await?.status, 200);
    assert_eq!(lab.envoy.stats("vm_reload").await?.values().sum::<u64>(), 0);
    Ok(())
}

#[tokio::test]
async fn a_null_policy_of_a_route_counts_as_absent() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    let mut listener = Listener::new("main").filter(filter(configuration(&idp)).await?);
    for path in ["/null", "/open/null"] {
        listener =
            listener.route(Route::prefix(path, "api").metadata("validate-jwt", json!({"policy": null})));
    }
    let lab = Lab::with_listener(idp, 1, listener).await?;
    // The rules decide.
    assert_eq!(summary(&lab.send(&Request::get("/null")).await?), (401, "token_not_present".to_owned()));
    assert_eq!(lab.send(&Request::get("/open/null")).await?.status, 200);
    Ok(())
}

/// Envoy starts a request of its own, with the headers that the filter left: a token that was removed is not there.
#[tokio::test]
async fn an_internal_redirect_is_decided_again_and_without_a_removed_token() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    for path in ["/to-kept", "/to-removed", "/to-open"] {
        idp.set_fault(path, Fault::Redirect(format!("http://api.example{}", path.replacen("to-", "", 1))));
    }
    let removing = entra(&idp, &json!({"forward": {"token": "remove"}}));
    let configuration = json!({
        "policies": {"keeping": entra(&idp, &json!({})), "removing": removing},
        "rules": [
            {"match": {"path_prefix": "/open"}, "allow": true},
            {"match": {"path_prefix": "/to-kept"}, "policy": "keeping"},
            {"match": {"path_prefix": "/kept"}, "policy": "keeping"},
            {"match": {}, "policy": "removing"},
        ],
    });
    let mut listener = Listener::new("main").filter(filter(configuration).await?);
    for path in ["/to-kept", "/to-removed", "/to-open"] {
        listener = listener.route(Route::from_document(json!({
            "match": {"prefix": path},
            "route": {"cluster": "idp", "internal_redirect_policy": {}},
        })));
    }
    let lab = Lab::with_listener(idp, 1, listener.route(Route::prefix("/", "api"))).await?;
    for (path, expected, seen) in [
        ("/to-kept", (200, ""), Some("/kept")),
        ("/to-removed", (401, "token_not_present"), None),
        ("/to-open", (200, ""), Some("/open")),
    ] {
        let before = lab.api.count();
        let answer = lab.send(&Request::get(path).header("host", "api.example").bearer(&lab.token())).await?;
        assert_eq!(summary(&answer), (expected.0, expected.1.to_owned()), "{path}");
        let after = lab.api.last().filter(|_| lab.api.count() > before).map(|seen| seen.path);
        assert_eq!(after.as_deref(), seen, "{path}");
    }
    Ok(())
}
