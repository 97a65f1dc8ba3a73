//! Answers with another status than 200: what the filter says of them, and what this answer tells besides.

use std::fmt;

use validate_jwt::excerpt::Excerpt;
use validate_jwt::keys::{Fetch, FetchError};

use super::client::Answer;

/// An answer that is not a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// In the filter's words.
    error: FetchError,
    cause: Cause,
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
    pub(super) fn of(error: FetchError, answer: &Answer, fetch: &Fetch) -> Self {
        let cause = match answer.status {
            400 | 404 if fetch.url.is_of_microsoft() => Cause::Tenant,
            300..400 => answer.location.clone().map_or(Cause::Unknown, Cause::Redirect),
            401 | 403 | 407 => Cause::Credentials,
            404 | 410 => Cause::NotFound,
            500.. => Cause::Server,
            _ => Cause::Unknown,
        };
        Self { error, cause }
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

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)?;
        match &self.cause {
            Cause::Tenant => f.write_str(" Entra answers so where it knows no such tenant"),
            Cause::Redirect(to) => write!(f, " ({to})"),
            Cause::NotFound | Cause::Credentials | Cause::Server | Cause::Unknown => Ok(()),
        }
    }
}
