//! Answering requests: the right document, then whatever fault the path has.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Channel, Collected};
use hyper::body::Incoming;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderValue, LOCATION};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::documents::{discovery, issuer, key_set};
use super::fault::{Fault, Faults};
use super::gzip::gzip;
use super::journal::{Journal, Received};
use super::key_ring::KeyRing;
use super::routes::{Endpoint, Realm, Tenant};
use super::{FABRIKAM, Names, token_endpoint};
use crate::runtime;
use crate::server::{Body, Connection, Site, empty, full};

/// Everything behind the identity provider's address.
pub(super) struct Tenants {
    pub(super) names: Names,
    pub(super) keys: KeyRing,
    pub(super) faults: Faults,
    pub(super) journal: Journal,
}

impl Tenants {
    pub(super) fn new(names: Names) -> Self {
        Self { names, keys: KeyRing::new(), faults: Faults::new(), journal: Journal::new() }
    }

    async fn document(
        &self,
        endpoint: &Endpoint,
        request: Request<Incoming>,
        received: &Received,
    ) -> (StatusCode, Value) {
        let base = self.names.endpoints.replace("{host}", &received.host);
        let query = received.query.as_deref();
        match endpoint {
            Endpoint::Discovery(realm) => {
                (StatusCode::OK, discovery(&self.names, realm, &base, &received.path, query))
            }
            Endpoint::Keys(realm) => (StatusCode::OK, key_set(&self.names, realm, &self.keys)),
            Endpoint::Token(tenant) if request.method() == Method::POST => {
                let form = request.into_body().collect().await.map(Collected::to_bytes).unwrap_or_default();
                token_endpoint::answer(&self.names, tenant, &self.keys, &String::from_utf8_lossy(&form))
            }
            Endpoint::Token(_) => (StatusCode::METHOD_NOT_ALLOWED, json!({"error": "invalid_request"})),
            Endpoint::NoTenant(tenant) => (StatusCode::BAD_REQUEST, no_tenant(tenant)),
            Endpoint::Health | Endpoint::Nothing => (StatusCode::NOT_FOUND, json!({"error": "not_found"})),
        }
    }

    /// Changes what a document says; faults of transport leave it alone.
    fn falsify(&self, fault: &Fault, document: &mut Value) {
        let keys = document.get_mut("keys").and_then(Value::as_array_mut);
        match (fault, keys) {
            (Fault::EmptyKeySet, Some(keys)) => keys.clear(),
            (Fault::PartialKeySet, Some(keys)) => {
                let current = self.keys.current();
                keys.retain(|key| key["kid"] != current.key_id());
            }
            (Fault::OtherTenantsKeys, Some(keys)) => {
                let other = issuer(&self.names, &Realm::EntraV2(Tenant::One(FABRIKAM.to_owned())));
                for key in keys {
                    key["issuer"] = json!(other);
                }
            }
            (Fault::WrongIssuer, None) => document["issuer"] = json!("https://login.example/wrong/v2.0"),
            _ => {}
        }
    }
}

impl Site for Tenants {
    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        connection: Arc<Connection>,
    ) -> io::Result<Response<Body>> {
        let received = describe(&request);
        let endpoint = Endpoint::of(&received.host, &received.path);
        if endpoint == Endpoint::Health {
            return Ok(Response::new(full("ok\n")));
        }
        self.journal.note(received.clone());
        let fault = self.faults.next(&received.path).await;
        let (status, mut document) = self.document(&endpoint, request, &received).await;
        let Some(fault) = fault else {
            return Ok(json_answer(status, document.to_string()));
        };
        self.falsify(&fault, &mut document);
        let text = document.to_string();
        match fault {
            Fault::Reset => {
                connection.reset();
                // The reset ends this task; an answer never leaves.
                std::future::pending().await
            }
            Fault::Status(code) => Ok(status_answer(code)),
            Fault::Redirect(to) => {
                let mut answer = status_answer(302);
                insert(&mut answer, LOCATION, &to)?;
                Ok(answer)
            }
            Fault::Drip(interval) => Ok(with_length(drip(text.clone(), interval), text.len())),
            Fault::CutMidBody => Ok(with_length(cut(&text), text.len())),
            Fault::Oversized(size) => Ok(json_answer(status, oversize(text, size))),
            Fault::Gzip => {
                let mut answer = json_answer(status, gzip(text.as_bytes()));
                insert(&mut answer, CONTENT_ENCODING, "gzip")?;
                Ok(answer)
            }
            Fault::Html => typed_answer("text/html; charset=utf-8", PAGE),
            Fault::NotJson => Ok(json_answer(status, "{\"keys\": [oops")),
            Fault::NoBody => Ok(json_answer(status, "")),
            Fault::Only(content_type) if !names(&received, &content_type) => Ok(status_answer(406)),
            Fault::ContentType(content_type) | Fault::Only(content_type) => typed_answer(&content_type, text),
            Fault::Text(text) => Ok(json_answer(StatusCode::OK, text)),
            Fault::EmptyKeySet
            | Fault::PartialKeySet
            | Fault::OtherTenantsKeys
            | Fault::WrongIssuer
            | Fault::Hang
            | Fault::Flap(_) => Ok(json_answer(status, text)),
        }
    }
}

