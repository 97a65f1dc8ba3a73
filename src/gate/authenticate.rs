//! Authentication: is this token genuine, and is it for us?
//!
//! Order of checks: size → syntax → `typ` → `alg` → issuer is one of ours → time →
//! audience → key by `kid` → signature → the rest. The cheap checks come first so that junk never
//! costs a callout or a signature; nothing is accepted before the signature holds.

use std::rc::Rc;

use super::expectations::check_client;
use super::facts::Facts;
use super::obstacle::Obstacle;
use super::policy::{Requirement, UnsignedTokens};
use super::possession::Confirmation;
use super::reason::Reason;
use super::signature_search::Search;
use super::token_reader::TokenReader;
use super::trust;
use crate::keys::{Claimants, InlineKeys, Owners, ProviderId, Want};
use crate::token::{Algorithm, Claims, CompactToken, JoseHeader};

/// A token that is genuine and for us. Only [`authenticate`] makes one.
pub(super) struct VerifiedToken<'p> {
    header: Rc<JoseHeader>,
    claims: Claims<'p>,
    payload: &'p [u8],
    /// The provider whose key holds; `None` for an inline key and for an unsigned token.
    provider: Option<ProviderId>,
    confirmation: Confirmation,
}

impl VerifiedToken<'_> {
    pub(super) fn header(&self) -> &JoseHeader {
        &self.header
    }

    pub(super) fn claims(&self) -> &Claims<'_> {
        &self.claims
    }

    /// The payload as the issuer wrote it.
    pub(super) fn payload(&self) -> &[u8] {
        self.payload
    }

    /// Whether the same bytes will be accepted again, if the request proves what they are bound to. A token without a
    /// signature costs next to nothing to check, and anyone can make thousands of them.
    pub(super) fn may_be_kept(&self) -> bool {
        self.header.algorithm().is_some_and(|algorithm| algorithm != Algorithm::None)
    }

    /// What the token is bound to.
    pub(super) fn confirmation(&self) -> &Confirmation {
        &self.confirmation
    }

    /// The provider whose key holds.
    pub(super) fn provider(&self) -> Option<ProviderId> {
        self.provider
    }
}

/// Why there is no verified token, with as much of the token as was understood.
pub(super) struct Failed<'p> {
    pub(super) obstacle: Obstacle,
    pub(super) header: Option<Rc<JoseHeader>>,
    pub(super) claims: Option<Claims<'p>>,
}

/// Authenticates the token text of a request. `payload` is a place for the bytes that the claims are read from.
pub(super) fn authenticate<'p>(
    requirement: &Requirement,
    text: &[u8],
    facts: Facts<'_>,
    reader: &TokenReader,
    rivals: &[Rc<Owners>],
    payload: &'p mut Vec<u8>,
) -> Result<VerifiedToken<'p>, Box<Failed<'p>>> {
    let mut seen = Seen::default();
    let attempt = Attempt { requirement, facts, reader, rivals };
    match attempt.run(text, payload, &mut seen) {
        Ok(Proven { payload, provider, confirmation }) => match (seen.header, seen.claims) {
            (Some(header), Some(claims)) => {
                Ok(VerifiedToken { header, claims, payload, provider, confirmation })
            }
            (header, claims) => {
                Err(Box::new(Failed { obstacle: Reason::TokenMalformed.into(), header, claims }))
            }
        },
        Err(obstacle) => Err(Box::new(Failed { obstacle, header: seen.header, claims: seen.claims })),
    }
}

/// What was understood of a token so far.
#[derive(Default)]
struct Seen<'p> {
    header: Option<Rc<JoseHeader>>,
    claims: Option<Claims<'p>>,
}

/// What every check together has proven.
struct Proven<'p> {
    payload: &'p [u8],
    provider: Option<ProviderId>,
    confirmation: Confirmation,
}

/// What one token is checked with.
struct Attempt<'a> {
    requirement: &'a Requirement,
    facts: Facts<'a>,
    reader: &'a TokenReader,
    /// The owners of the policies that may accept the request as well.
    rivals: &'a [Rc<Owners>],
}

