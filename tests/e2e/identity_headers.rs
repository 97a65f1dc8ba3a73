//! Identity headers in every spelling, as headers and as trailers, over both protocols: the API and the access log get
//! the filter's alone.

use serde_json::{Value, json};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::{Connection, Http2Connection, Request};
use validate_jwt_testbed::echo::{EchoApi, Seen};
use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options, WasmFilter};
use validate_jwt_testbed::identity_provider::{CONTOSO, Fault, IdentityProvider, paths};
use validate_jwt_testbed::spellings::{NAME, SPELLINGS};
use validate_jwt_testbed::token::SUBJECT;

use crate::lab::{AUDIENCE, Lab, REASON, entra, filter, summary};

/// Two policies, one of which only reports, and a path for everybody.
fn configuration(idp: &IdentityProvider) -> Value {
    let policy = |mode: &str| {
        let forward = json!({"claims_to_headers": [{"claim": "sub", "header": "X-User-Id"}]});
        entra(idp, &json!({"forward": forward, "mode": mode}))
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

/// The case, the status, and what each spelling holds at the end.
fn access_log() -> String {
    let values: Vec<_> = SPELLINGS.iter().map(|name| format!("%REQ({})%", name.replace('%', "%%"))).collect();
    format!("case=%REQ(X-CASE)% %RESPONSE_CODE% {}", values.join(" "))
}

/// The access log's line of a case: what the filter wrote shows under its name in any case, the other spellings are gone.
fn line(case: &str, status: u16, ours: &str) -> String {
    let shown = |name: &&str| if name.eq_ignore_ascii_case(NAME) { ours } else { "-" }.to_owned();
    format!("case={case} {status} {}", SPELLINGS.iter().map(shown).collect::<Vec<_>>().join(" "))
}

/// An Envoy with trailers on both sides, whose API speaks HTTP/2 or HTTP/1.
async fn lab(upstream: fn(Cluster) -> Cluster, idp: IdentityProvider) -> Result<Lab, Error> {
    lab_of(upstream, idp, |filter| filter).await
}

/// The same, with the filter set up like this.
async fn lab_of(
    upstream: fn(Cluster) -> Cluster,
    idp: IdentityProvider,
    set_up: fn(WasmFilter) -> WasmFilter,
) -> Result<Lab, Error> {
    let api = EchoApi::start()?;
    let listener = Listener::new("main")
        .filter(set_up(filter(configuration(&idp)).await?))
        .http1_trailers()
        .access_log(&access_log());
    let bootstrap = Bootstrap::new()
        .cluster(upstream(Cluster::new("api", api.address())))
        .cluster(Cluster::new("idp", idp.address()))
        .listener(listener);
    let options = Options::default().component_log_level("wasm:debug");
    let envoy = Envoy::start(bootstrap, options).await?;
    let address = envoy.address("main").await?;
    Ok(Lab { idp, api, envoy, address })
}

/// The request, with every spelling in its headers, twice, and in its trailers.
fn forged(request: Request) -> Request {
    let request = SPELLINGS.iter().fold(request, |request, name| {
        request.header(name, "root").header(name, "admin").trailer(name, "root")
    });
    request.header("x-other_id", "7").trailer("x-checksum", "1234").trailer("x_other.id", "7")
}

/// Asserts that the API got the subject, where there is one, and nothing of the forgeries.
#[track_caller]
fn assert_clean(what: &str, seen: &Seen, subject: Option<&str>) {
    let fold = |name: &str| name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let of = |pairs: &[(String, String)]| -> Vec<_> {
        pairs.iter().filter(|(name, _)| fold(name) == "x-user-id").cloned().collect()
    };
    let ours = subject.map(|subject| ("x-user-id".to_owned(), subject.to_owned()));
    assert_eq!(of(&seen.headers), ours.into_iter().collect::<Vec<_>>(), "{what}: headers");
    assert_eq!(of(&seen.trailers), [], "{what}: trailers");
    assert_eq!(seen.header_values("x-other_id"), ["7"], "{what}");
    let others = [("x-checksum", "1234"), ("x_other.id", "7")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    // HTTP/1 has trailers behind chunks only; HTTP/2 has them behind a body of a stated length, too.
    let chunked = seen.protocol != "HTTP/1.1" || seen.header_values("content-length").is_empty();
    assert_eq!(seen.trailers, if chunked { &others[..] } else { &[] }, "{what}: the other trailers stay");
}

async fn no_spelling_passes(what: &str, upstream: fn(Cluster) -> Cluster) -> Result<(), Error> {
    let lab = lab(upstream, IdentityProvider::start()?).await?;
    let good = lab.token();
    let expired = lab.idp.token_v2(CONTOSO, AUDIENCE).expires_in(-60).sign(&lab.idp.signing_key());
    lab.assert_alive().await?;
    for (case, path, token, status, subject) in [
        ("good", "/", Some(&good), 200, Some(SUBJECT)),
        ("bad", "/", Some(&expired), 401, None),
        ("none", "/", None, 401, None),
        ("open", "/open", None, 200, None),
        ("open-good", "/open", Some(&good), 200, None),
        ("trial-good", "/trial", Some(&good), 200, Some(SUBJECT)),
        ("trial-bad", "/trial", Some(&expired), 200, None),
        ("trial-none", "/trial", None, 200, None),
    ] {
        for (protocol, body) in [("1", ""), ("1", "text"), ("2", ""), ("2", "text")] {
            let what = format!("{what}, {case}, HTTP/{protocol}, {body:?}");
            let name = format!("{case}-{protocol}-{}", body.len());
            let request = forged(Request::post(path, body).header("x-case", &name));
            let request = token.iter().fold(request, |request, token| request.bearer(token));
            let before = lab.api.count();
            let answer = match protocol {
                "1" => lab.send(&request).await?,
                // A connection each: Envoy 1.36 ends one that brings trailers for a stream which it has answered.
                _ => Http2Connection::open(lab.address).await?.send(&request).await?,
            };
            assert_eq!(answer.status, status, "{what}: {}", answer.text());
            assert_eq!(lab.api.count() - before, u64::from(status == 200), "{what}");
            if status == 200 {
                assert_clean(&what, &lab.api.last().expect("the API saw it"), subject);
            }
            lab.envoy.wait_for_access_log("main", &line(&name, status, subject.unwrap_or("-"))).await?;
        }
    }
    let log = lab.envoy.access_log("main");
    assert!(!log.contains("root") && !log.contains("admin"), "{log}");
    lab.assert_alive().await
}

#[tokio::test]
async fn no_spelling_of_an_identity_header_or_trailer_reaches_an_api_over_http2_or_any_log()
-> Result<(), Error> {
    no_spelling_passes("API over HTTP/2", Cluster::http2).await
}

#[tokio::test]
async fn no_spelling_of_an_identity_header_or_trailer_reaches_an_api_over_http1_or_any_log()
-> Result<(), Error> {
    no_spelling_passes("API over HTTP/1", Cluster::http1_trailers).await
}

#[tokio::test]
async fn a_request_held_for_keys_brings_no_forged_trailer_along() -> Result<(), Error> {
    nothing_of_a_held_request_passes_before_its_verdict(|filter| filter).await
}

#[tokio::test]
async fn where_envoy_stops_the_headers_alone_the_filter_holds_back_body_and_trailers() -> Result<(), Error> {
    nothing_of_a_held_request_passes_before_its_verdict(WasmFilter::stopping_headers_alone).await
}

async fn nothing_of_a_held_request_passes_before_its_verdict(
    set_up: fn(WasmFilter) -> WasmFilter,
) -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    idp.set_fault(&paths::keys_v2(CONTOSO), Fault::Hang);
    let lab = lab_of(Cluster::http2, idp, set_up).await?;
    let (good, address) = (lab.token(), lab.address);
    let wrong = lab.idp.token_v2(CONTOSO, AUDIENCE).claim("x", 1).sign(&lab.idp.signing_key());
    let wrong = validate_jwt_testbed::token::tamper::flip_signature_bit(&wrong, 9);
    // One has sent its trailers by the time it is held, the other sends them while it is or later.
    let whole = forged(Request::post("/whole", "text").bearer(&good));
    let mut http1 = Connection::open(address).await?;
    http1.write_head(&forged(Request::post("/late", "text").bearer(&good))).await?;
    let sent = whole.clone();
    let at_once = tokio::spawn(async move { sent.send(address).await });
    let refused = forged(Request::post("/refused", "text").bearer(&wrong));
    let refused = tokio::spawn(async move { Http2Connection::open(address).await?.send(&refused).await });
    let http2 = tokio::spawn(async move { Http2Connection::open(address).await?.send(&whole).await });
    lab.envoy.wait_for_stat("wasmcustom.validate_jwt.held_requests", 4).await?;
    http1.write(b"4\r\ntext\r\n").await?;
    // What is sent by now has been read when the one worker has served another request.
    assert_eq!(lab.send(&Request::get("/open")).await?.status, 200);
    assert_eq!(lab.api.count(), 1, "the API saw a request that is held");
    lab.idp.clear_faults();
    for answer in [at_once, http2] {
        assert_eq!(answer.await.expect("no request panics")?.status, 200);
    }
    let refused = refused.await.expect("no request panics")?;
    assert_eq!(summary(&refused), (401, "signature_invalid".to_owned()));
    http1
        .write(b"0\r\nx_user_id: root\r\nx-checksum: 1234\r\nX.User-Id: root\r\nx_other.id: 7\r\n\r\n")
        .await?;
    assert_eq!(http1.response().await?.status, 200);
    let seen = lab.api.seen();
    assert_eq!(seen.len(), 4);
    for seen in seen.into_iter().filter(|seen| seen.path != "/open") {
        assert_eq!(seen.body_bytes, 4);
        assert_clean(&seen.path, &seen, Some(SUBJECT));
    }
    lab.assert_alive().await
}

#[tokio::test]
async fn a_client_that_leaves_while_held_leaves_no_forged_name_in_the_log() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    idp.set_fault(&paths::keys_v2(CONTOSO), Fault::Hang);
    let lab = lab(Cluster::http2, idp).await?;
    let mut leaver = Connection::open(lab.address).await?;
    leaver.write_head(&forged(Request::get("/").header("x-case", "left").bearer(&lab.token()))).await?;
    lab.envoy.wait_for_stat("wasmcustom.validate_jwt.held_requests", 1).await?;
    drop(leaver);
    lab.envoy.wait_for_access_log("main", &line("left", 0, "-")).await?;
    lab.idp.clear_faults();
    lab.assert_alive().await
}

#[tokio::test]
async fn a_claim_with_blanks_at_its_ends_reaches_the_api_encoded() -> Result<(), Error> {
    let more = json!({
        "forward": {"claims_to_headers": [{"claim": "name", "header": "x-name"}]},
        "failure": {"reason_header": REASON},
    });
    let lab = Lab::start(|idp| entra(idp, &more)).await?;
    for (claim, expected) in [
        (json!(" alice"), &["%20alice"][..]),
        (json!("alice\t"), &["alice%09"]),
        (json!("\u{a0}alice "), &["%C2%A0alice%20"]),
        (json!(" "), &["%20"]),
        (json!(["alice", " bob"]), &["alice,%20bob"]),
        (json!("alice\r\nx-name: root"), &[]),
    ] {
        let token = lab.idp.token_v2(CONTOSO, AUDIENCE).claim("name", claim.clone());
        let token = token.sign(&lab.idp.signing_key());
        assert_eq!(lab.verdict(&token).await?, (200, String::new()), "{claim}");
        let seen = lab.api.last().expect("the API saw it");
        assert_eq!(seen.header_values("x-name"), expected, "{claim}");
    }
    Ok(())
}
