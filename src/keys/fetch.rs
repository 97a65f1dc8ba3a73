//! One fetch: what to ask for, and what may come back.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::declined::Declined;
use super::metadata::MetadataError;
use super::owners::Objection;
use super::provider::{ProviderDocument, ProviderSettings};
use super::url::Url;
use crate::excerpt::Excerpt;
use crate::token::{KeySetError, NotAnObject};

/// A callout to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// Which document.
    pub step: FetchStep,
    /// The proxy's cluster.
    pub cluster: String,
    /// What to get.
    pub url: Url,
    /// Time for the answer to be there in full.
    pub timeout: Duration,
}

/// Which document a callout is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchStep {
    /// The discovery document.
    Metadata,
    /// The JWKS.
    Keys,
}

/// What became of a callout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// An answer, be it the provider's or the proxy's own 503 or 504.
    Answered {
        /// `:status`.
        status: u16,
        /// The body, whole.
        body: Vec<u8>,
    },
    /// The body is larger than `limits.document_bytes`.
    TooLarge,
    /// No answer: the connection broke, or the host gave nothing.
    Lost,
    /// The host knows no such cluster.
    NoCluster,
    /// The host could not send it: no healthy host, or a circuit breaker.
    NotSent,
}

/// Why a fetch brought nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchError {
    /// See [`Response::NoCluster`].
    NoCluster,
    /// See [`Response::NotSent`].
    NotSent,
    /// See [`Response::Lost`].
    Lost,
    /// See [`Response::TooLarge`].
    TooLarge,
    /// Any status but 200.
    Declined(Declined),
    /// The discovery document is of no use.
    Metadata(MetadataError),
    /// The discovery document names another issuer than the one whose keys serve.
    IssuerChanged {
        /// What the document says.
        stated: Excerpt,
        /// Whose keys serve.
        serving: Excerpt,
    },
    /// The discovery document names an issuer that is somebody else's.
    Claimed(Box<Objection>),
    /// The discovery document's `jwks_uri` is on another host, of this name without a dot, and no `jwks_cluster` says
    /// which cluster serves it.
    BareHost(Excerpt),
    /// The JWKS is of no use.
    Keys(KeySetError),
    /// Every key of the JWKS belongs to another issuer.
    ForeignKeys {
        /// What the first of them says.
        stated: Excerpt,
        /// The provider's issuer.
        expected: Excerpt,
    },
}

impl Fetch {
    /// `accept`: a key endpoint may know its document as a key set only (RFC 7517, section 8.5.2), and some insist on being
    /// asked for what they have. What comes is judged by what is in it.
    pub const ACCEPT: &'static str = "application/json, application/jwk-set+json;q=0.9, */*;q=0.1";

    /// `user-agent`.
    pub const USER_AGENT: &'static str = concat!("validate-jwt/", env!("CARGO_PKG_VERSION"));

    /// The first callout for a provider whose metadata are not known.
    pub(super) fn metadata(settings: &ProviderSettings) -> Option<Self> {
        match &settings.document {
            ProviderDocument::Discovery { url, .. } => Some(Self {
                step: FetchStep::Metadata,
                cluster: settings.cluster.clone(),
                url: url.clone(),
                timeout: settings.timeout,
            }),
            ProviderDocument::Jwks { .. } => None,
        }
    }

    /// The callout for the keys: to `jwks_cluster` if there is one; else to the provider's cluster, unless
    /// the document sends us to another host, which then names its own cluster.
    ///
    /// A document may not choose among the proxy's clusters: a name without a dot is none of the internet's but could
    /// well be that of a cluster.
    ///
    /// # Errors
    ///
    /// [`FetchError::BareHost`].
    pub(super) fn keys(settings: &ProviderSettings, jwks_uri: &Url) -> Result<Self, FetchError> {
        let cluster = match &settings.jwks_cluster {
            Some(cluster) => cluster.clone(),
            None if jwks_uri.host() == settings.document.url().host() => settings.cluster.clone(),
            None if is_public(jwks_uri.host()) => jwks_uri.host().to_owned(),
            None => return Err(FetchError::BareHost(Excerpt::name(jwks_uri.host()))),
        };
        Ok(Self { step: FetchStep::Keys, cluster, url: jwks_uri.clone(), timeout: settings.timeout })
    }
}

impl Response {
    /// The document, where the answer is one: status 200 and nothing else (RFC 9110, 15.3.1), since a
    /// proxy answers a timeout or a refused connection itself.
    ///
    /// # Errors
    ///
    /// [`FetchError`] for everything else.
    pub(super) fn document(&self) -> Result<&[u8], FetchError> {
        match self {
            Self::Answered { status: 200, body } => Ok(body),
            Self::Answered { status, body } => Err(FetchError::Declined(Declined::new(*status, body))),
            Self::TooLarge => Err(FetchError::TooLarge),
            Self::Lost => Err(FetchError::Lost),
            Self::NoCluster => Err(FetchError::NoCluster),
            Self::NotSent => Err(FetchError::NotSent),
        }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCluster => f.write_str(
                "the proxy has no such cluster, or has not made it ready yet: `cluster` (for keys on another host \
                 `jwks_cluster`) must name a cluster of the proxy's own configuration",
            ),
            Self::NotSent => f.write_str(
                "the proxy could not send the request: no healthy host, or a circuit breaker. The cluster's counters \
                 say why: membership_total 0, DNS knows no such name; membership_healthy 0, health checks fail; \
                 upstream_rq_pending_overflow, the circuit breaker",
            ),
            Self::Lost => f.write_str(
                "no answer came: the connection broke, at the provider's or by a firewall in between",
            ),
            Self::TooLarge => f.write_str("the answer is larger than limits.document_bytes"),
            Self::Declined(declined) => declined.fmt(f),
            Self::Metadata(error @ MetadataError::NotJson(NotAnObject::Markup(_))) => {
                write!(f, "{error}{PAGE}")
            }
            Self::Metadata(error) => error.fmt(f),
            Self::IssuerChanged { stated, serving } => write!(
                f,
                "the discovery document names another issuer than the one whose keys serve: expected {serving:?}, \
                 found {stated:?}"
            ),
            Self::Claimed(objection) => objection.fmt(f),
            Self::BareHost(host) => write!(
                f,
                "the discovery document's jwks_uri is on the host {host:?}, which has neither a dot nor the form of an \
                 address: set `jwks_cluster` to say which of the proxy's clusters serves it"
            ),
            Self::ForeignKeys { stated, expected } => write!(
                f,
                "every key of the JWKS belongs to another issuer: expected {expected:?}, found {stated:?}"
            ),
            Self::Keys(error @ KeySetError::NotAnObject(NotAnObject::Markup(_))) => {
                write!(f, "the JWKS is unusable: {error}{PAGE}")
            }
            Self::Keys(error @ KeySetError::NotAnObject(_)) => write!(f, "the JWKS is unusable: {error}"),
            Self::Keys(error) => write!(f, "the JWKS has {error}"),
        }
    }
}

/// Whether a host's name holds a dot between labels, or is an address.
fn is_public(host: &str) -> bool {
    let address = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => host.parse::<Ipv4Addr>().is_ok(),
    };
    address || host.split('.').filter(|label| !label.is_empty()).count() > 1
}

/// What is behind a page where a document belongs.
const PAGE: &str = ": a page for people, by a proxy in between or at a wrong address";
