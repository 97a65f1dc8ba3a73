//! `resource`: the metadata of a protected resource, served by the filter itself (RFC 9728).

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::answers::Answer;
use super::header_map::HeaderMap;
use super::request::Request;
use crate::keys::{Keyring, Owners, ProviderId, Scheme, Url};

/// A protected resource, and what its document says.
#[derive(Debug)]
pub struct ProtectedResource {
    /// Where the document is.
    pub address: MetadataAddress,
    /// Its members, but for `authorization_servers` where those follow from the providers.
    pub document: Map<String, Value>,
}

/// Where a metadata document is served (RFC 9728, 3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataAddress {
    scheme: Scheme,
    /// In lower case, without a default port.
    authority: String,
    /// With the identifier's query, where that has one.
    target: String,
}

impl MetadataAddress {
    /// The address for an identifier.
    pub fn new(identifier: &Url) -> Self {
        let scheme = identifier.scheme();
        let path = if identifier.path() == "/" { "" } else { identifier.path() };
        // The slash of an empty path is dropped before its query as well.
        let path =
            path.strip_prefix("/?").map_or(Cow::Borrowed(path), |query| Cow::Owned(format!("?{query}")));
        let authority = scheme.without_default_port(identifier.authority()).to_owned();
        Self { scheme, authority, target: format!("{WELL_KNOWN}{path}") }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("{}://{}{}", self.scheme.as_str(), self.authority, self.target)
    }

    /// Whether some request asks for both.
    pub fn meets(&self, other: &Self) -> bool {
        let path = |address: &Self| address.target.split('?').next().unwrap_or_default().to_owned();
        self.authority == other.authority && path(self) == path(other)
    }

    /// Whether a request asks for what is here.
    fn is_of(&self, request: &Request) -> bool {
        let asked = if self.target.contains('?') { request.target() } else { request.path() };
        let authority = std::str::from_utf8(request.authority()).unwrap_or_default();
        asked == self.target.as_bytes()
            && self.scheme.without_default_port(authority).eq_ignore_ascii_case(&self.authority)
    }
}

/// What of a document is known now.
pub(super) enum Metadata {
    /// All of it.
    Whole(Answer),
    /// The issuers of these providers are not known yet.
    Partial(Answer, Vec<ProviderId>),
}

impl ProtectedResource {
    /// Whether a request asks for the document, or asks whether it may.
    pub(super) fn is_asked_for(&self, request: &Request) -> bool {
        // The rules decide about every other method.
        request.target().starts_with(WELL_KNOWN.as_bytes())
            && [&b"GET"[..], b"HEAD", b"OPTIONS"].contains(&request.method())
            && self.address.is_of(request)
    }

    /// The answer to a request for it.
    pub(super) fn metadata(&self, owners: &Owners, keyring: &Keyring, method: &[u8]) -> Metadata {
        let mut document = self.document.clone();
        let mut unknown = Vec::new();
        if !document.contains_key(AUTHORIZATION_SERVERS) {
            let servers = owners.authorization_servers(keyring);
            unknown = servers.unknown;
            if !servers.known.is_empty() {
                document.insert(AUTHORIZATION_SERVERS.to_owned(), servers.known.into());
            }
        }
        let caching = if unknown.is_empty() { "public, max-age=3600" } else { "no-store" };
        let mut headers = vec![
            (Cow::Borrowed("content-type"), Cow::Borrowed("application/json")),
            (Cow::Borrowed("cache-control"), Cow::Borrowed(caching)),
            (Cow::Borrowed("access-control-allow-origin"), Cow::Borrowed("*")),
        ];
        if method == b"OPTIONS" {
            headers.extend([
                (Cow::Borrowed("access-control-allow-methods"), Cow::Borrowed("GET, HEAD, OPTIONS")),
                (Cow::Borrowed("access-control-allow-headers"), Cow::Borrowed("*")),
                (Cow::Borrowed("access-control-max-age"), Cow::Borrowed("3600")),
            ]);
        }
        let body =
            if method == b"GET" { Value::Object(document).to_string().into_bytes() } else { Vec::new() };
        let answer = Answer { status: 200, headers: HeaderMap::new(headers), body };
        if unknown.is_empty() { Metadata::Whole(answer) } else { Metadata::Partial(answer, unknown) }
    }
}

/// The member that follows from the providers where nobody wrote it down.
pub(crate) const AUTHORIZATION_SERVERS: &str = "authorization_servers";

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_part_goes_between_host_and_path() {
        for (identifier, expected) in [
            ("https://api.example/", "https://api.example/.well-known/oauth-protected-resource"),
            ("https://API.example:443/a", "https://api.example/.well-known/oauth-protected-resource/a"),
            (
                "https://api.example:8443/a/",
                "https://api.example:8443/.well-known/oauth-protected-resource/a/",
            ),
            ("https://api.example/a?k=v", "https://api.example/.well-known/oauth-protected-resource/a?k=v"),
            ("https://api.example/?k=v", "https://api.example/.well-known/oauth-protected-resource?k=v"),
            ("http://localhost:80/", "http://localhost/.well-known/oauth-protected-resource"),
        ] {
            let identifier = Url::parse(identifier).unwrap();
            assert_eq!(MetadataAddress::new(&identifier).url(), expected);
        }
    }
}
