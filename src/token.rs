//! Tokens: is this one genuine, and what does it say?
//!
//! ```text
//! CompactToken::parse(bytes)?            segments and JOSE header; nothing else is decoded
//!   └► signed.header()                   typ, alg and kid, for the cheap checks
//!   └► Claims::parse(signed.payload()?)  what it says, still a stranger's words
//!   └► keys.candidates(kid)              KeySet: the keys that may have signed it
//!   └► engine.verify(alg, key, …)?       SignatureEngine: only now it is genuine
//! ```
//!
//! Sans-IO: no clock, no random numbers, no proxy. Whether a genuine token is *for us* (issuer, audience, time)
//! is decided in `gate`. RFC 7515 to 7519, 7797, 8037 and 8725 are the rules; where they leave a choice, the
//! stricter reading is taken. Nothing here prints a token's bytes or claims.

mod algorithm;
pub mod base64url;
mod claims;
mod compact;
#[cfg(test)]
mod conformance_tests;
mod content_encryption;
mod decryption_key;
mod der;
mod document;
mod ecdsa_signature;
mod engine;
pub(crate) mod entra;
mod error;
mod hash;
mod issuer;
mod jose;
pub mod json;
mod json_value;
mod jwe;
mod jwk;
mod jwk_members;
mod key;
mod key_material;
mod key_set;
mod key_text;
mod known_headers;
mod proof;
mod pss;
mod public_key_info;
mod rsa_public;
mod skipped_keys;
#[cfg(test)]
mod vector_tests;

pub use algorithm::{Algorithm, AlgorithmSet};
pub use claims::{ClaimPath, Claims, Times};
pub use compact::{CompactToken, EncryptedToken, SignedToken};
pub use decryption_key::DecryptionKey;
pub(crate) use document::Members;
pub use document::NotAnObject;
pub use ecdsa_signature::ecdsa_der;
pub use engine::{SandboxEngine, SignatureEngine};
pub use error::TokenError;
pub use issuer::{IssuerPattern, is_guid};
pub use jose::{JoseHeader, KeyId};
pub use key::{Key, KeyUnusable};
pub use key_set::{KeyDocument, KeySet, KeySetError, PublishedKey};
pub(crate) use known_headers::KnownHeaders;
pub(crate) use proof::DpopProof;
pub use skipped_keys::{SkippedKey, SkippedKeys};
