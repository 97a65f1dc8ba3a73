//! The one place where a refusal becomes status, headers and body.

use std::borrow::Cow;
use std::rc::Rc;

use serde::Serialize;

use super::answers::Answer;
use super::challenge;
use super::credentials::SentScheme;
use super::failure::BodyFormat;
use super::header_map::HeaderMap;
use super::reason::Reason;
use super::rejection::Rejection;
use super::wanted::Wanted;

impl Answer {
    /// The answer to a refusal. `method` is the request's: HEAD gets no body.
    pub fn to(rejection: &Rejection, method: &[u8]) -> Rc<Self> {
        if method == b"HEAD" {
            return Rc::new(Self { body: Vec::new(), ..Self::with_body(rejection) });
        }
        match rejection {
            Rejection {
                reason,
                wanted: Wanted::Nothing,
                sent: SentScheme::Ordinary,
                retry_after: None,
                ..
            } => rejection.answers.once(*reason, || Self::with_body(rejection)),
            _ => Rc::new(Self::with_body(rejection)),
        }
    }

    fn with_body(rejection: &Rejection) -> Self {
        let failure = rejection.answers.form();
        let status = status(rejection.reason, failure.status);
        let message = failure.message.as_deref().unwrap_or(rejection.reason.description());
        let (kind, body) = match failure.body {
            BodyFormat::Json => (Some("application/json"), text(&JsonBody { status_code: status, message })),
            BodyFormat::Problem => {
                let problem = Problem { kind: "about:blank", title: title(status), status, detail: message };
                (Some("application/problem+json"), text(&problem))
            }
            BodyFormat::Text => (Some("text/plain; charset=utf-8"), message.to_owned()),
            BodyFormat::None => (None, String::new()),
        };
        let mut headers = Vec::new();
        let mut header = |name: &'static str, value| headers.push((Cow::Borrowed(name), value));
        if let Some(kind) = kind {
            header("content-type", Cow::Borrowed(kind));
        }
        header("cache-control", Cow::Borrowed("no-store"));
        if let Some(value) = challenge::value(rejection) {
            header("www-authenticate", Cow::Owned(value));
        }
        if let Wanted::Proof { nonce: Some(nonce) } = &rejection.wanted {
            header("dpop-nonce", Cow::Owned(nonce.clone()));
        }
        if let Some(pause) = rejection.retry_after {
            let seconds = pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
            header("retry-after", Cow::Owned(seconds.max(1).to_string()));
        }
        if let Some(name) = &failure.reason_header {
            headers.push((Cow::Owned(name.as_str().to_owned()), Cow::Borrowed(rejection.reason.code())));
        }
        Self { status, headers: HeaderMap::new(headers), body: body.into_bytes() }
    }
}

/// APIM's body.
#[derive(Serialize)]
struct JsonBody<'a> {
    #[serde(rename = "statusCode")]
    status_code: u16,
    message: &'a str,
}

/// RFC 9457, 3.1.
#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    title: &'a str,
    status: u16,
    detail: &'a str,
}

/// A body as JSON text: numbers and strings, which always have one.
fn text(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
}

/// The status of a refusal. `failed_validation_httpcode` stands for a failed validation; what is not one
/// keeps its own.
fn status(reason: Reason, configured: Option<u16>) -> u16 {
    match reason {
        Reason::KeysUnavailable => 503,
        Reason::InsufficientScope | Reason::PolicyNotFound => 403,
        Reason::InsufficientUserAuthentication => 401,
        Reason::RequestAmbiguous => 400,
        Reason::TokenAmbiguous => configured.unwrap_or(400),
        _ => configured.unwrap_or(401),
    }
}

/// The status' own phrase, as RFC 9457, 4.2.1 asks for with `about:blank`.
fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        503 => "Service Unavailable",
        500..=599 => "Server Error",
        _ => "Request Refused",
    }
}
