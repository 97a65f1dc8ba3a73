//! Header names: those that the filter reads or writes, and those that a client sent.

use std::fmt;

/// A header field name in lower case (RFC 9110, 5.1): a token, never a pseudo-header.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HeaderName(String);

/// The text is no header name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidHeaderName;

impl HeaderName {
    /// `authorization`.
    pub fn authorization() -> Self {
        Self("authorization".to_owned())
    }

    /// `cookie`.
    pub(crate) fn cookie() -> Self {
        Self("cookie".to_owned())
    }

    /// Parses a name, folding it to lower case as HTTP/2 and every host do.
    ///
    /// # Errors
    ///
    /// [`InvalidHeaderName`] when the text is empty, longer than 256 bytes or no `token` of RFC 9110.
    pub fn parse(text: &str) -> Result<Self, InvalidHeaderName> {
        let fits = !text.is_empty() && text.len() <= 256 && text.bytes().all(is_token_byte);
        if fits { Ok(Self(text.to_ascii_lowercase())) } else { Err(InvalidHeaderName) }
    }

    /// The name in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name with `-` for every byte that is neither a letter nor a digit: two names that are equal so are one to a
    /// server that makes variables of headers (RFC 3875, 4.1.18), as CGI, WSGI, PHP and others do.
    #[must_use]
    pub(crate) fn folded(&self) -> Self {
        Self(self.0.bytes().map(|byte| char::from(folded(byte))).collect())
    }

    /// Whether a server could read a name, as it was sent, as this one. A pseudo-header is never a header.
    pub(super) fn could_be(&self, sent: &[u8]) -> bool {
        let ours = self.0.as_bytes();
        ours.len() == sent.len()
            && sent.first() != Some(&b':')
            && ours.iter().zip(sent).all(|(our, their)| folded(*our) == folded(*their))
    }
}

/// A header's name as it stands in a request: any bytes. Hosts differ in what they fold, so that removing takes this.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SentName(Vec<u8>);

impl SentName {
    pub(super) fn new(name: &[u8]) -> Self {
        Self(name.to_vec())
    }

    /// The name, byte for byte.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<&HeaderName> for SentName {
    fn from(name: &HeaderName) -> Self {
        Self(name.0.clone().into_bytes())
    }
}

impl fmt::Display for SentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

impl fmt::Debug for SentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SentName({self})")
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A byte of a name as the most generous server reads it.
fn folded(byte: u8) -> u8 {
    if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'-' }
}

/// `tchar` of RFC 9110, 5.6.2.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
