//! Header names that the filter reads or writes.

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
    pub(super) fn cookie() -> Self {
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
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `tchar` of RFC 9110, 5.6.2.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
