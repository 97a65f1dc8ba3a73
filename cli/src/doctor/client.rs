//! The HTTP client: one GET within the filter's own bounds. It follows no redirect, unpacks nothing, and reads no more
//! than the filter would.

use std::io::Read as _;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use rustls::crypto::CryptoProvider;
use ureq::http::HeaderMap;
use ureq::http::header::{AGE, CONTENT_TYPE, DATE, HeaderName, LOCATION};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Proxy, ProxyProtocol};
use validate_jwt::excerpt::Excerpt;
use validate_jwt::keys::{Fetch, Response, Scheme, Url};
use validate_jwt::time::UnixTime;

use super::detour::Detour;
use super::difference::Difference;
use super::journey::{Connections, Journey, Names, Stage};
use super::trust::Trust;
use super::unreachable::Unreachable;
use crate::clock;
use crate::failure::Failure;

/// Whom to trust, and which way to go.
pub(super) struct Client {
    anchors: RootCerts,
    cryptography: Arc<CryptoProvider>,
    proxy: Option<Proxy>,
    detours: Vec<Detour>,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: Option<Excerpt>,
    /// Where a redirect leads.
    pub(super) location: Option<Excerpt>,
    pub(super) body: Body,
    /// From the first step to the last byte.
    pub(super) took: Duration,
    /// This machine's clock beside the server's, where that told the time.
    pub(super) clock: Option<Difference>,
}

/// A body, as far as the filter takes it.
#[derive(Debug)]
pub(super) enum Body {
    Whole(Vec<u8>),
    TooLarge,
}

impl Client {
    /// One for these documents, which may all be reached without the environment's proxy.
    pub(super) fn new<'u>(
        trust: &Trust,
        detours: Vec<Detour>,
        documents: impl IntoIterator<Item = &'u Url>,
    ) -> Result<Self, Failure> {
        let cryptography = Arc::new(rustls::crypto::ring::default_provider());
        let proxy = Proxy::try_from_env();
        let client = Self { anchors: trust.anchors.clone(), cryptography, proxy, detours };
        let mut proxies = documents.into_iter().filter_map(|url| client.proxy_to(url)).map(Proxy::protocol);
        match proxies.find(|protocol| !matches!(protocol, ProxyProtocol::Http | ProxyProtocol::Https)) {
            Some(other) => Err(Failure::ProxyProtocol(other)),
            None => Ok(client),
        }
    }

    /// The proxy of the environment through which a URL is reached, as `host:port`.
    pub(super) fn proxy_of(&self, url: &Url) -> Option<String> {
        let proxy = self.proxy_to(url)?;
        Some(format!("{}:{}", proxy.host(), proxy.port()))
    }

    /// Gets a document, at most so many bytes.
    pub(super) fn get(&self, fetch: &Fetch, most: usize) -> Result<Answer, Unreachable> {
        let got = self.get_once(fetch, most);
        let is_odd = match &got {
            Ok(answer) => answer.status == 400,
            Err(why) => matches!(why, Unreachable::NotHttp(_) | Unreachable::BrokenOff { .. }),
        };
        if is_odd && fetch.url.scheme() == Scheme::Http && self.finds_tls(fetch, most) {
            return Err(Unreachable::TlsNeeded);
        }
        got
    }

    /// Whether a server that answers oddly to plain HTTP would have liked TLS.
    fn finds_tls(&self, fetch: &Fetch, most: usize) -> bool {
        let url = &fetch.url;
        let Ok(url) = Url::parse(&format!("https://{}:{}{}", url.host(), url.port(), url.path())) else {
            return false;
        };
        match self.get_once(&Fetch { url, ..fetch.clone() }, most) {
            Ok(_) => true,
            Err(why) => matches!(why, Unreachable::Certificate(_) | Unreachable::Handshake(_)),
        }
    }

    fn get_once(&self, fetch: &Fetch, most: usize) -> Result<Answer, Unreachable> {
        let journey = Journey::default();
        let (began, sent) = (Instant::now(), clock::now());
        let fail = |error| {
            let why = Unreachable::of(error, &journey, fetch);
            let proxy = self.proxy_of(&fetch.url).filter(|_| why.is_of_the_connection());
            proxy.map_or(why, |proxy| Unreachable::Proxy(Excerpt::address(&proxy)))
        };
        let answer = self.agent(fetch, &journey).get(fetch.url.to_string()).call().map_err(fail)?;
        let received = clock::now();
        journey.begin(Stage::Body);
        let (head, body) = answer.into_parts();
        let mut bytes = Vec::new();
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        let read = body.into_reader().take(limit).read_to_end(&mut bytes);
        read.map_err(|error| fail(ureq::Error::from(error)))?;
        let text = |name: HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok());
        Ok(Answer {
            status: head.status.as_u16(),
            content_type: text(CONTENT_TYPE).map(Excerpt::name),
            location: text(LOCATION).map(Excerpt::address),
            body: if bytes.len() > most { Body::TooLarge } else { Body::Whole(bytes) },
            took: began.elapsed(),
            clock: written(&head.headers).map(|written| Difference::of(written, sent, received)),
        })
    }

    fn agent(&self, fetch: &Fetch, journey: &Journey) -> Agent {
        let tls = TlsConfig::builder()
            .root_certs(self.anchors.clone())
            .unversioned_rustls_crypto_provider(Arc::clone(&self.cryptography))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .proxy(self.proxy_to(&fetch.url).cloned())
            .timeout_global(Some(fetch.timeout))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .accept(Fetch::ACCEPT)
            .user_agent(Fetch::USER_AGENT)
            .build();
        let connections = Connections { plain: DefaultConnector::new(), journey: journey.clone() };
        let (system, detours) = (DefaultResolver::default(), self.detours.clone());
        Agent::with_parts(config, connections, Names { system, detours, journey: journey.clone() })
    }

    /// A detour goes past the proxy, which would look the name up by itself.
    fn proxy_to(&self, url: &Url) -> Option<&Proxy> {
        let uri = url.to_string().parse().ok()?;
        let proxy = self.proxy.as_ref().filter(|proxy| !proxy.is_no_proxy(&uri));
        proxy.filter(|_| Detour::of(&self.detours, &uri).is_none())
    }
}

impl Answer {
    /// As the filter would see it.
    pub(super) fn response(&self) -> Response {
        match &self.body {
            Body::Whole(body) => Response::Answered { status: self.status, body: body.clone() },
            Body::TooLarge => Response::TooLarge,
        }
    }
}

/// The time that a server says it is. One that hands on what it keeps tells for how long it has had it (RFC 9111, 5.1).
fn written(headers: &HeaderMap) -> Option<UnixTime> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let date: SystemTime = httpdate::parse_http_date(text(DATE)?).ok()?;
    let age = text(AGE).and_then(|age| age.trim().parse().ok()).map_or(Duration::ZERO, Duration::from_secs);
    Some(clock::of_system(date) + age)
}
