//! Providers as configured, and what their discovery document says.

use std::rc::Rc;
use std::time::Duration;

use super::owners::{Objection, Owners};
use super::url::Url;
use crate::token::{IssuerPattern, entra};

/// One issuer with its endpoints and clusters, as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderSettings {
    /// Short name for metrics and the log: `[A-Za-z0-9_-]+`, distinct within a configuration.
    pub name: String,
    /// Where issuer and keys come from.
    pub document: ProviderDocument,
    /// `cluster`; by default the URL's host name.
    pub cluster: String,
    /// `jwks_cluster`, where configured.
    pub jwks_cluster: Option<String>,
    /// Time for one callout.
    pub timeout: Duration,
    /// `allow_http`.
    pub plain_http: PlainHttp,
    /// The owners of every policy that names this provider: what its document may not claim.
    pub policies: Vec<Rc<Owners>>,
}

/// Where issuer and keys come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderDocument {
    /// A discovery document (OpenID Connect Discovery 1.0, 3).
    Discovery {
        /// Its URL.
        url: Url,
        /// `issuer`: what the document must say, where configured.
        issuer: Option<String>,
    },
    /// A key set without discovery.
    Jwks {
        /// Its URL.
        url: Url,
        /// The issuer it belongs to.
        issuer: String,
    },
}

impl ProviderSettings {
    /// The issuer, where it is configured.
    pub fn pinned(&self) -> Option<&str> {
        match &self.document {
            ProviderDocument::Discovery { issuer, .. } => issuer.as_deref(),
            ProviderDocument::Jwks { issuer, .. } => Some(issuer),
        }
    }

    /// The issuer that its document will most likely name: what is configured, what Microsoft's say, or what the URL is
    /// made of (OpenID Connect Discovery 1.0, 4; RFC 8414, 3).
    pub fn expected_issuer(&self) -> Option<String> {
        let url = self.document.url();
        let of_entra = || entra::issuer_at(url.bare_host(), url.path()).map(|issuer| issuer.text());
        let of_url = || {
            let (issuer, _) = url.path().split_once("/.well-known/")?;
            Some(format!("{}://{}{issuer}", url.scheme().as_str(), url.authority()))
        };
        self.pinned().map(str::to_owned).or_else(of_entra).or_else(of_url)
    }

    /// Why this provider's document may not name an issuer: because no policy believes it.
    pub(super) fn objection(&self, stated: &str) -> Option<Objection> {
        let stated = IssuerPattern::parse(stated);
        let mut objections = self.policies.iter().map(|owners| owners.objection(&self.name, &stated));
        let first = objections.next()??;
        objections.all(|objection| objection.is_some()).then_some(first)
    }
}

impl ProviderDocument {
    /// A word for each form.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Discovery { .. } => "discovery",
            Self::Jwks { .. } => "jwks",
        }
    }

    /// Where it is.
    pub fn url(&self) -> &Url {
        let (Self::Discovery { url, .. } | Self::Jwks { url, .. }) = self;
        url
    }
}

/// `allow_http`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainHttp {
    /// `http://` is accepted, in `jwks_uri` as well.
    Allowed,
    /// Only `https://`.
    Refused,
}
