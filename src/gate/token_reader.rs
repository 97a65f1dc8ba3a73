//! Reading the text of a token: how long it may be, and what is known of headers seen before.

use crate::token::{CompactToken, KnownHeaders, SignedToken, TokenError};

/// What reads every token of a gate.
#[derive(Debug)]
pub(super) struct TokenReader {
    known_headers: KnownHeaders,
    most_bytes: usize,
}

impl TokenReader {
    /// A reader of tokens of at most so many bytes.
    pub(super) fn new(most_bytes: usize) -> Self {
        Self { known_headers: KnownHeaders::default(), most_bytes }
    }

    pub(super) fn read<'a>(&self, text: &'a [u8]) -> Result<CompactToken<'a>, TokenError> {
        if self.is_too_long(text) {
            return Err(TokenError::Malformed);
        }
        CompactToken::parse_knowing(text, &self.known_headers)
    }

    /// Whether a token is longer than `limits.token_bytes`.
    pub(super) fn is_too_long(&self, text: &[u8]) -> bool {
        text.len() > self.most_bytes
    }

    /// Remembers the header of a genuine token.
    pub(super) fn keep_header(&self, token: &SignedToken<'_>) {
        token.keep_header(&self.known_headers);
    }
}
