//! Answers with another status than 200, and what is known of why.

use std::fmt;

use serde_json::Value;
use validate_jwt::excerpt::Excerpt;
use validate_jwt::keys::Fetch;

use super::client::{Answer, Body};

/// An answer that is no document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    status: u16,
    cause: Cause,
    /// What the server says of it, where that is JSON (RFC 6749, 5.2).
    told: Option<Excerpt>,
}

/// What is likeliest behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Cause {
    /// Microsoft's directories know no such tenant.
    Tenant,
    /// The document is elsewhere, or a sign-in page is.
    Redirect(Excerpt),
    /// There is no such document.
    NotFound,
    /// The server wants to know who asks.
    Credentials,
    /// The server, or what stands before it, is in trouble.
    Server,
    /// Not known.
    Unknown,
}

impl Refusal {
    /// What an answer to this means.
    pub(super) fn of(answer: &Answer, fetch: &Fetch) -> Self {
        let cause = match answer.status {
            400 | 404 if fetch.url.is_of_microsoft() => Cause::Tenant,
            300..400 => answer.location.clone().map_or(Cause::Unknown, Cause::Redirect),
            401 | 403 | 407 => Cause::Credentials,
            404 | 410 => Cause::NotFound,
            500.. => Cause::Server,
            _ => Cause::Unknown,
        };
        Self { status: answer.status, cause, told: told(&answer.body) }
    }

    /// A word for scripts.
    pub(super) fn code(&self) -> &'static str {
        match self.cause {
            Cause::Tenant => "tenant_not_found",
            Cause::Redirect(_) => "redirect",
            Cause::NotFound => "document_not_found",
            Cause::Credentials => "credentials_wanted",
            Cause::Server => "server_error",
            Cause::Unknown => "status",
        }
    }
}

/// `error` and the first line of `error_description`.
fn told(body: &Body) -> Option<Excerpt> {
    let Body::Whole(body) = body else { return None };
    let body: Value = serde_json::from_slice(body).ok()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str)?.lines().next();
    let words: Vec<&str> = ["error", "error_description"].into_iter().filter_map(text).collect();
    (!words.is_empty()).then(|| Excerpt::address(&words.join(": ")))
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}", self.status)?;
        match &self.cause {
            Cause::Tenant => {
                f.write_str(", as Entra says where it knows no such tenant: look for a slip in the tenant's id or name")?;
            }
            Cause::Redirect(to) => write!(
                f,
                ", to {to}: the filter follows no redirect; if the document is there, configure that URL"
            )?,
            Cause::NotFound => f.write_str(": there is no document at this path")?,
            Cause::Credentials => {
                f.write_str(": the server wants to know who asks, and the filter has no credentials")?;
            }
            Cause::Server => f.write_str(": the server, or what stands before it, is in trouble")?,
            Cause::Unknown => f.write_str(": only 200 is a document")?,
        }
        match &self.told {
            Some(told) => write!(f, " (it says {told:?})"),
            None => Ok(()),
        }
    }
}
