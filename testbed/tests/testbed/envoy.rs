//! Envoy starts, tells about itself, refuses nonsense and goes away.

use serde_json::json;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::{Connection, Http2Connection, Request};
use validate_jwt_testbed::echo::EchoApi;
use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options, Route};

#[tokio::test]
async fn requests_pass_and_are_told_about() -> Result<(), Error> {
    let api = EchoApi::start()?;
    let bootstrap = Bootstrap::new()
        .cluster(Cluster::new("api", api.address()))
        .cluster(Cluster::new("api2", api.address()).http2())
        .listener(
            Listener::new("main").route(Route::prefix("/two", "api2")).route(Route::prefix("/", "api")),
        );
    let mut envoy = Envoy::start(bootstrap, Options::default().concurrency(2)).await?;
    let address = envoy.address("main").await?;

    let request =
        Request::post("/a/../b//c?q=1", vec![7; 3_000_000]).header("x-a", "1").header("x-a", b"\xff2");
    let answer = request.send(address).await?;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let seen = api.last().expect("the API saw it");
    assert_eq!((seen.path.as_str(), seen.body_bytes), ("/b/c?q=1", 3_000_000));
    assert_eq!(seen.header_values("x-a"), ["1", "\u{fffd}2"]);
    assert_eq!(answer.json()?["body_sha256"], seen.body_sha256);

    let mut http2 = Http2Connection::open(address).await?;
    assert_eq!(http2.send(&Request::get("/two")).await?.status, 200);
    assert_eq!(api.last().map(|seen| seen.protocol).as_deref(), Some("HTTP/2.0"));
    assert_eq!(api.count(), 2);

    envoy.wait_for_stat("http.main.downstream_rq_2xx", 2).await?;
    envoy.wait_for_access_log("main", "GET /two 200 via_upstream").await?;
    assert!(envoy.log().contains("all dependencies initialized"));
    assert!(envoy.resident_bytes()? > 1_000_000);
    envoy.cpu_time()?;
    assert!(envoy.is_running()?);

    api.stop().await?;
    let down = Request::get("/").send(address).await?;
    assert_eq!(down.status, 503);
    assert!(down.header("x-response-code-details").is_some_and(|text| text.contains("upstream")), "{down:?}");
    Ok(())
}

#[tokio::test]
async fn upgrades_are_echoed() -> Result<(), Error> {
    let api = EchoApi::start()?;
    let bootstrap =
        Bootstrap::new().cluster(Cluster::new("api", api.address())).listener(Listener::new("main"));
    let envoy = Envoy::start(bootstrap, Options::default()).await?;
    let mut connection = Connection::open(envoy.address("main").await?).await?;
    let request = Request::get("/socket")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    assert_eq!(connection.send(&request).await?.status, 101);
    connection.write(b"hello").await?;
    assert_eq!(connection.read(5).await?, b"hello");
    Ok(())
}

#[tokio::test]
async fn a_refused_bootstrap_comes_back_with_the_log() {
    let listener = Listener::new("main").filter(json!({"name": "x", "typed_config": {"@type": "nonsense"}}));
    let refused = Envoy::start(Bootstrap::new().listener(listener), Options::default()).await;
    assert!(
        matches!(&refused, Err(Error::EnvoyExited { log, .. }) if log.contains("nonsense")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn listeners_can_be_replaced_at_run_time() -> Result<(), Error> {
    let api = EchoApi::start()?;
    let bootstrap = Bootstrap::new().cluster(Cluster::new("api", api.address())).dynamic_listeners();
    let envoy = Envoy::start(bootstrap, Options::default()).await?;
    for round in 0..3 {
        let reply = json!({"match": {"prefix": "/"}, "direct_response": {"status": 200 + round}});
        envoy.update_listeners([Listener::new("main").route(Route::from_document(reply))]).await?;
        let address = envoy.address("main").await?;
        assert_eq!(Request::get("/").send(address).await?.status, 200 + round);
    }
    let broken = Listener::new("main").filter(json!({"name": "x", "typed_config": {"@type": "nonsense"}}));
    assert!(envoy.update_listeners([broken]).await.is_err());
    assert_eq!(Request::get("/").send(envoy.address("main").await?).await?.status, 202);
    Ok(())
}
