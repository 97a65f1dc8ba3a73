//! A steady load of requests, of which every answer is kept: what came, for which kind of request, when, and how late.
//!
//! ```no_run
//! # async fn example(envoy: std::net::SocketAddr, token: String) -> Result<(), validate_jwt_testbed::Error> {
//! use validate_jwt_testbed::client::Request;
//! use validate_jwt_testbed::load::{Load, Planned};
//!
//! let load = Load::start(envoy, 200, move |number| {
//!     Planned { kind: "good", request: Request::get(&format!("/{number}")).bearer(&token) }
//! });
//! // … whatever is to be lived through …
//! load.wait_for("good", 200, 100).await?;
//! let tally = load.stop().await;
//! assert_eq!(tally.all_but("good", 200, ""), []);
//! # Ok(()) }
//! ```
//!
//! Requests are sent when they are due, whether or not earlier ones were answered, and late ones are counted from when
//! they were due. Paths have to be distinct: an answer of the [`EchoApi`](crate::echo::EchoApi) has to name the path of
//! the very request that it answers, so that an answer too many, or to another request, does not go unnoticed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::client::{Connection, Request, Response};
use crate::error::Error;
use crate::latency;
use crate::patience::PATIENCE;
use crate::runtime;

/// A request to be sent.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What kind of request it is, for [`Tally`].
    pub kind: &'static str,
    /// The request; its path is no other one's.
    pub request: Request,
}

/// A load that is being sent. Dropping it ends it.
pub struct Load {
    clients: Vec<JoinHandle<()>>,
    stopping: Arc<AtomicBool>,
    answers: Arc<Answers>,
}

/// Every answer to a load.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    answers: BTreeMap<Answer, Vec<Timing>>,
}

/// What came, and to which kind of request: status and reason, or 0 and what went wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Answer {
    /// [`Planned::kind`].
    pub kind: &'static str,
    /// The status; 0 where there was no whole answer, or one to another request.
    pub status: u16,
    /// The header with the reason, or what went wrong.
    pub reason: String,
}

/// When a request was sent, when its answer came, and how long after the request was due.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// When the request was sent.
    pub sent: Instant,
    /// When its answer came.
    pub at: Instant,
    /// How long after its request was due.
    pub latency: Duration,
}

impl Load {
    /// Sends so many requests per second until stopped: what `next` makes of 0, 1, 2 and so on.
    pub fn start(
        to: SocketAddr,
        per_second: u32,
        next: impl Fn(u64) -> Planned + Send + Sync + 'static,
    ) -> Self {
        let (next, stopping) = (Arc::new(next), Arc::new(AtomicBool::new(false)));
        let answers = Arc::new(Answers::default());
        let begun = Instant::now();
        let client = |first| {
            let (next, stopping, answers) = (next.clone(), stopping.clone(), answers.clone());
            runtime::spawn(async move {
                let mut client = Client { to, connection: None, answers };
                let mut number = first;
                while !stopping.load(Ordering::Relaxed) {
                    let due = begun + Duration::from_secs_f64(to_f64(number) / f64::from(per_second));
                    tokio::time::sleep_until(due.into()).await;
                    client.exchange(next(number), due).await;
                    number += CLIENTS;
                }
            })
        };
        Self { clients: (0..CLIENTS).map(client).collect(), stopping, answers }
    }

    /// Waits until so many answers of this status have come to requests of this kind that were sent from now on: how
    /// long that takes is the machine's business.
    pub async fn wait_for(&self, kind: &str, status: u16, count: usize) -> Result<(), Error> {
        let begun = Instant::now();
        let mut coming = self.answers.subscribe();
        let (mut found, mut last) = (0, begun);
        while found < count {
            let left = PATIENCE.saturating_sub(last.elapsed());
            let Ok(Some(seen)) = tokio::time::timeout(left, coming.recv()).await else {
                let waiting_for = format!("{count} answers {status} to {kind} requests ({found} so far)");
                return Err(Error::TimedOut { waiting_for, after: begun.elapsed() });
            };
            if seen.kind == kind && seen.status == status && seen.sent >= begun {
                (found, last) = (found + 1, Instant::now());
            }
        }
        Ok(())
    }

    /// Sends nothing more, awaits the answers to what was sent, and gives all of them.
    pub async fn stop(mut self) -> Tally {
        self.stopping.store(true, Ordering::Relaxed);
        for client in std::mem::take(&mut self.clients) {
            if let Err(ended) = client.await {
                self.answers.note("a client", 0, ended.to_string(), Instant::now(), Duration::ZERO);
            }
        }
        std::mem::take(&mut *locked(&self.answers.tally))
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.clients.iter().for_each(JoinHandle::abort);
    }
}

