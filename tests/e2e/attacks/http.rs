//! Where and how a token is sent, and what else comes with it.

use serde_json::json;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::{Http2Connection, Request};
use validate_jwt_testbed::identity_provider::CONTOSO;

use super::{assert_decided, guarded, raw};
use crate::lab::{AUDIENCE, Lab, entra, summary};

#[tokio::test]
async fn the_authorization_header_is_one_header_with_one_token() -> Result<(), Error> {
    let lab = Lab::start(guarded).await?;
    let good = lab.token();
    let one = |value: String| Request::get("/").header("authorization", value);
    let two = |first: &str, second: &str| {
        one(format!("Bearer {first}")).header("Authorization", format!("Bearer {second}"))
    };
    let (allowed, ambiguous) = ((200, ""), (400, "token_ambiguous"));
    let (absent, malformed) = ((401, "token_not_present"), (401, "token_malformed"));
    for (row, what, request, expected) in [
        (53, "good and bad", two(&good, "x"), ambiguous),
        (53, "bad and good", two("x", &good), ambiguous),
        (53, "good and good", two(&good, &good), ambiguous),
        (53, "empty and good", one(String::new()).header("authorization", format!("Bearer {good}")), allowed),
        (54, "joined", one(format!("Bearer x, Bearer {good}")), ambiguous),
        (54, "joined without a space", one(format!("Bearer {good},Bearer {good}")), ambiguous),
        (54, "another scheme first", one(format!("Basic eDp5, Bearer {good}")), ambiguous),
        (55, "lower case", one(format!("bearer {good}")), allowed),
        (55, "upper case", one(format!("BEARER {good}")), allowed),
        (55, "mixed case", one(format!("BeArEr {good}")), allowed),
        (56, "two spaces", one(format!("Bearer  {good}")), allowed),
        (56, "a tab", one(format!("Bearer\t{good}")), malformed),
        (56, "spaces around", one(format!("  Bearer {good}  ")), allowed),
        (56, "the scheme alone", one("Bearer".to_owned()), absent),
        (56, "the scheme and a space", one("Bearer ".to_owned()), absent),
        (56, "no space", one(format!("Bearer{good}")), malformed),
        (56, "a colon", one(format!("Bearer: {good}")), absent),
        (57, "junk behind", one(format!("Bearer {good} x")), malformed),
        (57, "a parameter behind", one(format!("Bearer {good},realm=x")), ambiguous),
        (58, "Basic", one("Basic eDp5".to_owned()), absent),
        (58, "DPoP", one(format!("DPoP {good}")), absent),
        (58, "Negotiate", one("Negotiate YII=".to_owned()), absent),
        (58, "empty", one(String::new()), absent),
        (60, "an underscore", Request::get("/").header("authorization_", format!("Bearer {good}")), absent),
        (60, "upper case name", Request::get("/").header("AUTHORIZATION", format!("Bearer {good}")), allowed),
        (61, "a query parameter", Request::get(&format!("/?access_token={good}")), absent),
        (61, "a cookie", Request::get("/").header("cookie", format!("access_token={good}")), absent),
        (
            61,
            "a form",
            Request::post("/", format!("access_token={good}"))
                .header("content-type", "application/x-www-form-urlencoded"),
            absent,
        ),
        (62, "good header, bad query", Request::get("/?access_token=x").bearer(&good), allowed),
        (
            62,
            "bad header, good query",
            Request::get(&format!("/?access_token={good}")).bearer("x"),
            malformed,
        ),
        (65, "16 kB and more", one(format!("Bearer {}", "A".repeat(16_385))), malformed),
        (65, "55 kB", one(format!("Bearer {}", "A".repeat(55_000))), malformed),
        (
            66,
            "cookies without end",
            (0..90).fold(Request::get("/"), |request, at| {
                request.header("cookie", format!("t{at}={}", "x".repeat(100)))
            }),
            absent,
        ),
    ] {
        let before = lab.api.count();
        let answer = lab.send(&request).await?;
        assert_decided(row, what, &answer, expected, lab.api.count() - before);
    }
    assert_eq!(lab.send(&Request::get("/").bearer(&"A".repeat(96_000))).await?.status, 431, "row 65");
    lab.assert_alive().await
}

