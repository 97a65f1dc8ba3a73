//! The compact serialization: three segments (RFC 7515, section 7.1) or five (RFC 7516, section 7.1).
//!
//! ```text
//! CompactToken::parse(bytes)? ─► Signed(token)    token.header(), then token.payload()?, token.signature()?
//!                             └► Encrypted(token) token.decrypt(keys)? ─► bytes of a nested token
//! ```
//!
//! Parsing decodes the JOSE header only, so that a wrong `typ` or `alg` costs no more than that.

use std::fmt;
use std::rc::Rc;

use super::{Algorithm, JoseHeader, KnownHeaders, TokenError, base64url};

/// A token, taken apart but not believed.
#[derive(Clone, Debug)]
pub enum CompactToken<'a> {
    /// Three segments: JWS.
    Signed(SignedToken<'a>),
    /// Five segments: JWE.
    Encrypted(EncryptedToken<'a>),
}

impl<'a> CompactToken<'a> {
    /// Takes a token apart, in time linear in its length, and reads its JOSE header.
    ///
    /// # Errors
    ///
    /// [`TokenError::Malformed`] for bytes that are not UTF-8, another number of segments, a bad header
    /// ([`JoseHeader::parse`]), or an `alg` of `none` with a signature (RFC 7518, section 3.6).
    pub fn parse(token: &'a [u8]) -> Result<Self, TokenError> {
        Self::parse_knowing(token, &KnownHeaders::default())
    }

    /// The same, without reading a header again that is known.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`].
    pub(crate) fn parse_knowing(token: &'a [u8], known: &KnownHeaders) -> Result<Self, TokenError> {
        let text = std::str::from_utf8(token).map_err(|_| TokenError::Malformed)?;
        // The sixth segment, whatever it holds, is as far as anyone looks.
        let mut segments = text.splitn(6, '.');
        let parts = std::array::from_fn::<_, 6, _>(|_| segments.next());
        match parts {
            [Some(header), Some(payload), Some(signature), None, ..] => {
                let signing_input = text.get(..header.len() + 1 + payload.len());
                let signing_input = signing_input.ok_or(TokenError::Malformed)?;
                let header_segment = header;
                let header = known.read(header_segment)?;
                if header.algorithm() == Some(Algorithm::None) && !signature.is_empty() {
                    return Err(TokenError::Malformed);
                }
                Ok(Self::Signed(SignedToken { header, header_segment, signing_input, payload, signature }))
            }
            [Some(header), Some(encrypted_key), Some(vector), Some(ciphertext), Some(tag), None] => {
                Ok(Self::Encrypted(EncryptedToken {
                    header: known.read(header)?,
                    header_segment: header,
                    encrypted_key,
                    initialization_vector: vector,
                    ciphertext,
                    authentication_tag: tag,
                }))
            }
            _ => Err(TokenError::Malformed),
        }
    }
}

/// A token of three segments whose signature nobody has verified.
#[derive(Clone)]
pub struct SignedToken<'a> {
    header: Rc<JoseHeader>,
    header_segment: &'a str,
    signing_input: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> SignedToken<'a> {
    /// The JOSE header.
    pub fn header(&self) -> &Rc<JoseHeader> {
        &self.header
    }

    /// The first segment, as it was sent.
    pub(super) fn header_segment(&self) -> &'a str {
        self.header_segment
    }

    /// Keeps the JOSE header for the tokens to come: for one whose signature holds.
    pub(crate) fn keep_header(&self, known: &KnownHeaders) {
        known.keep(self.header_segment, &self.header);
    }

    /// What the signature is over: the first two segments and the dot between them.
    pub fn signing_input(&self) -> &'a [u8] {
        self.signing_input.as_bytes()
    }

    /// Decodes the payload.
    ///
    /// # Errors
    ///
    /// [`TokenError::Malformed`]: not base64url.
    pub fn payload(&self) -> Result<Vec<u8>, TokenError> {
        base64url::decode(self.payload).map_err(|_| TokenError::Malformed)
    }

    /// Decodes the signature. A token without one has the empty signature, which no engine takes.
    ///
    /// # Errors
    ///
    /// [`TokenError::Malformed`]: not base64url.
    pub fn signature(&self) -> Result<Vec<u8>, TokenError> {
        base64url::decode(self.signature).map_err(|_| TokenError::Malformed)
    }
}

impl fmt::Debug for SignedToken<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SignedToken").field("header", &self.header).finish_non_exhaustive()
    }
}

