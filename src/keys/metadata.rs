//! What a discovery document says (OpenID Connect Discovery 1.0, 3; RFC 8414, 2).

use super::provider::{PlainHttp, ProviderDocument, ProviderSettings};
use super::url::{Scheme, Url};
use crate::token::IssuerPattern;
use crate::token::json::{self, Json};

/// The part of a provider's metadata that validation needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderMetadata {
    /// `issuer`, as tokens are held against it.
    pub issuer: String,
    /// `jwks_uri`, followed verbatim.
    pub jwks_uri: Url,
}

/// Why a discovery document is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataError {
    /// It is no JSON object.
    NotJson,
    /// `issuer` is missing or empty.
    IssuerMissing,
    /// `issuer` is another one than configured.
    IssuerMismatch,
    /// `jwks_uri` is missing or no URL.
    JwksUri,
    /// `jwks_uri` is `http://` without `allow_http`.
    PlainHttp,
}

impl ProviderMetadata {
    /// Metadata that is known without a document.
    pub fn configured(settings: &ProviderSettings) -> Option<Self> {
        match &settings.document {
            ProviderDocument::Jwks { url, issuer } => {
                Some(Self { issuer: issuer.clone(), jwks_uri: url.clone() })
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
        let members = json::parse_object(document).map_err(|_| MetadataError::NotJson)?;
        let text = |name: &str| members.get(name).and_then(Json::as_str).filter(|text| !text.is_empty());
        let stated = text("issuer").ok_or(MetadataError::IssuerMissing)?;
        let issuer = match &settings.document {
            ProviderDocument::Discovery { issuer: Some(configured), .. } => {
                effective_issuer(stated, configured).ok_or(MetadataError::IssuerMismatch)?
            }
            _ => stated.to_owned(),
        };
        let jwks_uri = text("jwks_uri").and_then(|uri| Url::parse(uri).ok()).ok_or(MetadataError::JwksUri)?;
        if jwks_uri.scheme() == Scheme::Http && settings.plain_http == PlainHttp::Refused {
            return Err(MetadataError::PlainHttp);
        }
        Ok(Self { issuer, jwks_uri })
    }
}

/// The issuer that tokens must name, when one is configured: the document must say the same, or be
/// Entra's template of which the configured issuer is one tenant.
fn effective_issuer(stated: &str, configured: &str) -> Option<String> {
    let fits = stated == configured
        || IssuerPattern::parse(stated).overlaps(&IssuerPattern::Exact(configured.to_owned()));
    fits.then(|| configured.to_owned())
}