#[tokio::test]
async fn what_is_no_http_is_answered_by_the_codec() -> Result<(), Error> {
    let lab = Lab::start(guarded).await?;
    let good = lab.token();
    for (row, what, head) in [
        (59, "a NUL in the value", format!("authorization: Bearer {good}\0\r\n")),
        (60, "a space before the colon", format!("authorization : Bearer {good}\r\n")),
        (60, "a space before the name", format!("x: y\r\n\0authorization: Bearer {good}\r\n")),
        (
            80,
            "two lengths",
            format!("authorization: Bearer {good}\r\ncontent-length: 1\r\ncontent-length: 2\r\n"),
        ),
        (
            80,
            "a length and chunks",
            format!("authorization: Bearer {good}\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n"),
        ),
        (
            80,
            "an odd transfer coding",
            format!("authorization: Bearer {good}\r\ntransfer-encoding: xchunked\r\n"),
        ),
    ] {
        let answer = raw(&lab, format!("POST / HTTP/1.1\r\nhost: api\r\n{head}\r\n0\r\n\r\n")).await?;
        assert!((400..=501).contains(&answer.status), "row {row}: {what}: {}", answer.status);
        assert_eq!(lab.api.count(), 0, "row {row}: {what}: the API saw it");
    }
    // A continuation line is refused, or becomes white space: never a good token.
    let (start, end) = good.split_at(40);
    for head in [format!("Bearer {start}\r\n {end}"), format!("Bearer\r\n {good}\r\n x")] {
        let answer =
            raw(&lab, format!("GET / HTTP/1.1\r\nhost: api\r\nauthorization: {head}\r\n\r\n")).await?;
        assert!([400, 401].contains(&answer.status), "row 59: {head:?}: {}", answer.status);
    }
    assert_eq!(lab.api.count(), 0);
    // Envoy drops a lone carriage return: whatever is let through, the API sees the same token.
    let answer =
        raw(&lab, format!("GET / HTTP/1.1\r\nhost: api\r\nauthorization: Bearer {start}\r{end}\r\n\r\n"))
            .await?;
    if answer.status == 200 {
        let seen = lab.api.last().expect("it came through");
        assert_eq!(seen.header_values("authorization"), [format!("Bearer {good}")], "row 59");
    }
    lab.assert_alive().await
}

#[tokio::test]
async fn a_query_token_is_one_parameter_and_leaves_the_path() -> Result<(), Error> {
    let more = json!({"query_parameter_name": "access_token", "forward": {"token": "remove"}});
    let lab = Lab::start(|idp| entra(idp, &more)).await?;
    let good = lab.token();
    let escaped = good.replace('.', "%2E");
    for (what, path, expected) in [
        ("once", format!("/a?access_token={good}&b=c"), (200, "")),
        ("escaped once", format!("/a?access_token={escaped}&b=c"), (200, "")),
        ("escaped twice", format!("/?access_token={}", good.replace('.', "%252E")), (401, "token_malformed")),
        ("twice", format!("/?access_token={good}&access_token={good}"), (400, "token_ambiguous")),
        (
            "twice, in another spelling",
            format!("/?access_token={good}&access%5Ftoken=x"),
            (400, "token_ambiguous"),
        ),
        ("another case", format!("/?Access_Token={good}"), (401, "token_not_present")),
        ("after a semicolon", format!("/?a=b;access_token={good}"), (401, "token_not_present")),
        ("a plus", format!("/?access_token={good}+"), (401, "token_malformed")),
        ("in the path", format!("/access_token={good}"), (401, "token_not_present")),
    ] {
        let before = lab.api.count();
        let answer = lab.send(&Request::get(&path)).await?;
        assert_decided(63, what, &answer, expected, lab.api.count() - before);
    }
    let paths: Vec<_> = lab.api.seen().into_iter().map(|seen| seen.path).collect();
    assert_eq!(paths, ["/a?b=c", "/a?b=c"], "row 64");
    assert!(!lab.envoy.log().contains(&good), "row 64: a token in the log");
    let fragment = lab.send(&Request::get(&format!("/#?access_token={good}"))).await?;
    assert!([400, 401].contains(&fragment.status), "row 63: {}", fragment.status);
    Ok(())
}

#[tokio::test]
async fn headers_of_ours_never_come_from_a_client() -> Result<(), Error> {
    let lab = Lab::start(guarded).await?;
    let spoofed = |request: Request| {
        let names = ["x-user", "X-User", "X-USER", "x-absent", "X-Payload"];
        names.into_iter().fold(request, |request, name| request.header(name, "root"))
    };
    let preflight = Request::new("OPTIONS", "/")
        .header("origin", "https://a")
        .header("access-control-request-method", "PUT");
    for (row, request, user) in [
        (67, Request::get("/public"), None),
        (67, preflight, None),
        (67, Request::get("/public").bearer("x"), None),
        (68, Request::get("/").bearer(&lab.token()), Some("8d0f6b1e-2c3a-4e5f-9a7b-6c5d4e3f2a1b")),
        (
            67,
            Request::get("/scoped").bearer(
                &lab.idp.token_v2(CONTOSO, AUDIENCE).for_user("orders.read").sign(&lab.idp.signing_key()),
            ),
            None,
        ),
    ] {
        assert_eq!(summary(&lab.send(&spoofed(request)).await?), (200, String::new()), "row {row}");
        let seen = lab.api.last().expect("it came through");
        assert_eq!(seen.header_values("x-user"), user.into_iter().collect::<Vec<_>>(), "row {row}");
        assert!(seen.header_values("x-absent").is_empty(), "row 68");
        assert!(seen.header_values("x-payload").iter().all(|value| *value != "root"), "row {row}");
    }
    lab.assert_alive().await
}

