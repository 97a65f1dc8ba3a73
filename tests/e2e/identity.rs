//! Who is calling: what the API is told, what the access log shows, and that neither is ever a forgery.

use std::fs;

use serde_json::{Value, json};
use validate_jwt_testbed::client::{Http2Connection, Request};
use validate_jwt_testbed::demo::{Demo, table};
use validate_jwt_testbed::envoy::Listener;
use validate_jwt_testbed::identity_provider::{CONTOSO, IdentityProvider};
use validate_jwt_testbed::token::SUBJECT;
use validate_jwt_testbed::{Error, workspace};

use crate::lab::{AUDIENCE, Lab, REASON, entra, filter, summary};

/// Case, outcome, reason, policy, subject.
const LOG: &str = "case=%REQ(X-CASE)% %FILTER_STATE(wasm.validate_jwt.outcome:PLAIN)% \
                   %FILTER_STATE(wasm.validate_jwt.reason:PLAIN)% %FILTER_STATE(wasm.validate_jwt.policy:PLAIN)% \
                   %REQ(X-USER)% %FILTER_STATE(wasm.jwt:PLAIN)%";

/// A policy that refuses and one that only reports, with the subject in a header and the claims published.
fn configuration(idp: &IdentityProvider) -> Value {
    let policy = |mode: &str| {
        let forward = json!({"claims_to_headers": [{"claim": "sub", "header": "X-User"}]});
        entra(idp, &json!({"forward": forward, "mode": mode, "output_token_variable_name": "jwt"}))
    };
    json!({
        "policies": {"strict": policy("enforce"), "trial": policy("report_only")},
        "rules": [
            {"match": {"path_prefix": "/open"}, "allow": true},
            {"match": {"path_prefix": "/trial"}, "policy": "trial"},
            {"match": {}, "policy": "strict"},
        ],
    })
}

#[tokio::test]
async fn a_forged_subject_reaches_neither_the_api_nor_the_log() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    let listener = Listener::new("main").filter(filter(configuration(&idp)).await?).access_log(LOG);
    let lab = Lab::with_listener(idp, 1, listener).await?;
    let good = lab.token();
    let expired = lab.idp.token_v2(CONTOSO, AUDIENCE).expires_in(-60).sign(&lab.idp.signing_key());
    for (case, path, token, answer, log, subject) in [
        ("good", "/", Some(&good), (200, ""), "allowed - strict", Some(SUBJECT)),
        ("bad", "/", Some(&expired), (401, "token_expired"), "rejected token_expired strict", None),
        ("none", "/", None, (401, "token_not_present"), "rejected token_not_present strict", None),
        ("open", "/open", None, (200, ""), "exempt - -", None),
        ("open-good", "/open", Some(&good), (200, ""), "exempt - -", None),
        ("trial-good", "/trial", Some(&good), (200, ""), "allowed - trial", Some(SUBJECT)),
        ("trial-bad", "/trial", Some(&expired), (200, ""), "would_reject token_expired trial", None),
        ("trial-none", "/trial", None, (200, ""), "would_reject token_not_present trial", None),
    ] {
        let forged = ["x-user", "X-USER", "X-User"];
        let request = forged
            .iter()
            .fold(Request::get(path).header("x-case", case), |request, name| request.header(name, "root"));
        let request = token.iter().fold(request, |request, token| request.bearer(token));
        let before = lab.api.count();
        assert_eq!(summary(&lab.send(&request).await?), (answer.0, answer.1.to_owned()), "{case}");
        if answer.0 == 200 {
            let seen = lab.api.last().expect("the API saw it");
            assert_eq!(seen.header_values("x-user"), subject.into_iter().collect::<Vec<_>>(), "{case}");
        }
        assert_eq!(lab.api.count() - before, u64::from(answer.0 == 200), "{case}");
        // The claims are published exactly where the subject is known.
        let claims = subject.map_or("-\n", |_| "{\"");
        let line = format!("case={case} {log} {} {claims}", subject.unwrap_or("-"));
        lab.envoy.wait_for_access_log("main", &line).await?;
    }
    let log = lab.envoy.access_log("main");
    let published = log.lines().find_map(|line| line.split_once(&format!(" {SUBJECT} ")));
    let claims: Value = serde_json::from_str(published.expect("a subject").1).expect("the claims are JSON");
    assert_eq!((&claims["aud"], &claims["sub"]), (&json!(AUDIENCE), &json!(SUBJECT)));
    assert!(!log.contains("root"), "{log}");
    for (metric, count) in [
        ("trial.would_reject.token_expired", 1),
        ("trial.would_reject.token_not_present", 1),
        ("trial.allowed", 1),
        ("strict.rejected.token_expired", 1),
        ("strict.allowed", 1),
        ("rules.exempt", 2),
    ] {
        assert_eq!(lab.envoy.stat(&format!("wasmcustom.validate_jwt.{metric}")).await?, count, "{metric}");
    }
    for line in [
        "refused: reason=token_expired policy=strict",
        "would be refused: reason=token_expired policy=trial",
        "would be refused: reason=token_not_present policy=trial",
    ] {
        lab.envoy.wait_for_log(line).await?;
    }
    lab.assert_alive().await
}