/// A token of five segments that nobody has decrypted; see `jwe.rs`.
#[derive(Clone)]
pub struct EncryptedToken<'a> {
    pub(super) header: Rc<JoseHeader>,
    /// The JOSE header as it was sent: the additional authenticated data.
    pub(super) header_segment: &'a str,
    pub(super) encrypted_key: &'a str,
    pub(super) initialization_vector: &'a str,
    pub(super) ciphertext: &'a str,
    pub(super) authentication_tag: &'a str,
}

impl EncryptedToken<'_> {
    /// The JOSE header; its `alg` names a key management algorithm, which [`JoseHeader::algorithm`] does not know.
    pub fn header(&self) -> &Rc<JoseHeader> {
        &self.header
    }
}

impl fmt::Debug for EncryptedToken<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EncryptedToken")
    }
}

#[cfg(test)]
mod tests {
    use super::super::Claims;
    use super::*;

    const HEADER: &str = "eyJhbGciOiJSUzI1NiJ9"; // {"alg":"RS256"}
    const NONE: &str = "eyJhbGciOiJub25lIn0"; // {"alg":"none"}

    fn parse(text: &str) -> Result<CompactToken<'_>, TokenError> {
        CompactToken::parse(text.as_bytes())
    }

    #[track_caller]
    fn signed(text: &str) -> SignedToken<'_> {
        match parse(text).unwrap() {
            CompactToken::Signed(token) => token,
            CompactToken::Encrypted(_) => panic!("five segments"),
        }
    }

    #[test]
    fn three_segments_are_a_signed_token() {
        let text = format!("{HEADER}.eyJzdWIiOiJzIn0.AQID");
        let token = signed(&text);
        assert_eq!(token.header().algorithm(), Some(Algorithm::Rs256));
        assert_eq!(token.signing_input(), format!("{HEADER}.eyJzdWIiOiJzIn0").as_bytes());
        assert_eq!(token.payload().unwrap(), br#"{"sub":"s"}"#);
        assert_eq!(Claims::parse(&token.payload().unwrap()).unwrap().subject(), Some("s"));
        assert_eq!(token.signature().unwrap(), [1, 2, 3]);
    }

    #[test]
    fn five_segments_are_an_encrypted_token() {
        assert!(matches!(parse(&format!("{HEADER}.a.b.c.d")), Ok(CompactToken::Encrypted(_))));
        assert!(matches!(parse(&format!("{HEADER}....")), Ok(CompactToken::Encrypted(_))));
    }

    #[test]
    fn any_other_number_of_segments_is_malformed() {
        for text in [
            String::new(),
            ".".to_owned(),
            "..".to_owned(),
            "...".to_owned(),
            HEADER.to_owned(),
            format!("{HEADER}.e30"),
            format!("{HEADER}.e30.AQ."),
            format!(".{HEADER}.e30.AQ"),
            format!("{HEADER}.a.b.c.d.e"),
            format!("{HEADER}{}", ".".repeat(5000)),
        ] {
            assert_eq!(parse(&text).err(), Some(TokenError::Malformed), "{text}");
        }
        assert_eq!(CompactToken::parse(b"\xff.\xfe.\xfd").err(), Some(TokenError::Malformed));
        assert_eq!(parse("{\"payload\":\"a.b\",\"signatures\":[]}").err(), Some(TokenError::Malformed));
        assert_eq!(parse(&format!("{HEADER}\u{ff0e}e30\u{ff0e}AQ")).err(), Some(TokenError::Malformed));
    }

    #[test]
    fn a_payload_is_not_looked_at_before_it_is_asked_for() {
        let text = format!("{HEADER}.!!!.???");
        let token = signed(&text);
        assert_eq!(token.payload(), Err(TokenError::Malformed));
        assert_eq!(token.signature(), Err(TokenError::Malformed));
    }

    #[test]
    fn an_unsigned_token_has_no_signature() {
        assert_eq!(signed(&format!("{NONE}.e30.")).signature(), Ok(Vec::new()));
        assert_eq!(parse(&format!("{NONE}.e30.AQ")).err(), Some(TokenError::Malformed));
    }

    #[test]
    fn nothing_of_a_token_is_printed() {
        let text = format!("{HEADER}.c2VjcmV0.c2VjcmV0");
        assert!(!format!("{:?}", parse(&text)).contains("c2Vj"));
    }
}
