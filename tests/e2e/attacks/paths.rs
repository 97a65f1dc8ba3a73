//! Paths that try to be two things at once.

use serde_json::json;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::{Http2Connection, Request};
use validate_jwt_testbed::envoy::{Listener, Paths, Route};
use validate_jwt_testbed::identity_provider::IdentityProvider;

use super::{guarded, raw};
use crate::lab::{Lab, entra, filter, summary};

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
        "/public//a",
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

/// Rows 125 to 128: what Envoy leaves of these, two servers behind it read differently.
#[tokio::test]
async fn a_path_that_servers_behind_read_differently_is_400_where_the_rules_differ() -> Result<(), Error> {
    for paths in [Paths::Normalised, Paths::AsSent] {
        let idp = IdentityProvider::start()?;
        let listener = Listener::new("main").filter(filter(guarded(&idp)).await?).paths(paths);
        let lab = Lab::with_listener(idp, 1, listener).await?;
        let good = lab.token();
        // Envoy resolves these itself where it may, and the API gets what the filter saw.
        let dots =
            ["/public/..;/scoped", "/public/;/../scoped", "/public/a;v=1/../scoped", "/public//../scoped"];
        let dots = if paths == Paths::AsSent { &dots[..] } else { &[] };
        let others = [
            "/;/scoped/x",
            "/scoped;v=1/x",
            "/scoped%3bv/x",
            "/;a=b/public",
            "/%3B/public",
            "/public;",
            "/SCOPED/x",
            "/Public",
            "/%53coped",
            "/scoped%3B%40",
        ];
        for path in dots.iter().chain(&others) {
            for request in [Request::get(path), Request::get(path).bearer(&good)] {
                let answer = lab.send(&request).await?;
                assert_eq!(
                    (answer.status, lab.api.count()),
                    (400, 0),
                    "{path}, {paths:?}: {:?}",
                    lab.api.last()
                );
            }
        }
        for path in ["/orders/%40me", "/Orders", "/a;v=1", "/a//b", "/orders/A;v=1/%3A"] {
            assert_eq!(lab.send(&Request::get(path)).await?.status, 401, "{path}");
            assert_eq!(
                summary(&lab.send(&Request::get(path).bearer(&good)).await?),
                (200, String::new()),
                "{path}"
            );
        }
        let before = lab.api.count();
        // Envoy merges slashes, or leaves them to whoever comes.
        let merged = if paths == Paths::Normalised { 200 } else { 400 };
        assert_eq!(lab.send(&Request::get("//public/a")).await?.status, merged);
        assert_eq!(lab.api.count() - before, u64::from(merged == 200));
        lab.assert_alive().await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_ambiguous_path_passes_and_is_counted_where_every_policy_in_question_only_reports()
-> Result<(), Error> {
    let lab = Lab::start(|idp| {
        json!({
            "policies": {
                "trial": entra(idp, &json!({"mode": "report_only"})),
                "second": entra(idp, &json!({"mode": "report_only"})),
                "api": entra(idp, &json!({})),
            },
            "rules": [
                {"match": {"path": "/"}, "policy": "api"},
                {"match": {"path_prefix": "/scoped", "methods": ["GET", "POST"]}, "policy": "second"},
                {"match": {}, "policy": "trial"},
            ],
        })
    })
    .await?;
    for (path, status) in [("/SCOPED", 200), ("/scoped;v", 200), ("/%2F", 400)] {
        assert_eq!(lab.send(&Request::get(path)).await?.status, status, "{path}");
    }
    assert_eq!(lab.api.count(), 2);
    let counted = lab.envoy.stats("trial.would_reject.request_ambiguous").await?;
    assert_eq!(counted.values().sum::<u64>(), 2, "{counted:?}");
    lab.assert_alive().await
}

/// Row 130: each authority is this virtual host's exactly if the rule with the same `domains` takes it.
#[tokio::test]
async fn a_host_rule_and_a_virtual_host_with_the_same_domains_never_disagree() -> Result<(), Error> {
    const DOMAINS: [&str; 5] =
        ["public.example", "any.example:*", "*.tenant.example", "port.example:8443", "[::1]:8080"];
    let idp = IdentityProvider::start()?;
    let forward = json!({"claims_to_headers": [{"claim": "sub", "header": "x-user"}]});
    let configuration = json!({
        "policies": {"api": entra(&idp, &json!({"forward": forward}))},
        "rules": [{"match": {"hosts": DOMAINS}, "allow": true}, {"match": {}, "policy": "api"}],
    });
    let route = Route::from_document(json!({
        "match": {"prefix": "/"},
        "route": {"cluster": "api"},
        "request_headers_to_add": [{"header": {"key": "x-virtual-host", "value": "open"}}],
    }));
    let listener = Listener::new("main").filter(filter(configuration).await?).virtual_host(&DOMAINS, route);
    let lab = Lab::with_listener(idp, 1, listener).await?;
    lab.assert_alive().await?;
    let good = lab.token();
    let (mut open, mut other) = (0, 0);
    for authority in [
        "public.example",
        "PUBLIC.example",
        "public.example:80",
        "public.example:8080",
        "public.example:",
        "public.example.",
        "public.example.:80",
        "public.example:080",
        "user@public.example",
        "public.example,x",
        "x.public.example",
        "public.example ",
        "any.example",
        "any.example:",
        "any.example:1",
        "any.example:08",
        "any.example:x",
        "any.example:1:2",
        "any.example:1@x",
        "a.tenant.example",
        "a.b.TENANT.example",
        ".tenant.example",
        "tenant.example",
        "a.tenant.example:80",
        "a.tenant.example.",
        "port.example:8443",
        "port.example:08443",
        "port.example",
        "[::1]:8080",
        "[::1]",
        "[0::1]:8080",
    ] {
        let before = lab.api.count();
        let head = format!(
            "GET / HTTP/1.1\r\nhost: {authority}\r\nauthorization: Bearer {good}\r\nconnection: close\r\n\r\n"
        );
        let answer = raw(&lab, head).await?;
        if answer.status != 200 {
            assert_eq!((answer.status, lab.api.count()), (400, before), "{authority}");
            continue;
        }
        let seen = lab.api.last().expect("the API saw it");
        let [is_open, is_checked] =
            ["x-virtual-host", "x-user"].map(|name| !seen.header_values(name).is_empty());
        assert_ne!(is_open, is_checked, "{authority}: Envoy: {is_open}, the rule: {}", !is_checked);
        if is_open { open += 1 } else { other += 1 }
    }
    assert!(open >= 8 && other >= 12, "{open} for the virtual host, {other} for others");
    lab.assert_alive().await
}

/// Row 131: methods come in any case, and over HTTP/2 they do arrive so.
#[tokio::test]
async fn a_method_in_another_case_is_under_its_rule_over_both_versions_of_http() -> Result<(), Error> {
    let lab = Lab::start(|idp| {
        json!({
            "policies": {"api": entra(idp, &json!({}))},
            "rules": [
                {"match": {"path": "/"}, "policy": "api"},
                {"match": {"methods": ["DELETE", "Patch"]}, "policy": "api"},
                {"match": {}, "allow": true},
            ],
        })
    })
    .await?;
    lab.assert_alive().await?;
    let mut http2 = Http2Connection::open(lab.address).await?;
    let before = lab.api.count();
    for method in ["DELETE", "delete", "Delete", "dELETE", "patch", "PATCH", "PatcH"] {
        let request = Request::new(method, "/x");
        assert_eq!(http2.send(&request).await?.status, 401, "{method} over HTTP/2");
        // HTTP/1 may know no such method.
        assert!([400, 401].contains(&lab.send(&request).await?.status), "{method} over HTTP/1");
        assert_eq!(lab.api.count(), before, "{method}");
    }
    assert_eq!(http2.send(&Request::new("PUT", "/x")).await?.status, 200);
    lab.assert_alive().await
}