impl Attempt<'_> {
    /// Runs every check.
    fn run<'p>(
        &self,
        text: &[u8],
        payload: &'p mut Vec<u8>,
        seen: &mut Seen<'p>,
    ) -> Result<Proven<'p>, Obstacle> {
        let opened;
        let token = match self.reader.read(text)? {
            CompactToken::Signed(token) => token,
            CompactToken::Encrypted(token) => {
                if self.requirement.keys.decryption.is_empty() {
                    return Err(Reason::TokenMalformed.into());
                }
                opened = token.decrypt(&self.requirement.keys.decryption)?;
                match CompactToken::parse(&opened) {
                    Ok(CompactToken::Signed(inner)) => inner,
                    Ok(CompactToken::Encrypted(_)) => return Err(Reason::TokenMalformed.into()),
                    Err(_) => {
                        *payload = opened;
                        return self.unsigned_payload(token.header(), payload, seen);
                    }
                }
            }
        };
        let header = seen.header.insert(token.header().clone());
        self.requirement.token_types.check(header.token_type())?;
        let algorithm = allowed_algorithm(self.requirement, header)?;
        *payload = token.payload()?;
        let claims = seen.claims.insert(Claims::parse(payload)?);
        let signature = token.signature()?;
        let claimants = self.bounded_trust(claims)?;
        let provider = match algorithm {
            Algorithm::None => None,
            signed => {
                let search = Search::new(signed, &token, &signature, claims, self.facts.circumstances);
                let provider = search.run(self.requirement, &claimants)?;
                self.reader.keep_header(&token);
                provider
            }
        };
        let confirmation = self.check_rest(claims, provider)?;
        Ok(Proven { payload, provider, confirmation })
    }

    /// An encrypted token that holds claims instead of a signed token.
    fn unsigned_payload<'p>(
        &self,
        header: &Rc<JoseHeader>,
        payload: &'p [u8],
        seen: &mut Seen<'p>,
    ) -> Result<Proven<'p>, Obstacle> {
        let claims = seen.claims.insert(Claims::parse(payload)?);
        let header = seen.header.insert(header.clone());
        self.requirement.token_types.check(header.token_type())?;
        if self.requirement.unsigned_tokens == UnsignedTokens::Refused {
            return Err(Reason::AlgorithmNotAllowed.into());
        }
        self.bounded_trust(claims)?;
        let confirmation = self.check_rest(claims, None)?;
        Ok(Proven { payload, provider: None, confirmation })
    }

    /// Issuer, time and audience. A token that no issuer could save is not worth a callout: it does not wait for
    /// a discovery document.
    fn bounded_trust(&self, claims: &Claims<'_>) -> Result<Claimants, Obstacle> {
        let keyring = self.facts.circumstances.keyring;
        let claimants = trust::claimants(self.requirement, claims, keyring, self.rivals)?;
        self.check_bounds(claims, &claimants)?;
        if claimants.providers.is_empty() && claimants.inline == InlineKeys::None {
            return Err(Obstacle::keys(claimants.awaited, Want::FirstKeys, Reason::KeysUnavailable));
        }
        Ok(claimants)
    }

    /// Time and audience: cheap, and enough to keep most foreign tokens from costing a signature.
    fn check_bounds(&self, claims: &Claims<'_>, claimants: &Claimants) -> Result<(), Reason> {
        self.requirement.time.check(claims.times(), self.facts.circumstances.now)?;
        self.requirement.audiences.check_any(claims, claimants)
    }

    /// What is only worth asking of a genuine token.
    fn check_rest(&self, claims: &Claims<'_>, signer: Option<ProviderId>) -> Result<Confirmation, Reason> {
        self.requirement.audiences.check_signed(claims, signer)?;
        check_client(self.requirement.clients.as_deref(), claims)?;
        self.requirement.required_claims.iter().try_for_each(|rule| rule.check(claims))?;
        Confirmation::of(claims)
    }
}

/// `alg`, against the allow-list.
fn allowed_algorithm(requirement: &Requirement, header: &JoseHeader) -> Result<Algorithm, Reason> {
    let algorithm = header.algorithm().ok_or(Reason::AlgorithmNotAllowed)?;
    let allowed = match algorithm {
        Algorithm::None => requirement.unsigned_tokens == UnsignedTokens::Accepted,
        signed => requirement.algorithms.contains(signed),
    };
    if allowed { Ok(algorithm) } else { Err(Reason::AlgorithmNotAllowed) }
}