impl Tally {
    /// How many answers of this status there are to this kind of request.
    pub fn count_of(&self, kind: &str, status: u16) -> usize {
        self.timings(kind, status).len()
    }

    /// When the answers of this status to this kind of request came.
    pub fn timings(&self, kind: &str, status: u16) -> Vec<Timing> {
        let found = self.answers.iter().filter(|(answer, _)| answer.kind == kind && answer.status == status);
        found.flat_map(|(_, timings)| timings.iter().copied()).collect()
    }

    /// The answers to this kind of request other than the one that is right, with their number.
    pub fn all_but(&self, kind: &str, status: u16, reason: &str) -> Vec<(Answer, usize)> {
        let wrong = self.answers.iter().filter(|(answer, _)| {
            answer.kind == kind && (answer.status != status || answer.reason != reason)
        });
        wrong.map(|(answer, timings)| (answer.clone(), timings.len())).collect()
    }

    /// Every answer there was, with its number.
    pub fn all(&self) -> Vec<(Answer, usize)> {
        self.answers.iter().map(|(answer, timings)| (answer.clone(), timings.len())).collect()
    }

    /// The latency that so many of a hundred answers of this status to this kind of request did not exceed.
    pub fn percentile(&self, kind: &str, status: u16, percent: usize) -> Duration {
        let mut latencies: Vec<_> = self.timings(kind, status).iter().map(|timing| timing.latency).collect();
        latency::percentile(&mut latencies, percent)
    }

    /// Adds the answers of another load.
    pub fn add(&mut self, other: Self) {
        for (answer, timings) in other.answers {
            self.answers.entry(answer).or_default().extend(timings);
        }
    }
}

/// What came so far, of all clients, and who wants to be told of more.
#[derive(Default)]
struct Answers {
    tally: Mutex<Tally>,
    told: Mutex<Vec<mpsc::UnboundedSender<Seen>>>,
}

/// What of an answer is waited for.
#[derive(Clone, Copy)]
struct Seen {
    kind: &'static str,
    status: u16,
    sent: Instant,
}

impl Answers {
    fn note(&self, kind: &'static str, status: u16, reason: String, sent: Instant, latency: Duration) {
        let timing = Timing { sent, at: Instant::now(), latency };
        locked(&self.tally).answers.entry(Answer { kind, status, reason }).or_default().push(timing);
        locked(&self.told).retain(|one| one.send(Seen { kind, status, sent }).is_ok());
    }

    /// Every answer that comes from now on.
    fn subscribe(&self) -> mpsc::UnboundedReceiver<Seen> {
        let (sender, receiver) = mpsc::unbounded_channel();
        locked(&self.told).push(sender);
        receiver
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One connection at a time.
struct Client {
    to: SocketAddr,
    connection: Option<Connection>,
    answers: Arc<Answers>,
}

impl Client {
    async fn exchange(&mut self, planned: Planned, due: Instant) {
        let Planned { kind, request } = planned;
        let sent = Instant::now();
        // One that could be sent in time is measured from then: the timer is not what is measured.
        let from = if sent.saturating_duration_since(due) > TIMER { due } else { sent };
        let (status, reason) = match self.send(&request).await {
            Ok(answer)
                if answer.status == 200 && !answer.text().contains(&format!("\"{}\"", request.path)) =>
            {
                (0, format!("the answer to another request than {}", request.path))
            }
            Ok(answer) => (answer.status, answer.header(REASON).unwrap_or_default().to_owned()),
            Err(error) => {
                self.connection = None;
                (0, error.to_string())
            }
        };
        self.answers.note(kind, status, reason, sent, from.elapsed());
    }

    async fn send(&mut self, request: &Request) -> Result<Response, Error> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(self.to).await?,
        };
        let answer = connection.send(request).await?;
        if connection.has_more() {
            let detail = "there is more than one answer".to_owned();
            return Err(Error::Http { doing: format!("reading the answer for {}", request.path), detail });
        }
        let last = answer.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        self.connection = (!last).then_some(connection);
        Ok(answer)
    }
}

#[expect(clippy::cast_precision_loss, reason = "no load has 2^53 requests")]
fn to_f64(number: u64) -> f64 {
    number as f64
}

/// The response header in which tests have the filter tell its reason.
pub const REASON: &str = "x-token-reason";

/// As many connections, so that one that waits for keys keeps no other waiting.
const CLIENTS: u64 = 32;

/// How late the runtime's timer may be.
const TIMER: Duration = Duration::from_millis(3);
