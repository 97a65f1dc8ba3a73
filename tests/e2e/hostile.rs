//! Requests that no honest client sends.

use serde_json::json;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::Request;

use crate::lab::{Lab, entra, summary};

#[tokio::test]
async fn hostile_authorization_headers_are_refused_and_the_worker_lives() -> Result<(), Error> {
    let lab = Lab::start(|idp| entra(idp, &json!({}))).await?;
    let good = lab.token();
    let bearer = |bytes: &[u8]| Request::get("/").header("authorization", [b"Bearer ", bytes].concat());
    let junk = "A".repeat(58_000);
    let two = Request::get("/").bearer(&good).header("authorization", format!("Bearer {good}"));
    for (what, request, expected) in [
        ("bytes that are no text", bearer(b"\xff"), (401, "token_malformed")),
        ("bytes in the middle of a token", bearer(b"a.\xc3\x28.b"), (401, "token_malformed")),
        ("junk of 58 kB", bearer(junk.as_bytes()), (401, "token_malformed")),
        ("two headers", two, (400, "token_ambiguous")),
        ("an empty value", Request::get("/").header("authorization", ""), (401, "token_not_present")),
        ("a scheme alone", Request::get("/").header("authorization", "Bearer"), (401, "token_not_present")),
        ("no header", Request::get("/"), (401, "token_not_present")),
        ("thousands of dots", bearer(".".repeat(5000).as_bytes()), (401, "token_malformed")),
        ("a header that is no text", bearer(good.as_bytes()).header("x-other", b"\xfe\xff"), (200, "")),
    ] {
        let answer = lab.send(&request).await?;
        assert_eq!(summary(&answer), (expected.0, expected.1.to_owned()), "{what}");
        lab.assert_alive().await?;
    }
    Ok(())
}

#[tokio::test]
async fn more_junk_than_envoy_takes_is_answered_by_envoy() -> Result<(), Error> {
    let lab = Lab::start(|idp| entra(idp, &json!({}))).await?;
    let answer = lab.send(&Request::get("/").bearer(&"A".repeat(70_000))).await?;
    assert_eq!(answer.status, 431);
    lab.assert_alive().await
}
