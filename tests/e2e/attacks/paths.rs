//! Paths that try to be two things at once.

use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::envoy::{Listener, Paths};
use validate_jwt_testbed::identity_provider::IdentityProvider;

use super::{guarded, raw};
use crate::lab::{Lab, filter, summary};

/// Paths that lead elsewhere than below `/public`, or that two programs read differently.
const DISGUISED: [&str; 32] = [
    "/admin",
    "/public/../admin",
    "/public/..;/admin",
    "/public/%2e%2e/admin",
    "/public/%2E%2E/admin",
    "/public/.%2e/admin",
    "/public/a/../../admin",
    "/public%2f..%2fadmin",
    "/public/%2f",
    "/public%5c..%5cadmin",
    "/public/..%5cadmin",
    "/public\\..\\admin",
    "\\admin",
    "/\\admin",
    "//admin",
    "///public/../admin",
    "/./admin",
    "/%61dmin",
    "/admin%00",
    "/public/%00",
    "/public/../%70ublic/../admin",
    "/PUBLIC",
    "/Public/a",
    "/publicity",
    "/public%20",
    "/public;x=1",
    "/admin;/public",
    "/admin?/public",
    "/admin/..%2fpublic",
    "/public/%",
    "/public/%zz",
    "/%70ublic/../../admin",
];

/// No disguise reaches the API without a token, whether or not Envoy resolves paths before the filter.
async fn assert_no_disguise_helps(paths: Paths) -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    let listener = Listener::new("main").filter(filter(guarded(&idp)).await?).paths(paths);
    let lab = Lab::with_listener(idp, 1, listener).await?;
    for path in DISGUISED {
        let answer = lab.send(&Request::get(path)).await?;
        assert!([400, 401].contains(&answer.status), "row 70: {path}: {}", answer.status);
        assert_eq!(lab.api.count(), 0, "row 70: {path}: {:?}", lab.api.last());
    }
    for path in [
        "/public",
        "/public/",
        "/public/a",
        "/%70ublic/a",
        "/admin/../public/a",
        "//public//a",
        "/public?x=/../admin",
    ] {
        assert_eq!(summary(&lab.send(&Request::get(path)).await?), (200, String::new()), "{path}");
    }
    for head in [
        "GET http://api/admin HTTP/1.1\r\nhost: api",
        "GET http://public/admin HTTP/1.1\r\nhost: /public",
        "GET /admin HTTP/1.1\r\nhost: public",
        "GET /admin#/public HTTP/1.1\r\nhost: api",
        "GET /admin?x=1#/public HTTP/1.1\r\nhost: api",
        "GET http://api/public/../admin HTTP/1.1\r\nhost: api",
        "OPTIONS * HTTP/1.1\r\nhost: api",
        "CONNECT api:443 HTTP/1.1\r\nhost: api:443",
    ] {
        let before = lab.api.count();
        let answer = raw(&lab, format!("{head}\r\nconnection: close\r\n\r\n")).await?;
        assert!((400..500).contains(&answer.status), "row 71: {head}: {}", answer.status);
        assert_eq!(lab.api.count(), before, "row 71: {head}");
    }
    lab.assert_alive().await
}

#[tokio::test]
async fn no_spelling_of_a_path_slips_past_a_rule() -> Result<(), Error> {
    assert_no_disguise_helps(Paths::Normalised).await
}

#[tokio::test]
async fn no_spelling_of_a_path_slips_past_a_rule_where_the_proxy_leaves_paths_alone() -> Result<(), Error> {
    assert_no_disguise_helps(Paths::AsSent).await
}
