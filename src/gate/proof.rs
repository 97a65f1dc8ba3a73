//! Checking a DPoP proof against its request and its token (RFC 9449, 4.3).

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::circumstances::Circumstances;
use super::facts::Facts;
use super::htu;
use super::proof_memory::{Novelty, ProofDigest};
use super::request::{Request, SentTarget};
use crate::time::UnixTime;
use crate::token::{AlgorithmSet, Claims, DpopProof, Times, base64url};

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

impl ProofDemand {
    /// How far `iat` may be from now, on either side.
    pub(super) fn reach(&self, leeway: Duration) -> Duration {
        self.max_age + leeway
    }
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
    let holds = demand.algorithms.contains(proof.algorithm())
        && proof.thumbprint().as_deref() == Some(thumbprint)
        && claims.string("ath") == Some(&*base64url::encode(Sha256::digest(token)))
        && claims.string("htm").map(str::as_bytes) == Some(request.method())
        && is_for_this_address(&claims, demand, request)
        && is_of_now(claims.times(), demand.reach(leeway), leeway, circumstances.now);
    if !holds {
        return Err(BadProof::Invalid);
    }
    proof.verify(circumstances.engine).map_err(|_| BadProof::Invalid)?;
    check_nonce(demand, &claims, circumstances)?;
    Ok(GoodProof { digest: digest(thumbprint, jti), issued_at })
}

/// A proof that is good, unless it has come before.
#[derive(Debug, Clone, Copy)]
#[must_use = "a proof that is sent again has to be refused"]
pub(super) struct GoodProof {
    digest: ProofDigest,
    issued_at: UnixTime,
}

impl GoodProof {
    /// Uses the proof up: it is remembered for `reach` from its `iat` on, which is the longest reach of all policies, so that
    /// none takes it again. Call it last, and once for each request: a second call finds the proof used.
    pub(super) fn use_up(self, reach: Duration, circumstances: &Circumstances<'_>) -> Result<(), BadProof> {
        match circumstances.proofs.remember(self.digest, self.issued_at + reach, circumstances.now) {
            Novelty::First => Ok(()),
            Novelty::Repeated | Novelty::Unknown => Err(BadProof::Invalid),
        }
    }
}

/// `iat`; and `exp` and `nbf` where a client sets them (RFC 7519, 4.1.4 and 4.1.5), `nbf` with the reach of `iat`, to which
/// it is often equal.
fn is_of_now(times: Times, reach: Duration, leeway: Duration, now: UnixTime) -> bool {
    times.issued_at.is_some_and(|issued_at| issued_at + reach >= now && issued_at <= now + reach)
        && times.expiration.is_none_or(|end| end > now - leeway)
        && times.not_before.is_none_or(|start| start <= now + reach)
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
    // A fragment does not belong in a target (RFC 9112, 3.2): some servers cut it off, others take it for a path.
    let is_plain = |target: &&str| target.starts_with('/') && !target.contains('#');
    let target = std::str::from_utf8(target).ok().filter(is_plain)?;
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
