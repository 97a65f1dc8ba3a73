//! What the filter asks its host while it decides.

use super::effect::RequestId;
use crate::gate::CertificateDigest;
use crate::keys::Version;
use crate::time::UnixTime;
use crate::token::SignatureEngine;

/// The synchronous part of a host. Nothing here calls back into the filter.
pub trait Surroundings {
    /// A value in shared data and its version; an empty value counts as one that is not there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] where the host has no shared data, or not now.
    fn read(&self, key: &str) -> Result<Option<(Vec<u8>, u32)>, StoreError>;

    /// Replaces a value in shared data, if it is still of the version expected.
    ///
    /// # Errors
    ///
    /// [`StoreError::Changed`] where it is not, [`StoreError::Unavailable`] where that is not known.
    fn compare_and_swap(&self, key: &str, value: &[u8], expected: Version) -> Result<(), StoreError>;

    /// A number that nobody can guess.
    fn random(&self) -> u64;

    /// What verifies signatures.
    fn engine(&self) -> &dyn SignatureEngine;

    /// The client certificate of a request's connection; asked for only by a certificate-bound token.
    fn certificate(&self, request: RequestId) -> Option<CertificateDigest>;
}

/// The moment in which something happens: its time, and the host to ask.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) now: UnixTime,
    pub(super) host: &'a dyn Surroundings,
}

/// Why shared data was not changed, or not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreError {
    /// Another VM was faster.
    Changed,
    /// The host has no shared data, or gave no answer.
    Unavailable,
}
