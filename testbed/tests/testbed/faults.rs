//! Each fault does what it says.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpSocket;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::{Connection, Request, Response};
use validate_jwt_testbed::identity_provider::{CONTOSO, FABRIKAM, Fault, IdentityProvider, paths};

#[tokio::test]
async fn statuses_and_bodies() -> Result<(), Error> {
    let lab = Lab::start()?;
    for status in [500, 503, 404, 429, 204] {
        assert_eq!(lab.keys(Fault::Status(status)).await?.status, status);
    }
    let redirect = lab.keys(Fault::Redirect("http://127.0.0.1:9/".to_owned())).await?;
    assert_eq!((redirect.status, redirect.header("location")), (302, Some("http://127.0.0.1:9/")));

    let html = lab.keys(Fault::Html).await?;
    assert_eq!((html.status, html.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let mislabelled = lab.keys(Fault::ContentType("image/png".to_owned())).await?;
    assert_eq!(mislabelled.header("content-type"), Some("image/png"));
    assert!(mislabelled.json().is_ok());
    assert_eq!(lab.keys(Fault::Only("image/png".to_owned())).await?.status, 406);
    assert_eq!(lab.keys(Fault::Text("text".to_owned())).await?.body, b"text");
    assert!(lab.keys(Fault::NotJson).await?.json().is_err());
    assert!(lab.keys(Fault::NoBody).await?.body.is_empty());

    let gzip = lab.keys(Fault::Gzip).await?;
    assert_eq!(gzip.header("content-encoding"), Some("gzip"));
    assert_eq!(gzip.body[..3], [0x1f, 0x8b, 8]);
    Ok(())
}

#[tokio::test]
async fn falsified_documents() -> Result<(), Error> {
    let lab = Lab::start()?;
    let announced = lab.idp.rotate_announced();
    assert_eq!(ids(&lab.keys(Fault::EmptyKeySet).await?)?, [""; 0]);
    assert_eq!(ids(&lab.keys(Fault::PartialKeySet).await?)?, [announced.key_id()]);
    let other = lab.keys(Fault::OtherTenantsKeys).await?.json()?;
    assert!(other["keys"][0]["issuer"].as_str().is_some_and(|issuer| issuer.contains(FABRIKAM)));
    let path = paths::discovery_v2(CONTOSO);
    lab.idp.set_fault(&path, Fault::WrongIssuer);
    let document = Request::get(&path).send(lab.idp.address()).await?.json()?;
    assert_eq!(document["issuer"], "https://login.example/wrong/v2.0");
    Ok(())
}

#[tokio::test]
async fn a_body_of_fifty_megabytes_is_still_the_document() -> Result<(), Error> {
    let lab = Lab::start()?;
    let answer = lab.keys(Fault::Oversized(50_000_000)).await?;
    assert!(answer.body.len() > 49_999_000, "{}", answer.body.len());
    assert_eq!(ids(&answer)?, [lab.idp.signing_key().key_id()]);
    Ok(())
}

#[tokio::test]
async fn broken_connections() -> Result<(), Error> {
    let lab = Lab::start()?;
    let cut = lab.keys(Fault::CutMidBody).await.map(|answer| answer.body.len());
    assert!(matches!(&cut, Err(Error::Http { detail, .. }) if detail.contains("closed")), "{cut:?}");
    let reset = lab.keys(Fault::Reset).await.map(|answer| answer.status);
    assert!(
        matches!(&reset, Err(Error::Io { source, .. })
        if source.kind() == std::io::ErrorKind::ConnectionReset),
        "{reset:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_hang_lasts_until_it_is_cleared() -> Result<(), Error> {
    let lab = Lab::start()?;
    lab.idp.set_fault(&lab.path, Fault::Hang);
    let request = Request::get(&lab.path);
    let address = lab.idp.address();
    let mut waiting = tokio::spawn(async move { request.send(address).await });
    lab.idp.wait_for_requests(&lab.path, 1).await?;
    let early = tokio::time::timeout(Duration::from_millis(100), &mut waiting).await;
    assert!(early.is_err(), "an answer came in spite of the hang");
    lab.idp.clear_fault(&lab.path);
    let answer = waiting.await.expect("the request does not panic")?;
    assert_eq!(answer.status, 200);
    Ok(())
}

#[tokio::test]
async fn a_drip_brings_the_head_and_then_bytes_one_by_one() -> Result<(), Error> {
    let lab = Lab::start()?;
    lab.idp.set_fault(&lab.path, Fault::Drip(Duration::from_millis(1)));
    let mut connection = Connection::open(lab.idp.address()).await?;
    let begun = std::time::Instant::now();
    let answer = connection.send(&Request::get(&lab.path)).await?;
    assert!(answer.json().is_ok());
    assert!(begun.elapsed() > Duration::from_millis(1) * u32::try_from(answer.body.len() / 2).unwrap_or(0));
    Ok(())
}

#[tokio::test]
async fn flapping_and_counted_faults() -> Result<(), Error> {
    let lab = Lab::start()?;
    lab.idp.set_fault(&lab.path, Fault::Flap(Box::new(Fault::Status(500))));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(lab.ask().await?.status);
    }
    assert_eq!(statuses, [500, 200, 500, 200]);
    lab.idp.set_fault_for(&lab.path, Fault::Status(503), 2);
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(lab.ask().await?.status);
    }
    assert_eq!(statuses, [503, 503, 200]);
    Ok(())
}

#[tokio::test]
async fn nobody_gets_the_port_of_a_provider_that_stops_and_comes_back() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    let (address, done) = (idp.address(), Arc::new(AtomicBool::new(false)));
    let seen = done.clone();
    let thief = thread::spawn(move || {
        while !seen.load(Ordering::Relaxed) {
            // As one without a port of its own: what is bound is not shared.
            if TcpSocket::new_v4().and_then(|socket| socket.bind(address)).is_ok() {
                return true;
            }
        }
        false
    });
    for _ in 0..200 {
        idp.stop().await?;
        idp.restart()?;
    }
    done.store(true, Ordering::Relaxed);
    assert!(!thief.join().expect("no panic"), "somebody else got {address}");
    Ok(())
}

#[tokio::test]
async fn a_stopped_provider_refuses_connections_and_comes_back_on_its_port() -> Result<(), Error> {
    let lab = Lab::start()?;
    for _ in 0..3 {
        assert_eq!(lab.ask().await?.status, 200);
        lab.idp.stop().await?;
        let refused = lab.ask().await;
        assert!(
            matches!(&refused, Err(Error::Io { source, .. })
            if source.kind() == std::io::ErrorKind::ConnectionRefused),
            "{refused:?}"
        );
        lab.idp.restart()?;
    }
    assert_eq!(lab.ask().await?.status, 200);
    assert_eq!(lab.idp.requests(&lab.path), 4);
    Ok(())
}

struct Lab {
    idp: IdentityProvider,
    path: String,
}

impl Lab {
    fn start() -> Result<Self, Error> {
        Ok(Self { idp: IdentityProvider::start()?, path: paths::keys_v2(CONTOSO) })
    }

    async fn keys(&self, fault: Fault) -> Result<Response, Error> {
        self.idp.set_fault(&self.path, fault);
        self.ask().await
    }

    async fn ask(&self) -> Result<Response, Error> {
        Request::get(&self.path).send(self.idp.address()).await
    }
}

fn ids(answer: &Response) -> Result<Vec<String>, Error> {
    let keys = answer.json()?["keys"].as_array().cloned().unwrap_or_default();
    let id = |key: &Value| key["kid"].as_str().unwrap_or_default().to_owned();
    Ok(keys.iter().map(id).collect())
}
