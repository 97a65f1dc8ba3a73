//! Why no answer came: name, connection, TLS, or what came was no HTTP.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use validate_jwt::excerpt::Excerpt;
use validate_jwt::keys::Fetch;

use super::certificate::CertificateFault;
use super::journey::{Journey, Stage, Unresolved};

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unreachable {
    /// The name leads nowhere.
    NoSuchHost { host: String, why: String },
    /// Nobody listens there.
    Refused { addresses: Vec<SocketAddr> },
    /// There is no way there.
    NoRoute { addresses: Vec<SocketAddr>, why: String },
    /// The time for a fetch was up.
    TimedOut { stage: Stage, after: Duration, addresses: Vec<SocketAddr> },
    /// The connection ended early.
    BrokenOff { stage: Stage },
    /// `https://`, and the server speaks no TLS.
    NotTls,
    /// `http://`, and the server speaks TLS.
    TlsNeeded,
    /// The server's certificate is not accepted.
    Certificate(CertificateFault),
    /// The two sides have nothing in common: versions, ciphers, names.
    Handshake(String),
    /// The proxy of the environment does not let through.
    Proxy(Excerpt),
    /// What came is no HTTP.
    NotHttp(Excerpt),
    /// Whatever else the client says.
    Other(Excerpt),
}

impl Unreachable {
    /// What became of a request that got so far.
    pub(super) fn of(error: ureq::Error, journey: &Journey, fetch: &Fetch) -> Self {
        let timed_out = || Self::TimedOut {
            stage: journey.stage(),
            after: fetch.timeout,
            addresses: journey.addresses(),
        };
        match error {
            ureq::Error::Timeout(_) => timed_out(),
            ureq::Error::HostNotFound => {
                Self::NoSuchHost { host: fetch.url.host().to_owned(), why: "it has no address".to_owned() }
            }
            ureq::Error::Other(other) => match other.downcast::<Unresolved>() {
                Ok(unresolved) => Self::NoSuchHost { host: unresolved.host, why: unresolved.why },
                Err(other) => Self::Other(Excerpt::address(&other.to_string())),
            },
            ureq::Error::Rustls(error) => Self::of_tls(&error),
            ureq::Error::Io(error) => match error.get_ref().and_then(|inner| inner.downcast_ref()) {
                Some(error) => Self::of_tls(error),
                None if [ErrorKind::TimedOut, ErrorKind::WouldBlock].contains(&error.kind()) => timed_out(),
                None => Self::of_system(&error, journey),
            },
            ureq::Error::ConnectProxyFailed(why) => Self::Proxy(Excerpt::address(&why)),
            ureq::Error::Protocol(error) => Self::NotHttp(Excerpt::address(&error.to_string())),
            ureq::Error::LargeResponseHeader(..) => Self::NotHttp(Excerpt::address(&error.to_string())),
            other => Self::Other(Excerpt::address(&other.to_string())),
        }
    }

    fn of_tls(error: &rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidCertificate(fault) => Self::Certificate(CertificateFault::of(fault)),
            rustls::Error::InvalidMessage(_) => Self::NotTls,
            rustls::Error::AlertReceived(alert) => Self::Handshake(format!("the server says {alert:?}")),
            other => Self::Handshake(other.to_string()),
        }
    }

    fn of_system(error: &io::Error, journey: &Journey) -> Self {
        let addresses = journey.addresses();
        match error.kind() {
            ErrorKind::ConnectionRefused => Self::Refused { addresses },
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                Self::NoRoute { addresses, why: error.to_string() }
            }
            ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe => Self::BrokenOff { stage: journey.stage() },
            _ => Self::Other(Excerpt::address(&error.to_string())),
        }
    }

    /// Whether nothing came of the connection, to whatever it was made.
    pub(super) fn is_of_the_connection(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::NoRoute { .. })
    }

    /// A word for scripts.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::NoSuchHost { .. } => "name_not_found",
            Self::Refused { .. } => "connection_refused",
            Self::NoRoute { .. } => "no_route",
            Self::TimedOut { .. } => "timeout",
            Self::BrokenOff { .. } => "connection_broken",
            Self::NotTls => "plain_where_tls",
            Self::TlsNeeded => "tls_where_plain",
            Self::Certificate(fault) => fault.code(),
            Self::Handshake(_) => "tls_handshake",
            Self::Proxy(_) => "proxy",
            Self::NotHttp(_) => "not_http",
            Self::Other(_) => "no_answer",
        }
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchHost { host, why } => {
                write!(
                    f,
                    "the name {host} cannot be resolved ({why}): look for a slip in the host, or at DNS"
                )
            }
            Self::Refused { addresses } => {
                write!(f, "{} refuses the connection: nothing listens there", Listed(addresses))
            }
            Self::NoRoute { addresses, why } => write!(f, "{} cannot be reached: {why}", Listed(addresses)),
            Self::TimedOut { stage, after, addresses } => {
                let after = after.as_secs_f64();
                match stage {
                    Stage::Lookup => write!(f, "the name was not resolved within {after} s")?,
                    Stage::Connection => write!(
                        f,
                        "no connection to {} within {after} s: a firewall, or a proxy that is needed",
                        Listed(addresses)
                    )?,
                    Stage::Answer => write!(f, "no answer from {} within {after} s", Listed(addresses))?,
                    Stage::Body => write!(f, "the answer was not whole within {after} s")?,
                }
                f.write_str(" (`timeout`)")
            }
            Self::BrokenOff { stage: Stage::Body } => {
                f.write_str("the connection broke in the middle of the answer")
            }
            Self::BrokenOff { .. } => f.write_str("the connection broke before an answer came"),
            Self::NotTls => {
                f.write_str("the URL is https://, and the server does not speak TLS on this port")
            }
            Self::TlsNeeded => {
                f.write_str("the URL is http://, and the server speaks TLS on this port: write https://")
            }
            Self::Certificate(fault) => fault.fmt(f),
            Self::Handshake(why) => write!(f, "the TLS handshake failed: {why}"),
            Self::Proxy(why) => write!(f, "the proxy that the environment names does not connect: {why}"),
            Self::NotHttp(why) => write!(f, "what answers is no HTTP/1.1 server ({why})"),
            Self::Other(why) => write!(f, "no answer: {why}"),
        }
    }
}

/// Addresses in a sentence.
struct Listed<'a>(&'a [SocketAddr]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("the server");
        }
        for (at, address) in self.0.iter().enumerate() {
            write!(f, "{}{address}", if at == 0 { "" } else { " and " })?;
        }
        Ok(())
    }
}