#[tokio::test]
async fn a_token_in_a_cookie_is_one_cookie_and_leaves_the_request() -> Result<(), Error> {
    let more = json!({"cookie_name": "session", "forward": {"token": "remove"}, "failure": {"reason_header": REASON}});
    let lab = Lab::start(|idp| entra(idp, &more)).await?;
    let good = lab.token();
    let get = || Request::get("/");
    for (what, request, expected, seen) in [
        (
            "among others",
            get().header("cookie", format!("a=1; session={good}; b=2")),
            (200, ""),
            &["a=1; b=2"][..],
        ),
        ("alone", get().header("cookie", format!("session={good}")), (200, ""), &[]),
        (
            "in a second line",
            get().header("cookie", "a=1").header("cookie", format!("session={good}")),
            (200, ""),
            &["a=1"],
        ),
        (
            "twice",
            get().header("cookie", format!("session={good}; session={good}")),
            (400, "token_ambiguous"),
            &[],
        ),
        ("another name", get().header("cookie", format!("Session={good}")), (401, "token_not_present"), &[]),
        ("in the header", get().bearer(&good), (401, "token_not_present"), &[]),
    ] {
        let before = lab.api.count();
        assert_eq!(summary(&lab.send(&request).await?), (expected.0, expected.1.to_owned()), "{what}");
        assert_eq!(lab.api.count() - before, u64::from(expected.0 == 200), "{what}");
        if expected.0 == 200 {
            assert_eq!(lab.api.last().expect("the API saw it").header_values("cookie"), seen, "{what}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_demos_access_log_shows_outcome_reason_and_subject() -> Result<(), Error> {
    let demo = Demo::start().await?;
    let outcomes = demo.try_all().await?;
    for outcome in &outcomes {
        assert!(outcome.is_right(), "{}", outcome.case.name);
    }
    // The README shows what is printed.
    let readme = fs::read_to_string(workspace::root().join("README.md")).expect("README.md");
    let printed = table(&outcomes);
    assert!(readme.contains(&format!("```text\n{}\n```", printed.trim_end())), "{printed}");
    for line in [
        format!(" 200 allowed - {SUBJECT}"),
        " 401 rejected token_expired -".to_owned(),
        " 401 rejected token_not_present -".to_owned(),
    ] {
        demo.wait_for_log(&line).await?;
    }
    Ok(())
}

/// The second wall of the files that we ship: Envoy itself refuses what a server could read as another header.
#[tokio::test]
async fn the_demos_envoy_refuses_headers_with_underscores() -> Result<(), Error> {
    let demo = Demo::start().await?;
    let good = Request::post("/", "text").bearer(&demo.token());
    let mut second = Http2Connection::open(demo.address()).await?;
    for (what, request, passes) in [
        ("as it is", good.clone(), true),
        ("a header", good.clone().header("x_user_id", "root"), false),
        ("one that nobody writes", good.clone().header("x_any", "1"), false),
        ("a dot", good.clone().header("x.user.id", "root"), true),
    ] {
        assert_eq!(request.send(demo.address()).await?.status, if passes { 200 } else { 400 }, "{what}");
        // Over HTTP/2 the stream is reset, with or without an answer.
        let answer = second.send(&request).await;
        assert_eq!(answer.is_ok_and(|answer| answer.status == 200), passes, "{what}, HTTP/2");
    }
    Ok(())
}
