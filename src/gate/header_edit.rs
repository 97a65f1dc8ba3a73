//! A change of a request's headers.

use super::header_name::{HeaderName, SentName};

/// A change of the request's headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderEdit {
    /// Every copy of this spelling goes.
    Remove(SentName),
    /// Replaced, or added.
    Set(HeaderName, Vec<u8>),
    /// `:path` is replaced: the token was taken out of the query.
    SetPath(Vec<u8>),
}
