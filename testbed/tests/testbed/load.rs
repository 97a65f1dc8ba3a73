//! The load generator notices what it is there to notice.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::echo::EchoApi;
use validate_jwt_testbed::load::{Load, Planned, Tally};

async fn a_second_of(to: SocketAddr) -> Tally {
    let load =
        Load::start(to, 100, |number| Planned { kind: "any", request: Request::get(&format!("/{number}")) });
    tokio::time::sleep(Duration::from_secs(1)).await;
    load.stop().await
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
    let tally = a_second_of(api.address()).await;
    assert_eq!(tally.all_but("any", 200, ""), []);
    let count = tally.count_of("any", 200);
    assert_eq!(u64::try_from(count).ok(), Some(api.count()));
    assert!((80..=140).contains(&count), "{count} requests in a second");
    assert!(tally.percentile("any", 200, 99) > Duration::ZERO);
    Ok(())
}

#[tokio::test]
async fn an_answer_to_another_request_or_one_too_many_is_noticed() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\n{\"path\":\"/none\"}",
        "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\nHTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n",
        "nothing of HTTP\r\n\r\n",
    ] {
        let tally = a_second_of(server(answer).await).await;
        let counted: usize = tally.all().iter().map(|(_, count)| count).sum();
        assert!(counted >= 32, "{counted}: {answer:?}");
        assert_eq!(tally.count_of("any", 0), counted, "{:?}", tally.all());
    }
}
