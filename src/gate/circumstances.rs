//! What a decision depends on besides the request.

use super::proof_memory::ProofMemory;
use crate::keys::Keyring;
use crate::time::UnixTime;
use crate::token::SignatureEngine;

/// What a decision depends on besides the request.
#[derive(Clone, Copy)]
pub struct Circumstances<'a> {
    /// The keys known so far.
    pub keyring: &'a Keyring,
    /// What verifies signatures.
    pub engine: &'a dyn SignatureEngine,
    /// The time of the request.
    pub now: UnixTime,
    /// The client certificate of the connection; asked for only by a certificate-bound token.
    pub certificate: &'a dyn Fn() -> Option<CertificateDigest>,
    /// Whether the host really removes request headers.
    pub removal: HeaderRemoval,
    /// What is known of proofs of possession that came before.
    pub proofs: &'a dyn ProofMemory,
    /// What is to be found out for the log.
    pub detail: Detail,
}

/// SHA-256 of the DER of the client certificate of this connection.
pub type CertificateDigest = [u8; 32];

/// What is to be found out about a token that is refused, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What would have done, and what often lies behind such a refusal.
    Cause,
    /// The reason, `kid` and issuer: of many refusals at a time, most are like others.
    Reason,
}

/// What removing a request header means on this host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderRemoval {
    /// The upstream does not see it.
    Works,
    /// The upstream sees it all the same (nginx): a request that brings one is refused.
    Unreliable,
}