/// As Entra ID says it.
fn no_tenant(tenant: &str) -> Value {
    let description = format!(
        "AADSTS90002: Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into \
         the correct cloud. Check with your subscription administrator, this may happen if there are no active \
         subscriptions for the tenant. Trace ID: 7b0f2c1e-5a4d-4c3b-9e8f-0a1b2c3d4e00 Correlation ID: \
         1c2d3e4f-0a1b-4c5d-8e9f-6a7b8c9d0e1f Timestamp: 2026-11-26 21:02:50Z"
    );
    json!({
        "error": "invalid_tenant",
        "error_description": description,
        "error_codes": [90002],
        "error_uri": "https://login.microsoftonline.com/error?code=90002",
    })
}

fn describe(request: &Request<Incoming>) -> Received {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let authority = request.uri().authority().map(ToString::to_string);
    Received {
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().map(str::to_owned),
        host: authority.or_else(|| request.headers().get(HOST).map(text)).unwrap_or_default(),
        headers: request.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        at: Instant::now(),
    }
}

/// Whether `Accept` names this type itself (RFC 9110, section 12.5.1).
fn names(received: &Received, content_type: &str) -> bool {
    let accept = received.headers.iter().filter(|(name, _)| name == "accept");
    accept
        .flat_map(|(_, value)| value.split(','))
        .any(|range| range.split(';').next().map(str::trim) == Some(content_type))
}

fn json_answer(status: StatusCode, body: impl Into<Bytes>) -> Response<Body> {
    let mut answer = Response::new(full(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, JSON);
    answer
}

fn typed_answer(content_type: &str, body: impl Into<Bytes>) -> io::Result<Response<Body>> {
    let mut answer = Response::new(full(body));
    insert(&mut answer, CONTENT_TYPE, content_type)?;
    Ok(answer)
}

fn status_answer(code: u16) -> Response<Body> {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = if status == StatusCode::NO_CONTENT { empty() } else { full(format!("{status}\n")) };
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer
}

fn with_length(body: Body, length: usize) -> Response<Body> {
    let mut answer = Response::new(body);
    answer.headers_mut().insert(CONTENT_TYPE, JSON);
    answer.headers_mut().insert(hyper::header::CONTENT_LENGTH, HeaderValue::from(length));
    answer
}

fn insert(answer: &mut Response<Body>, name: hyper::header::HeaderName, value: &str) -> io::Result<()> {
    answer.headers_mut().insert(name, HeaderValue::from_str(value).map_err(io::Error::other)?);
    Ok(())
}

/// One byte now and then.
fn drip(text: String, interval: Duration) -> Body {
    let (mut sender, body) = Channel::new(1);
    runtime::spawn(async move {
        for byte in text.into_bytes() {
            // The receiver is gone when the client has hung up.
            if sender.send_data(Bytes::from(vec![byte])).await.is_err() {
                return;
            }
            tokio::time::sleep(interval).await;
        }
    });
    body.boxed_unsync()
}

/// Half of it, then an error, on which the server drops the connection.
fn cut(text: &str) -> Body {
    let half = Bytes::copy_from_slice(&text.as_bytes()[..text.len() / 2]);
    let (mut sender, body) = Channel::new(1);
    runtime::spawn(async move {
        if sender.send_data(half).await.is_ok() {
            sender.abort(io::Error::other("cut on purpose"));
        }
    });
    body.boxed_unsync()
}

/// Pads a JSON object with a member that means nothing.
fn oversize(mut text: String, size: usize) -> String {
    text.truncate(text.len().saturating_sub(1));
    let padding = size.saturating_sub(text.len());
    format!("{text},\"padding\":\"{}\"}}", "x".repeat(padding))
}

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

const PAGE: &str = "<!doctype html><title>Sign in</title><p>Please sign in to the network.</p>\n";
