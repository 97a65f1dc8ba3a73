//! The host's answers to what the filter asks while it decides.

use super::abi::{self, HostError};
use super::crypto::ProxyEngine;
use super::effective::Effective;
use crate::filter::{Questions, RequestId, StoreError, Surroundings};
use crate::gate::CertificateDigest;
use crate::keys::Version;
use crate::token::SignatureEngine;

/// One VM's host.
pub(super) struct HostSurroundings<'a> {
    pub(super) effective: &'a Effective,
    pub(super) engine: ProxyEngine,
    pub(super) questions: Questions,
}

impl Surroundings for HostSurroundings<'_> {
    fn read(&self, key: &str) -> Result<Option<(Vec<u8>, u32)>, StoreError> {
        match abi::shared_data(key) {
            Ok((value, cas)) => Ok(Some((value, cas))),
            Err(HostError::NotFound) => Ok(None),
            Err(_) => Err(StoreError::Unavailable),
        }
    }

    /// A missing value is created with a version that nothing ever has: a host that ignores the version of what is
    /// missing (Envoy) creates it, and refuses where another VM was faster. A host that demands 0 for a missing value
    /// (nginx) refuses; then 0 is tried, which is guarded there.
    fn compare_and_swap(&self, key: &str, value: &[u8], expected: Version) -> Result<(), StoreError> {
        let outcome = match expected {
            Version::Number(cas) => abi::set_shared_data(key, value, cas),
            Version::Missing => match abi::set_shared_data(key, value, abi::NO_VERSION) {
                Err(HostError::CasMismatch) if abi::shared_data(key) == Err(HostError::NotFound) => {
                    abi::set_shared_data(key, value, 0)
                }
                outcome => outcome,
            },
        };
        outcome.map_err(|error| match error {
            HostError::CasMismatch => StoreError::Changed,
            _ => StoreError::Unavailable,
        })
    }

    fn random(&self) -> u64 {
        abi::random()
    }

    fn engine(&self) -> &dyn SignatureEngine {
        &self.engine
    }

    /// As Envoy shows it: 64 hexadecimal digits.
    fn certificate(&self, request: RequestId) -> Option<CertificateDigest> {
        if self.questions == Questions::Punished {
            return None;
        }
        self.effective.switch(request.0).ok()?;
        let hex = abi::property(&["connection", "sha256_peer_certificate_digest"]).ok()?;
        let mut digest = [0; 32];
        let mut pairs = hex.chunks_exact(2);
        for (byte, pair) in digest.iter_mut().zip(&mut pairs) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        (hex.len() == 64).then_some(digest)
    }
}
