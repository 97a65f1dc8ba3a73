//! The JOSE header of a signed or encrypted token (RFC 7515, section 4; RFC 7516, section 4).
//!
//! Members by which a token would bring its own key (`jku`, `jwk`, `x5u`, `x5c`) are not read at all. `x5t` only says which
//! of the provider's keys to try first.

use std::fmt;

use super::json::{self, Json, JsonObject};
use super::{Algorithm, TokenError, base64url};

/// A key's name (`kid`): opaque and compared byte by byte. The empty string is a name, too.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(Box<str>);

impl KeyId {
    /// A key id of that text.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text; whoever prints it escapes and shortens it, because a stranger may have written it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyId({} bytes)", self.0.len())
    }
}

/// What a JOSE header says, as far as anyone may ask before the signature is verified.
#[derive(Clone)]
pub struct JoseHeader {
    algorithm_name: String,
    algorithm: Option<Algorithm>,
    key_id: Option<KeyId>,
    token_type: Option<String>,
    content_type: Option<String>,
    encryption_name: Option<String>,
    certificate: Option<String>,
    has_compression: bool,
    has_nonce: bool,
}

impl JoseHeader {
    /// Decodes and reads a header segment.
    ///
    /// # Errors
    ///
    /// [`TokenError::Malformed`] for what is not base64url of a strict JSON object; an `alg` that is missing; an
    /// `alg`, `kid`, `typ`, `cty` or `enc` that is not a string; any `crit`, because no extension is understood
    /// (RFC 7515, section 4.1.11); a `b64` that is not `true` (RFC 7797, section 7).
    pub fn parse(segment: &str) -> Result<Self, TokenError> {
        let text = base64url::decode(segment).map_err(|_| TokenError::Malformed)?;
        let members = json::parse_object(&text).map_err(|_| TokenError::Malformed)?;
        if members.contains_key("crit") || members.get("b64").is_some_and(|value| *value != Json::Bool(true))
        {
            return Err(TokenError::Malformed);
        }
        let algorithm_name = string(&members, "alg")?.ok_or(TokenError::Malformed)?;
        Ok(Self {
            algorithm: Algorithm::from_name(&algorithm_name),
            algorithm_name,
            key_id: string(&members, "kid")?.map(KeyId::new),
            token_type: string(&members, "typ")?,
            content_type: string(&members, "cty")?,
            encryption_name: string(&members, "enc")?,
            certificate: members.get("x5t").and_then(Json::as_str).map(ToOwned::to_owned),
            has_compression: members.contains_key("zip"),
            has_nonce: members.contains_key("nonce"),
        })
    }

    /// The signature algorithm; `None` for a name that the filter does not know.
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm
    }

    /// The text of `alg`, written by a stranger.
    pub fn algorithm_name(&self) -> &str {
        &self.algorithm_name
    }

    /// `kid`.
    pub fn key_id(&self) -> Option<&KeyId> {
        self.key_id.as_ref()
    }

    /// `typ`, as it was written.
    pub fn token_type(&self) -> Option<&str> {
        self.token_type.as_deref()
    }

    /// `cty`, as it was written: `JWT` in an encrypted token that holds a signed one.
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// `x5t` (RFC 7515, 4.1.7), where it is a text.
    pub(crate) fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// Whether there is a `nonce`: such tokens of Entra are for Microsoft Graph and cannot be verified.
    pub(crate) fn has_nonce(&self) -> bool {
        self.has_nonce
    }

    /// The text of `enc`, of an encrypted token.
    pub(super) fn encryption_name(&self) -> Option<&str> {
        self.encryption_name.as_deref()
    }

    /// Whether there is a `zip`, of any value.
    pub(super) fn has_compression(&self) -> bool {
        self.has_compression
    }
}

impl fmt::Debug for JoseHeader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("JoseHeader").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// A member that must be a string where it is present.
fn string(members: &JsonObject<'_>, name: &str) -> Result<Option<String>, TokenError> {
    match members.get(name) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.as_ref().to_owned())),
        Some(_) => Err(TokenError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<JoseHeader, TokenError> {
        JoseHeader::parse(&base64url::encode(text))
    }

    #[test]
    fn the_members_of_an_entra_header_are_read() {
        let header = parse(r#"{"typ":"JWT","alg":"RS256","x5t":"k","kid":"k","nonce":"n"}"#).unwrap();
        assert_eq!(header.algorithm(), Some(Algorithm::Rs256));
        assert_eq!(header.key_id().unwrap().as_str(), "k");
        assert_eq!(header.token_type(), Some("JWT"));
        assert!(header.has_nonce());
    }

    #[test]
    fn an_unknown_algorithm_is_not_a_syntax_error() {
        for name in ["ES256K", "rs256", "RS256 ", "", "NONE", "dir"] {
            let header = parse(&format!(r#"{{"alg":"{name}"}}"#)).unwrap();
            assert_eq!(header.algorithm(), None);
            assert_eq!(header.algorithm_name(), name);
        }
        assert_eq!(parse(r#"{"alg":"none"}"#).unwrap().algorithm(), Some(Algorithm::None));
    }

    #[test]
    fn an_empty_key_id_is_a_key_id() {
        assert_eq!(parse(r#"{"alg":"RS256","kid":""}"#).unwrap().key_id(), Some(&KeyId::new("")));
        assert_eq!(parse(r#"{"alg":"RS256"}"#).unwrap().key_id(), None);
    }

    #[test]
    fn malformed_headers_are_refused() {
        for text in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"typ":"JWT"}"#,
            r#"{"ALG":"RS256"}"#,
            r#"{"alg":null}"#,
            r#"{"alg":256}"#,
            r#"{"alg":["RS256"]}"#,
            r#"{"alg":{"RS256":1}}"#,
            r#"{"alg":true}"#,
            r#"{"alg":"RS256","kid":1}"#,
            r#"{"alg":"RS256","kid":null}"#,
            r#"{"alg":"RS256","kid":["a"]}"#,
            r#"{"alg":"RS256","typ":1}"#,
            r#"{"alg":"RS256","typ":null}"#,
            r#"{"alg":"RS256","cty":{}}"#,
            r#"{"alg":"RS256","crit":["exp"]}"#,
            r#"{"alg":"RS256","crit":[]}"#,
            r#"{"alg":"RS256","crit":null}"#,
            r#"{"alg":"RS256","cri\u0074":["b64"],"b64":true}"#,
            r#"{"alg":"RS256","b64":false}"#,
            r#"{"alg":"RS256","b64":"true"}"#,
            r#"{"alg":"none","alg":"RS256"}"#,
            r#"{"alg":"RS256"} {}"#,
        ] {
            assert_eq!(parse(text).err(), Some(TokenError::Malformed), "{text}");
        }
        assert!(parse(r#"{"alg":"RS256","b64":true}"#).is_ok());
    }

    #[test]
    fn keys_that_a_token_brings_are_not_even_looked_at() {
        assert!(parse(r#"{"alg":"RS256","jwk":1,"jku":[],"x5c":"x","x5u":null,"x5t":{}}"#).is_ok());
    }

    #[test]
    fn nothing_of_a_header_is_printed() {
        let header = parse(r#"{"alg":"RS256","kid":"secret-kid","typ":"secret-typ"}"#).unwrap();
        let printed = format!("{header:?} {:?}", header.key_id());
        assert!(!printed.contains("secret"), "{printed}");
    }
}
