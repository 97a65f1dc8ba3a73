//! Upgrades, bodies and connections that carry more than one request.

use serde_json::json;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::{Connection, Request};
use validate_jwt_testbed::token::SUBJECT;

use super::{guarded, raw};
use crate::lab::{Lab, summary};

fn websocket() -> Request {
    Request::get("/socket")
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
}

#[tokio::test]
async fn an_upgrade_is_refused_before_it_happens_and_granted_to_a_good_token() -> Result<(), Error> {
    let lab = Lab::start(guarded).await?;
    for (what, request) in [
        ("no token", websocket()),
        ("a bad token", websocket().bearer("x")),
        ("none", websocket().bearer("eyJhbGciOiJub25lIn0.e30.")),
    ] {
        assert_eq!(lab.send(&request).await?.status, 401, "row 76: {what}");
        assert_eq!(lab.api.count(), 0, "row 76: {what}");
    }
    let mut connection = Connection::open(lab.address).await?;
    assert_eq!(connection.send(&websocket().bearer(&lab.token())).await?.status, 101, "row 76");
    connection.write(b"frames of any kind").await?;
    assert_eq!(connection.read(18).await?, b"frames of any kind");
    // Early data behind a refused upgrade is not passed on.
    let head = "GET /socket HTTP/1.1\r\nhost: api\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    let before = lab.api.count();
    assert_eq!(
        raw(&lab, format!("{head}GET /public HTTP/1.1\r\nhost: api\r\n\r\n")).await?.status,
        401,
        "row 76"
    );
    assert_eq!(lab.api.count(), before, "row 76: early data");
    lab.assert_alive().await
}

/// Only an upgrade keeps `connection`, and what it lists: the next proxy behind would take such headers off.
#[tokio::test]
async fn connection_options_of_an_upgrade_go_on_as_sent() -> Result<(), Error> {
    let lab = Lab::start(guarded).await?;
    let upgrade =
        Request::get("/socket").header("connection", "Upgrade, x-user").header("upgrade", "websocket");
    let mut connection = Connection::open(lab.address).await?;
    assert_eq!(connection.send(&upgrade.bearer(&lab.token())).await?.status, 101);
    let seen = lab.api.last().expect("the API saw it");
    let options = seen.header_values("connection").join(",").to_lowercase();
    assert!(options.contains("x-user"), "{options}");
    assert_eq!(seen.header_values("x-user"), [SUBJECT]);
    let plain = Request::get("/").header("connection", "keep-alive, x-user").bearer(&lab.token());
    assert_eq!(lab.send(&plain).await?.status, 200);
    let seen = lab.api.last().expect("the API saw it");
    assert!(seen.header_values("connection").is_empty(), "{:?}", seen.headers);
    Ok(())
}

#[tokio::test]
async fn no_byte_of_a_body_passes_before_the_decision() -> Result<(), Error> {
    let lab = Lab::start(guarded).await?;
    let good = lab.token();
    let chunked = |token: &str, trailers: &str| {
        format!(
            "POST / HTTP/1.1\r\nhost: api\r\nauthorization: Bearer {token}\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n{trailers}\r\n"
        )
    };
    for (what, bytes) in [
        ("chunks", chunked("x", "")),
        ("a good token in the trailers", chunked("x", &format!("authorization: Bearer {good}\r\n"))),
        (
            "a good token in the body",
            format!(
                "POST / HTTP/1.1\r\nhost: api\r\ncontent-length: {}\r\n\r\nauthorization: Bearer {good}",
                good.len() + 22
            ),
        ),
        (
            "continue",
            "POST / HTTP/1.1\r\nhost: api\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n".to_owned(),
        ),
    ] {
        assert_eq!(raw(&lab, bytes).await?.status, 401, "row 77: {what}");
        assert_eq!(lab.api.count(), 0, "row 77: {what}: the API saw it");
    }
    let answer = raw(&lab, chunked(&good, "")).await?;
    assert_eq!((answer.status, &answer.json()?["body_bytes"]), (200, &json!(5)), "row 77");
    lab.assert_alive().await
}

#[tokio::test]
async fn every_request_of_a_connection_is_decided_on_its_own() -> Result<(), Error> {
    let lab = Lab::start(guarded).await?;
    let good = lab.token();
    let mut connection = Connection::open(lab.address).await?;
    for token in [&good, "x", &good, "", &good] {
        let expected = if token == good { 200 } else { 401 };
        assert_eq!(connection.send(&Request::get("/").bearer(token)).await?.status, expected, "row 80");
    }
    // Pipelined: all are sent before the first answer is read.
    let line = |token: &str| format!("GET / HTTP/1.1\r\nhost: api\r\nauthorization: Bearer {token}\r\n\r\n");
    let mut connection = Connection::open(lab.address).await?;
    connection.write([line(&good), line("x"), line(&good)].concat().as_bytes()).await?;
    for expected in [200, 401] {
        assert_eq!(connection.response().await?.status, expected, "row 80");
    }
    // Envoy may close the connection behind an answer of its own; the bad request was not forwarded.
    let third = connection.response().await.map_or(0, |answer| u64::from(answer.status == 200));
    assert_eq!(lab.api.count(), 4 + third, "row 80");
    lab.assert_alive().await
}

#[tokio::test]
async fn a_client_that_leaves_early_leaves_nothing_behind() -> Result<(), Error> {
    let lab = Lab::start(guarded).await?;
    for bytes in [
        "GET / HT",
        "GET / HTTP/1.1\r\nauthorization: Bear",
        "POST / HTTP/1.1\r\nhost: api\r\ncontent-length: 9\r\n\r\nabc",
    ] {
        for _ in 0..50 {
            let mut connection = Connection::open(lab.address).await?;
            connection.write(bytes.as_bytes()).await?;
        }
    }
    assert_eq!(
        summary(&lab.send(&Request::get("/")).await?),
        (401, "token_not_present".to_owned()),
        "row 85"
    );
    assert_eq!(lab.envoy.stat("wasmcustom.validate_jwt.held_requests").await?, 0, "row 85");
    lab.assert_alive().await
}