#[tokio::test]
async fn no_header_talks_the_filter_out_of_checking() -> Result<(), Error> {
    let lab = Lab::start(guarded).await?;
    for (name, value) in [
        ("x-original-path", "/public"),
        ("x-envoy-original-path", "/public"),
        ("x-rewrite-url", "/public"),
        ("x-original-url", "/public"),
        ("x-http-method-override", "OPTIONS"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-host", "public"),
        ("x-forwarded-client-cert", "Hash=1"),
        ("x-envoy-internal", "true"),
        ("x-envoy-decorator-operation", "allow"),
        ("validate-jwt", "allow"),
        ("forwarded", "for=127.0.0.1"),
        ("x-ms-client-principal", "e30="),
        ("x-jwt-assertion", "e30="),
        ("proxy-authorization", "Bearer x"),
        ("www-authenticate", "Bearer"),
    ] {
        let answer = lab.send(&Request::get("/").header(name, value)).await?;
        assert_decided(69, name, &answer, (401, "token_not_present"), lab.api.count());
    }
    lab.assert_alive().await
}

#[tokio::test]
async fn every_method_is_checked_and_only_a_whole_preflight_is_let_through() -> Result<(), Error> {
    let lab = Lab::start(guarded).await?;
    for method in
        ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "get", "PROPFIND", "FOO"]
    {
        let answer = lab.send(&Request::new(method, "/")).await?;
        assert!([400, 401].contains(&answer.status), "row 72: {method}: {}", answer.status);
        let answer = lab.send(&Request::new(method, "/").bearer("x")).await?;
        assert!([400, 401].contains(&answer.status), "row 72: {method}: {}", answer.status);
    }
    let options = || Request::new("OPTIONS", "/");
    let (origin, wanted) = (("origin", "https://a"), ("access-control-request-method", "PUT"));
    for (what, request, expected) in [
        ("neither header", options(), (401, "token_not_present")),
        ("no method", options().header(origin.0, origin.1), (401, "token_not_present")),
        ("no origin", options().header(wanted.0, wanted.1), (401, "token_not_present")),
        (
            "GET with both",
            Request::get("/").header(origin.0, origin.1).header(wanted.0, wanted.1),
            (401, "token_not_present"),
        ),
        ("both", options().header(origin.0, origin.1).header(wanted.0, wanted.1), (200, "")),
    ] {
        let before = lab.api.count();
        let answer = lab.send(&request).await?;
        assert_decided(73, what, &answer, expected, lab.api.count() - before);
    }
    lab.assert_alive().await
}

#[tokio::test]
async fn grpc_callers_get_grpc_statuses() -> Result<(), Error> {
    let lab = Lab::start(guarded).await?;
    let good = lab.token();
    let mut http2 = Http2Connection::open(lab.address).await?;
    let call = |path: &str| {
        Request::post(path, vec![0; 5]).header("content-type", "application/grpc").header("te", "trailers")
    };
    for (what, request, status) in [
        ("no token", call("/echo.Echo/Say"), "16"),
        ("a bad token", call("/echo.Echo/Say").bearer("x"), "16"),
        ("no scope", call("/scoped/Say").bearer(&good), "7"),
    ] {
        let answer = http2.send(&request).await?;
        assert_eq!((answer.status, answer.header("grpc-status")), (200, Some(status)), "row 75: {what}");
        assert_eq!(lab.api.count(), 0);
    }
    lab.assert_alive().await
}

#[tokio::test]
async fn a_token_that_is_not_asked_for_is_not_read() -> Result<(), Error> {
    let lab = Lab::start(guarded).await?;
    for value in
        [&b"Bearer x"[..], b"Bearer \xff\xfe", b"Bearer eyJhbGciOiJub25lIn0.e30.", b"Bearer a, Bearer b", b""]
    {
        let answer = lab.send(&Request::get("/public/a").header("authorization", value)).await?;
        assert_eq!(summary(&answer), (200, String::new()), "row 84");
    }
    lab.assert_alive().await
}
