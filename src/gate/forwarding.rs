//! `forward`: what the upstream gets of a token.

use super::claim_header;
use super::header_edit::HeaderEdit;
use super::header_name::HeaderName;
use crate::token::{ClaimPath, Claims, base64url};

/// `forward`.
#[derive(Debug)]
pub struct Forwarding {
    /// Whether the upstream sees the token.
    pub token: ForwardToken,
    /// `claims_to_headers`.
    pub claims: Vec<(ClaimPath, HeaderName)>,
    /// `payload_header`.
    pub payload: Option<HeaderName>,
}

/// `forward.token`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForwardToken {
    /// The request goes on as it came.
    Keep,
    /// The token is taken out of the request.
    Remove,
}

impl Forwarding {
    /// Every header that [`Forwarding::edits`] may write: no client may bring one, and no token may be in one.
    pub(crate) fn written(&self) -> impl Iterator<Item = &HeaderName> {
        self.claims.iter().map(|(_, header)| header).chain(&self.payload)
    }

    /// The headers that an accepted token becomes.
    pub(super) fn edits(&self, claims: &Claims<'_>, payload: &[u8]) -> Vec<HeaderEdit> {
        let values = self.claims.iter().filter_map(|(path, header)| {
            let value = claims.value(path).and_then(claim_header::value)?;
            Some(HeaderEdit::Set(header.clone(), value))
        });
        let payload = self
            .payload
            .iter()
            .map(|header| HeaderEdit::Set(header.clone(), base64url::encode(payload).into_bytes()));
        values.chain(payload).collect()
    }
}
