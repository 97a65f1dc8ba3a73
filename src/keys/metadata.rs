//! What a discovery document says (OpenID Connect Discovery 1.0, 3; RFC 8414, 2).

use std::fmt;

use super::provider::{PlainHttp, ProviderDocument, ProviderSettings};
use super::url::{Scheme, Url};
use crate::excerpt::Excerpt;
use crate::token::{IssuerPattern, Members, NotAnObject};

/// The part of a provider's metadata that validation needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderMetadata {
    /// `issuer`, as tokens are held against it.
    pub issuer: String,
    /// `issuer`, as the document states it: perhaps a template, of which the configured issuer is one tenant.
    pub stated: String,
    /// `jwks_uri`, followed verbatim.
    pub jwks_uri: Url,
}

/// Why a discovery document is of no use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetadataError {
    /// Not a JSON object.
    NotJson(NotAnObject),
    /// A member that is read, given twice.
    Twice(&'static str),
    /// `issuer` is missing or empty.
    IssuerMissing,
    /// `issuer` is another one than configured.
    IssuerMismatch {
        /// What the document says.
        stated: Excerpt,
        /// What is configured.
        configured: Excerpt,
    },
    /// `jwks_uri` is missing or empty.
    JwksUriMissing,
    /// `jwks_uri` is no URL.
    JwksUri(Excerpt),
    /// `jwks_uri` is `http://` without `allow_http`.
    PlainHttp(Excerpt),
}

impl ProviderMetadata {
    /// Metadata that is known without a document.
    pub fn configured(settings: &ProviderSettings) -> Option<Self> {
        match &settings.document {
            ProviderDocument::Jwks { url, issuer } => {
                Some(Self { issuer: issuer.clone(), stated: issuer.clone(), jwks_uri: url.clone() })
            }
            ProviderDocument::Discovery { .. } => None,
        }
    }

    /// Reads a discovery document.
    ///
    /// # Errors
    ///
    /// [`MetadataError`].
    pub fn parse(document: &[u8], settings: &ProviderSettings) -> Result<Self, MetadataError> {
        let members = Members::of(document, &["issuer", "jwks_uri"]).map_err(MetadataError::NotJson)?;
        let text = |name: &'static str| {
            let text = members.text(name).map_err(|_| MetadataError::Twice(name))?;
            Ok(text.filter(|text| !text.is_empty()))
        };
        let stated = text("issuer")?.ok_or(MetadataError::IssuerMissing)?;
        let uri = text("jwks_uri")?.ok_or(MetadataError::JwksUriMissing)?;
        let jwks_uri = Url::parse(&uri).map_err(|_| MetadataError::JwksUri(Excerpt::address(&uri)))?;
        Self::judged(&stated, jwks_uri, settings)
    }

    /// What a document states, held against a provider's settings.
    ///
    /// # Errors
    ///
    /// [`MetadataError`].
    pub(super) fn judged(
        stated: &str,
        jwks_uri: Url,
        settings: &ProviderSettings,
    ) -> Result<Self, MetadataError> {
        let issuer = match &settings.document {
            ProviderDocument::Discovery { issuer: Some(configured), .. } => {
                effective_issuer(stated, configured).ok_or_else(|| MetadataError::IssuerMismatch {
                    stated: Excerpt::name(stated),
                    configured: Excerpt::name(configured),
                })?
            }
            ProviderDocument::Discovery { issuer: None, .. } => stated.to_owned(),
            ProviderDocument::Jwks { issuer, .. } => issuer.clone(),
        };
        if jwks_uri.scheme() == Scheme::Http && settings.plain_http == PlainHttp::Refused {
            return Err(MetadataError::PlainHttp(Excerpt::address(&jwks_uri.to_string())));
        }
        Ok(Self { issuer, stated: stated.to_owned(), jwks_uri })
    }
}

/// The issuer that tokens must name, when one is configured: the document must say the same, or be
/// Entra's template of which the configured issuer is one tenant.
fn effective_issuer(stated: &str, configured: &str) -> Option<String> {
    let fits = stated == configured
        || IssuerPattern::parse(stated).overlaps(&IssuerPattern::Exact(configured.to_owned()));
    fits.then(|| configured.to_owned())
}

impl fmt::Display for MetadataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the discovery document ")?;
        match self {
            Self::NotJson(found) => write!(f, "is unusable: {found}"),
            Self::Twice(name) => write!(f, "gives {name} twice"),
            Self::IssuerMissing => f.write_str("has no issuer"),
            Self::IssuerMismatch { stated, configured } => {
                write!(f, "names another issuer than configured: expected {configured:?}, found {stated:?}")
            }
            Self::JwksUriMissing => f.write_str("has no jwks_uri"),
            Self::JwksUri(uri) => write!(f, "has no usable jwks_uri: expected a URL, found {uri:?}"),
            Self::PlainHttp(uri) => {
                write!(f, "has an http:// jwks_uri: expected https:// (or allow_http: true), found {uri:?}")
            }
        }
    }
}
