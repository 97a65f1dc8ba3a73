//! An answer of another status than 200: who gave it, what it says, and what mends it.
//!
//! A proxy answers a callout itself where it gets no answer, and says in a few words what went wrong. Not always the
//! whole truth: since 1.39 Envoy names neither TLS nor certificates there. What it counts does.

use std::fmt;

use crate::excerpt::Excerpt;
use crate::token::Members;

/// An answer that brings no document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declined {
    status: u16,
    cause: Cause,
    words: Option<Excerpt>,
}

/// What is behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// The proxy's words: no connection.
    NotConnected,
    /// The proxy's words: nobody answered in time to a connection.
    Unreachable,
    /// The proxy's words: the connection ended without an answer.
    Closed,
    /// The proxy's words: no answer in time.
    TooLate,
    /// The provider's: the document is elsewhere.
    Moved,
    /// The provider's: no such document.
    Unknown,
    /// Of somebody who wants a login.
    Forbidden,
    /// Anything else.
    Other,
}

impl Declined {
    pub(super) fn new(status: u16, body: &[u8]) -> Self {
        let start = String::from_utf8_lossy(body.get(..LOOKED_AT).unwrap_or(body));
        let start = start.trim();
        Self { status, cause: Cause::of(status, start), words: words(body, start) }
    }
}

impl Cause {
    fn of(status: u16, body: &str) -> Self {
        let (connecting, timeout) = ("upstream connect error", "upstream request timeout");
        match status {
            503 if body.starts_with(connecting) => {
                let reason = |word| body.contains(word);
                if reason("connection timeout") {
                    Self::Unreachable
                } else if reason("connection termination") || reason("protocol error") {
                    Self::Closed
                } else {
                    Self::NotConnected
                }
            }
            504 if body.starts_with(timeout) => Self::TooLate,
            300..=399 => Self::Moved,
            400 | 404 | 410 => Self::Unknown,
            401 | 403 | 407 => Self::Forbidden,
            _ => Self::Other,
        }
    }

    /// Who speaks.
    const fn speaker(self) -> &'static str {
        match self {
            Self::NotConnected | Self::Unreachable | Self::Closed | Self::TooLate => " from the proxy itself",
            Self::Moved | Self::Unknown | Self::Forbidden | Self::Other => "",
        }
    }

    /// What to do.
    const fn advice(self) -> &'static str {
        match self {
            Self::NotConnected => {
                ": it could not connect. The cluster's counters say why: ssl.fail_verify_error, the certificate is not \
                 trusted; ssl.fail_verify_san, it has another name; ssl.connection_error, no TLS is spoken there; \
                 upstream_cx_connect_fail alone, nobody listens there"
            }
            Self::Unreachable => {
                ": nobody answered within connect_timeout: compare the cluster's address, and ask for firewalls"
            }
            Self::Closed => {
                ": the other side hung up, or speaks no HTTP: a port that speaks TLS needs a transport_socket in the cluster"
            }
            Self::TooLate => ": no answer within the provider's timeout: raise it, or find out what is slow",
            Self::Moved => ": redirects are not followed: write the address that it leads to into url",
            Self::Unknown => ": are tenant and path in url right?",
            Self::Forbidden => ": these documents are public, so somebody in between may want a login",
            Self::Other => "",
        }
    }
}

/// What the answer says: of JSON what errors are told in; anything else there may be a key. Of a page only that it is one.
fn words(body: &[u8], start: &str) -> Option<Excerpt> {
    match start.as_bytes() {
        [] => None,
        [b'{' | b'[', ..] => {
            let members = Members::of(body, &ERRORS).ok()?;
            ERRORS.iter().find_map(|name| members.text(name).ok()?).map(|text| Excerpt::address(&text))
        }
        [b'<', ..] => Some(Excerpt::word(start)),
        _ => Some(Excerpt::address(start)),
    }
}

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}{}", self.status, self.cause.speaker())?;
        if let Some(words) = &self.words {
            write!(f, ", {words:?}")?;
        }
        f.write_str(self.cause.advice())
    }
}

/// The members in which an error is told, the fullest first (RFC 6749, 5.2; ordinary gateways).
const ERRORS: [&str; 3] = ["error_description", "message", "error"];

/// How much of a body is looked at, in bytes.
const LOOKED_AT: usize = 512;
