//! The proxy's own cryptography: Envoy's foreign function `verify_signature` (`BoringSSL`).
//!
//! It replaces the sandbox's only after it has accepted a good signature and refused a bad one in this VM. Everything
//! else is verified in the sandbox: PS*, `EdDSA`, HMAC, and all of it on hosts without the function. Calling an unknown
//! function ends an nginx worker, so only a host that answers for unknown names is asked (`traits::HostTraits`).

use std::cell::OnceCell;

use prost::encoding::{WireType, encode_key, encode_varint};

use super::abi;
use crate::token::{Algorithm, AlgorithmSet, Key, SandboxEngine, SignatureEngine, TokenError, ecdsa_der};

/// An engine over the proxy's function, with the sandbox for the rest.
#[derive(Debug, Clone, Copy)]
pub(super) struct ProxyEngine {
    served: AlgorithmSet,
}

impl ProxyEngine {
    /// The sandbox alone.
    pub(super) fn off() -> Self {
        Self { served: AlgorithmSet::EMPTY }
    }

    /// What this VM's function has been found to be good for. It is tried once: its plugins share a VM, and a trial of all
    /// algorithms costs more than a start of one of them.
    pub(super) fn tested() -> Self {
        thread_local! {
            static TESTED: OnceCell<ProxyEngine> = const { OnceCell::new() };
        }
        TESTED.with(|tested| *tested.get_or_init(Self::test))
    }

    /// Tries the function with a known-good and a known-bad signature of every algorithm that it may serve.
    fn test() -> Self {
        let passes = |vector: &&Vector| {
            let mut spoilt = MESSAGE.to_vec();
            spoilt.push(b'!');
            ask(vector.algorithm, vector.key, vector.signature, MESSAGE) == Ok(Answer::Holds)
                && ask(vector.algorithm, vector.key, vector.signature, &spoilt) == Ok(Answer::Fails)
        };
        let mut served = AlgorithmSet::EMPTY;
        // If the first call fails, the function does not exist: no need to try the other vectors.
        for vector in VECTORS.iter().take_while(passes) {
            served.insert(vector.algorithm);
        }
        Self { served }
    }

    /// Which engine verifies what, for the log.
    pub(super) fn description(self) -> String {
        let names = |set: AlgorithmSet| set.iter().map(Algorithm::name).collect::<Vec<_>>().join(" ");
        let sandbox = AlgorithmSet::ASYMMETRIC.union(AlgorithmSet::SYMMETRIC).iter();
        let sandbox = sandbox.filter(|algorithm| !self.served.contains(*algorithm)).collect();
        let proxy = if self.served.is_empty() { "nothing".to_owned() } else { names(self.served) };
        format!("signatures: the proxy verifies {proxy}; the sandbox verifies {}", names(sandbox))
    }
}

impl SignatureEngine for ProxyEngine {
    fn verify(
        &self,
        algorithm: Algorithm,
        key: &Key,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), TokenError> {
        if !key.fits(algorithm) {
            return Err(TokenError::AlgorithmNotAllowed);
        }
        let in_sandbox = || SandboxEngine.verify(algorithm, key, message, signature);
        let Some(public_key) = key.subject_public_key_info_der().filter(|_| self.served.contains(algorithm))
        else {
            return in_sandbox();
        };
        let answer = match ecdsa_der(algorithm, signature) {
            Some(Ok(der)) => ask(algorithm, public_key, &der, message),
            Some(Err(error)) => return Err(error),
            None => ask(algorithm, public_key, signature, message),
        };
        match answer {
            Ok(Answer::Holds) => Ok(()),
            Ok(Answer::Fails) => Err(TokenError::SignatureInvalid),
            // The function failed, not the signature.
            Err(_) => in_sandbox(),
        }
    }
}

/// What the function said of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Holds,
    Fails,
}

/// Asks the proxy. Only the exact bytes of "result: true" count as a signature that holds.
fn ask(algorithm: Algorithm, key: &[u8], signature: &[u8], message: &[u8]) -> Result<Answer, abi::HostError> {
    let hash = match algorithm {
        Algorithm::Rs256 | Algorithm::Es256 => "sha256",
        Algorithm::Rs384 | Algorithm::Es384 => "sha384",
        _ => "sha512",
    };
    let arguments = arguments([hash.as_bytes(), key, signature, message]);
    let result = abi::call_foreign_function("verify_signature", &arguments)?;
    Ok(if result == [8, 1] { Answer::Holds } else { Answer::Fails })
}

/// The protobuf message that the function takes, fields 1 to 4: the hash function's name, the key, the signature and
/// the text. Written in place: a message type would want copies of its own.
fn arguments(fields: [&[u8]; 4]) -> Vec<u8> {
    let most = fields.iter().map(|field| field.len().saturating_add(MOST_FIELD_OVERHEAD)).sum();
    let mut message = Vec::with_capacity(most);
    for (tag, field) in (1..).zip(fields) {
        encode_key(tag, WireType::LengthDelimited, &mut message);
        encode_varint(field.len() as u64, &mut message);
        message.extend_from_slice(field);
    }
    message
}

/// A field's tag takes one byte, and its length no more than five.
const MOST_FIELD_OVERHEAD: usize = 6;

/// A known-good signature over [`MESSAGE`].
struct Vector {
    algorithm: Algorithm,
    /// DER `SubjectPublicKeyInfo`.
    key: &'static [u8],
    /// PKCS #1, or DER `ECDSA-Sig-Value`.
    signature: &'static [u8],
}

const MESSAGE: &[u8] = b"validate-jwt self-test";

/// Made with OpenSSL for this purpose; the private keys are gone.
const VECTORS: [Vector; 6] = [
    Vector {
        algorithm: Algorithm::Rs256,
        key: include_bytes!("crypto/rsa.spki"),
        signature: include_bytes!("crypto/rs256.sig"),
    },
    Vector {
        algorithm: Algorithm::Rs384,
        key: include_bytes!("crypto/rsa.spki"),
        signature: include_bytes!("crypto/rs384.sig"),
    },
    Vector {
        algorithm: Algorithm::Rs512,
        key: include_bytes!("crypto/rsa.spki"),
        signature: include_bytes!("crypto/rs512.sig"),
    },
    Vector {
        algorithm: Algorithm::Es256,
        key: include_bytes!("crypto/es256.spki"),
        signature: include_bytes!("crypto/es256.sig"),
    },
    Vector {
        algorithm: Algorithm::Es384,
        key: include_bytes!("crypto/es384.spki"),
        signature: include_bytes!("crypto/es384.sig"),
    },
    Vector {
        algorithm: Algorithm::Es512,
        key: include_bytes!("crypto/es512.spki"),
        signature: include_bytes!("crypto/es512.sig"),
    },
];
