//! The load generator notices what it is there to notice.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::echo::EchoApi;
use validate_jwt_testbed::load::{Load, Planned, Tally};

/// A load until so many answers of this status have come.
async fn load(to: SocketAddr, status: u16, count: usize) -> Result<Tally, Error> {
    let next = |number| Planned { kind: "any", request: Request::get(&format!("/{number}")) };
    let load = Load::start(to, PER_SECOND, next);
    load.wait_for("any", status, count).await?;
    Ok(load.stop().await)
}

/// Answers whatever comes with these bytes.
async fn server(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut received = [0; 4096];
                while stream.read(&mut received).await.is_ok_and(|length| length > 0) {
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn every_answer_of_a_load_is_kept_and_timed() -> Result<(), Error> {
    let api = EchoApi::start()?;
    let begun = Instant::now();
    let tally = load(api.address(), 200, 100).await?;
    let time = begun.elapsed();
    assert_eq!(tally.all_but("any", 200, ""), []);
    let count = tally.count_of("any", 200);
    assert_eq!(u64::try_from(count).ok(), Some(api.count()));
    // However slow the machine is, nothing is sent before it is due.
    let due = time.as_millis() * u128::from(PER_SECOND) / 1000 + 1;
    assert!((100..=due).contains(&(count as u128)), "{count} requests, of which {due} were due");
    assert!(tally.percentile("any", 200, 99) > Duration::ZERO);
    Ok(())
}

#[tokio::test]
async fn an_answer_to_another_request_or_one_too_many_is_noticed() -> Result<(), Error> {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\n{\"path\":\"/none\"}",
        "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\nHTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n",
        "nothing of HTTP\r\n\r\n",
    ] {
        let tally = load(server(answer).await, 0, 100).await?;
        let counted: usize = tally.all().iter().map(|(_, count)| count).sum();
        assert_eq!(tally.count_of("any", 0), counted, "{:?}", tally.all());
    }
    Ok(())
}

const PER_SECOND: u32 = 100;
