//! Checking a DPoP proof against its request and its token (RFC 9449, 4.3).

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::circumstances::Circumstances;
use super::facts::Facts;
use super::htu;
use super::proof_memory::{Novelty, ProofDigest};
use super::request::{Request, SentTarget};
use crate::time::UnixTime;
use crate::token::{AlgorithmSet, Claims, DpopProof, base64url};

/// What is demanded of proofs.
#[derive(Debug)]
pub struct ProofDemand {
    /// `origin`: what `htu` starts with; without it the request's scheme and authority.
    pub origin: Option<String>,
    /// `max_age`: how far `iat` may be from the filter's own time.
    pub max_age: Duration,
    /// `nonce`.
    pub nonce: NonceRule,
    /// `algorithms`.
    pub algorithms: AlgorithmSet,
}

/// `proof_of_possession.nonce`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonceRule {
    /// A nonce in a proof is not looked at.
    Ignored,
    /// A proof has to carry one that the filter gave out.
    Required,
}

/// What is wrong with a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadProof {
    /// It is missing or malformed, for another request, signed by another key, or a repetition.
    Invalid,
    /// It lacks a nonce, or has an old one.
    NonceRequired,
}

/// Checks the proof of a request for a token that is bound to the key with this thumbprint.
pub(super) fn check(
    demand: &ProofDemand,
    leeway: Duration,
    thumbprint: &str,
    token: &[u8],
    facts: Facts<'_>,
) -> Result<GoodProof, BadProof> {
    let Facts { request, circumstances } = facts;
    let mut headers = request.values("dpop");
    let (Some(text), None) = (headers.next(), headers.next()) else { return Err(BadProof::Invalid) };
    if text.len() > MOST_BYTES {
        return Err(BadProof::Invalid);
    }
    let proof = DpopProof::parse(text).map_err(|_| BadProof::Invalid)?;
    let claims = proof.claims().map_err(|_| BadProof::Invalid)?;
    let jti = claims.string("jti").filter(|jti| !jti.is_empty()).ok_or(BadProof::Invalid)?;
    let issued_at = claims.times().issued_at.ok_or(BadProof::Invalid)?;
    let reach = demand.max_age + leeway;
    let holds = demand.algorithms.contains(proof.algorithm())
        && proof.thumbprint().as_deref() == Some(thumbprint)
        && claims.string("ath") == Some(&*base64url::encode(Sha256::digest(token)))
        && claims.string("htm").map(str::as_bytes) == Some(request.method())
        && is_for_this_address(&claims, demand, request)
        && is_of_now(issued_at, reach, circumstances.now);
    if !holds {
        return Err(BadProof::Invalid);
    }
    proof.verify(circumstances.engine).map_err(|_| BadProof::Invalid)?;
    check_nonce(demand, &claims, circumstances)?;
    Ok(GoodProof { digest: digest(thumbprint, jti), until: issued_at + reach })
}

/// A proof that is good, unless it has come before.
#[derive(Debug, Clone, Copy)]
#[must_use = "a proof that is sent again has to be refused"]
pub(super) struct GoodProof {
    digest: ProofDigest,
    until: UnixTime,
}

impl GoodProof {
    /// Uses the proof up. Call it last, and once for each request: a second call finds the proof used.
    pub(super) fn use_up(self, circumstances: &Circumstances<'_>) -> Result<(), BadProof> {
        match circumstances.proofs.remember(self.digest, self.until, circumstances.now) {
            Novelty::First => Ok(()),
            Novelty::Repeated | Novelty::Unknown => Err(BadProof::Invalid),
        }
    }
}

fn is_of_now(issued_at: UnixTime, reach: Duration, now: UnixTime) -> bool {
    issued_at + reach >= now && issued_at <= now + reach
}

/// `htu`, against the address that the client asked for.
fn is_for_this_address(claims: &Claims<'_>, demand: &ProofDemand, request: &Request) -> bool {
    let said = claims.string("htu").and_then(htu::normal);
    said.is_some() && said == address(demand, request)
}

fn address(demand: &ProofDemand, request: &Request) -> Option<String> {
    let target = match &request.sent_target {
        SentTarget::Shown => request.target(),
        SentTarget::Beside(sent) => sent,
        SentTarget::Unknown => return None,
    };
    let target = std::str::from_utf8(target).ok().filter(|target| target.starts_with('/'))?;
    if let Some(origin) = &demand.origin {
        return htu::normal(&format!("{origin}{target}"));
    }
    let scheme = std::str::from_utf8(request.value(":scheme").unwrap_or(b"https")).ok()?;
    // A character that ends the authority would hide the path behind it.
    let authority = std::str::from_utf8(request.authority()).ok()?;
    if authority.contains(['/', '?', '#', '\\', '@']) {
        return None;
    }
    htu::normal(&format!("{scheme}://{authority}{target}"))
}

fn check_nonce(
    demand: &ProofDemand,
    claims: &Claims<'_>,
    circumstances: &Circumstances<'_>,
) -> Result<(), BadProof> {
    if demand.nonce == NonceRule::Ignored {
        return Ok(());
    }
    match claims.string("nonce") {
        Some(nonce) if circumstances.proofs.knows_nonce(nonce, circumstances.now) => Ok(()),
        _ => Err(BadProof::NonceRequired),
    }
}

/// What is remembered of a proof. A key's owner chooses the `jti`, and nobody else's proofs have that key.
fn digest(thumbprint: &str, jti: &str) -> ProofDigest {
    let mut hash = Sha256::new();
    hash.update(thumbprint.as_bytes());
    hash.update(b"\n");
    hash.update(jti.as_bytes());
    let whole = hash.finalize();
    whole.first_chunk().copied().unwrap_or_default()
}

/// The longest proof, bytes.
const MOST_BYTES: usize = 8192;
