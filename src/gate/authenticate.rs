//! Authentication: is this token genuine, and is it for us?
//!
//! Order (`behaviour.md`, section 2): size → syntax → `typ` → `alg` → issuer is one of ours → time →
//! audience → key by `kid` → signature → the rest. The cheap checks come first so that junk never
//! costs a callout or a signature; nothing is accepted before the signature holds.

use std::rc::Rc;

use super::certificate::{self, CertificateDigest};
use super::decide::KeyDemand;
use super::expectations::{check_client, key_issuer_fits};
use super::policy::{Requirement, UnsignedTokens};
use crate::keys::{Claimants, InlineKeys, Keyring, ProviderId, Tenancy, Want};
use crate::time::UnixTime;
use crate::token::{
    Algorithm, Claims, CompactToken, IssuerPattern, JoseHeader, Key, KnownHeaders, SignatureEngine,
    SignedToken, TokenError,
};

/// A token that is genuine and for us. Only [`authenticate`] makes one.
pub(super) struct VerifiedToken<'p> {
    header: Rc<JoseHeader>,
    claims: Claims<'p>,
    payload: &'p [u8],
    /// The provider whose key holds; `None` for an inline key and for an unsigned token.
    provider: Option<ProviderId>,
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

    /// Whether the same bytes will be accepted again: a bound token depends on its connection too. One without a
    /// signature costs next to nothing to check, and anyone can make thousands of them.
    pub(super) fn may_be_kept(&self) -> bool {
        let signed = self.header.algorithm().is_some_and(|algorithm| algorithm != Algorithm::None);
        signed && !self.claims.members().contains_key("cnf")
    }

    /// The provider whose key holds.
    pub(super) fn provider(&self) -> Option<ProviderId> {
        self.provider
    }
}

/// What authentication works with.
pub(super) struct Evidence<'a> {
    pub(super) keyring: &'a Keyring,
    pub(super) engine: &'a dyn SignatureEngine,
    pub(super) now: UnixTime,
    pub(super) known_headers: &'a KnownHeaders,
    pub(super) token_bytes: usize,
    pub(super) certificate: &'a dyn Fn() -> Option<CertificateDigest>,
}

/// Why there is no verified token, with as much of the token as was understood.
pub(super) struct Failed<'p> {
    pub(super) cause: Cause,
    pub(super) header: Option<Rc<JoseHeader>>,
    pub(super) claims: Option<Claims<'p>>,
}

/// Why there is no verified token.
pub(super) enum Cause {
    /// It is refused.
    Refused(TokenError),
    /// Keys could change the verdict; without them it is `otherwise`.
    KeysMissing { demand: KeyDemand, otherwise: Missing },
}

/// What missing keys mean if they do not come.
#[derive(Clone, Copy)]
pub(super) enum Missing {
    /// The provider has no keys: nothing can be said of the token.
    Keys,
    /// The provider's keys are there, and this token is signed by none of them.
    Key(TokenError),
}

impl From<TokenError> for Cause {
    fn from(error: TokenError) -> Self {
        Self::Refused(error)
    }
}

/// Authenticates the token text of a request. `payload` is a place for the bytes that the claims are read from.
pub(super) fn authenticate<'p>(
    requirement: &Requirement,
    text: &[u8],
    evidence: &Evidence<'_>,
    payload: &'p mut Vec<u8>,
) -> Result<VerifiedToken<'p>, Box<Failed<'p>>> {
    let mut seen = Seen::default();
    match run(requirement, text, evidence, payload, &mut seen) {
        Ok(Proven { payload, provider }) => match (seen.header, seen.claims) {
            (Some(header), Some(claims)) => Ok(VerifiedToken { header, claims, payload, provider }),
            (header, claims) => {
                Err(Box::new(Failed { cause: Cause::Refused(TokenError::Malformed), header, claims }))
            }
        },
        Err(cause) => Err(Box::new(Failed { cause, header: seen.header, claims: seen.claims })),
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
}

/// Runs every check.
fn run<'p>(
    requirement: &Requirement,
    text: &[u8],
    evidence: &Evidence<'_>,
    payload: &'p mut Vec<u8>,
    seen: &mut Seen<'p>,
) -> Result<Proven<'p>, Cause> {
    if text.len() > evidence.token_bytes {
        return Err(TokenError::Malformed.into());
    }
    let opened;
    let token = match CompactToken::parse_knowing(text, evidence.known_headers)? {
        CompactToken::Signed(token) => token,
        CompactToken::Encrypted(token) => {
            if requirement.keys.decryption.is_empty() {
                return Err(TokenError::Malformed.into());
            }
            opened = token.decrypt(&requirement.keys.decryption)?;
            match CompactToken::parse(&opened) {
                Ok(CompactToken::Signed(inner)) => inner,
                Ok(CompactToken::Encrypted(_)) => return Err(TokenError::Malformed.into()),
                Err(_) => {
                    *payload = opened;
                    return unsigned_payload(requirement, token.header(), payload, evidence, seen);
                }
            }
        }
    };
    let header = seen.header.insert(token.header().clone());
    requirement.token_types.check(header.token_type())?;
    let algorithm = allowed_algorithm(requirement, header)?;
    *payload = token.payload()?;
    let claims = seen.claims.insert(Claims::parse(payload)?);
    let signature = token.signature()?;
    let claimants = bounded_trust(requirement, claims, evidence)?;
    let provider = match algorithm {
        Algorithm::None => None,
        signed => {
            let search = Search {
                algorithm: signed,
                token: &token,
                signature: &signature,
                claims,
                evidence,
                worst: None,
                tries: 0,
            };
            let provider = check_signature(requirement, search, &claimants)?;
            token.keep_header(evidence.known_headers);
            provider
        }
    };
    check_rest(requirement, claims, evidence)?;
    Ok(Proven { payload, provider })
}

/// An encrypted token that holds claims instead of a signed token.
fn unsigned_payload<'p>(
    requirement: &Requirement,
    header: &Rc<JoseHeader>,
    payload: &'p [u8],
    evidence: &Evidence<'_>,
    seen: &mut Seen<'p>,
) -> Result<Proven<'p>, Cause> {
    let claims = seen.claims.insert(Claims::parse(payload)?);
    let header = seen.header.insert(header.clone());
    requirement.token_types.check(header.token_type())?;
    if requirement.unsigned_tokens == UnsignedTokens::Refused {
        return Err(TokenError::AlgorithmNotAllowed.into());
    }
    bounded_trust(requirement, claims, evidence)?;
    check_rest(requirement, claims, evidence)?;
    Ok(Proven { payload, provider: None })
}

/// `alg`, against the allow-list.
fn allowed_algorithm(requirement: &Requirement, header: &JoseHeader) -> Result<Algorithm, TokenError> {
    let algorithm = header.algorithm().ok_or(TokenError::AlgorithmNotAllowed)?;
    let allowed = match algorithm {
        Algorithm::None => requirement.unsigned_tokens == UnsignedTokens::Accepted,
        signed => requirement.algorithms.contains(signed),
    };
    if allowed { Ok(algorithm) } else { Err(TokenError::AlgorithmNotAllowed) }
}

/// Time and audience: cheap, and enough to keep most foreign tokens from costing a signature.
fn check_bounds(
    requirement: &Requirement,
    claims: &Claims<'_>,
    evidence: &Evidence<'_>,
) -> Result<(), TokenError> {
    requirement.time.check(claims.times(), evidence.now)?;
    requirement.audiences.as_ref().map_or(Ok(()), |rule| rule.check(claims))
}

/// Issuer, time and audience. A token that would be refused whoever issued it is not worth a callout: it waits for
/// nobody's issuer.
fn bounded_trust(
    requirement: &Requirement,
    claims: &Claims<'_>,
    evidence: &Evidence<'_>,
) -> Result<Claimants, Cause> {
    let trust = trust(requirement, claims, evidence);
    if !matches!(trust, Err(Cause::Refused(_))) {
        check_bounds(requirement, claims, evidence)?;
    }
    trust
}

/// What is only worth asking of a genuine token.
fn check_rest(
    requirement: &Requirement,
    claims: &Claims<'_>,
    evidence: &Evidence<'_>,
) -> Result<(), TokenError> {
    check_client(requirement.clients.as_deref(), claims)?;
    requirement.required_claims.iter().try_for_each(|rule| rule.check(claims))?;
    certificate::check(claims, evidence.certificate)
}

/// Finds whose keys may have signed a token, from its issuer.
fn trust(
    requirement: &Requirement,
    claims: &Claims<'_>,
    evidence: &Evidence<'_>,
) -> Result<Claimants, Cause> {
    let owners = &requirement.owners;
    let issuer = match claims.issuer() {
        Some(issuer) => issuer,
        None if owners.takes_any_issuer() => "",
        None => return Err(TokenError::IssuerNotAllowed.into()),
    };
    let claimants = owners.of(issuer, claims.tenant_id(), evidence.keyring);
    if claimants.tenancy == Tenancy::OneOfMany {
        requirement.tenants.check(claims)?;
    }
    if !claimants.providers.is_empty() || claimants.inline == InlineKeys::Present {
        return Ok(claimants);
    }
    if claimants.awaited.is_empty() {
        return Err(TokenError::IssuerNotAllowed.into());
    }
    let demand = KeyDemand::new(claimants.awaited, Want::FirstKeys);
    Err(Cause::KeysMissing { demand, otherwise: Missing::Keys })
}

/// Finds the key and checks the signature; gives the provider whose key it is.
fn check_signature(
    requirement: &Requirement,
    mut search: Search<'_>,
    claimants: &Claimants,
) -> Result<Option<ProviderId>, Cause> {
    let (token, evidence) = (search.token, search.evidence);
    let key_id = token.header().key_id();
    let mut missing = Vec::new();
    let mut of_that_id = Vec::new();
    let mut others = Vec::new();
    for &id in &claimants.providers {
        let Some(keys) = evidence.keyring.keys(id, evidence.now) else {
            missing.push(id);
            continue;
        };
        let pattern = requirement.owners.issuer(id, evidence.keyring);
        for key in keys.candidates(key_id) {
            if search.holds(key, pattern, TRIES_PER_TOKEN) {
                return Ok(Some(id));
            }
        }
        let is_named = key_id.is_some_and(|key_id| keys.contains(key_id));
        if is_named { of_that_id.push(id) } else { others.push(id) }
    }
    let found_so_far = search.worst;
    let mut named_inline = false;
    if claimants.inline == InlineKeys::Present {
        // No inline key of that id: every one is tried, as in APIM.
        let inline = &requirement.keys.inline;
        named_inline = key_id.is_some_and(|id| inline.contains(id));
        for key in inline.keys().iter().filter(|key| !named_inline || key.id() == key_id) {
            if search.holds(key, None, usize::MAX) {
                return Ok(None);
            }
        }
    }
    missing.extend(&claimants.awaited);
    // A key of that id may have been replaced under the same name: only the providers that have one are asked.
    if !of_that_id.is_empty() {
        let worst = found_so_far.unwrap_or(TokenError::KeyNotFound);
        // A key that names another issuer was not replaced.
        if worst == TokenError::IssuerNotAllowed && missing.is_empty() {
            return Err(worst.into());
        }
        // Another provider of the issuer, whose keys are not there yet, may have one of that id too.
        let otherwise = if missing.is_empty() { Missing::Key(worst) } else { Missing::Keys };
        of_that_id.extend(missing);
        let demand = KeyDemand::new(of_that_id, Want::ReplacedKey);
        return Err(Cause::KeysMissing { demand, otherwise });
    }
    if named_inline && missing.is_empty() {
        return Err(search.worst.unwrap_or(TokenError::KeyNotFound).into());
    }
    if others.is_empty() && missing.is_empty() {
        return Err(search.worst.unwrap_or(TokenError::KeyNotFound).into());
    }
    let (otherwise, want) = match (missing.is_empty(), others.is_empty()) {
        (false, true) => (Missing::Keys, Want::FirstKeys),
        (false, false) => (Missing::Keys, Want::UnknownKey),
        // What inline keys without the id say of the signature is not why.
        (true, _) => {
            let want = if key_id.is_none() { Want::ReplacedKey } else { Want::UnknownKey };
            (Missing::Key(found_so_far.unwrap_or(TokenError::KeyNotFound)), want)
        }
    };
    others.extend(missing);
    Err(Cause::KeysMissing { demand: KeyDemand::new(others, want), otherwise })
}

/// One token against several keys.
struct Search<'a> {
    algorithm: Algorithm,
    token: &'a SignedToken<'a>,
    signature: &'a [u8],
    claims: &'a Claims<'a>,
    evidence: &'a Evidence<'a>,
    worst: Option<TokenError>,
    tries: usize,
}

impl Search<'_> {
    /// Whether this key made the signature. Keys of another issuer, and those that the algorithm does not fit, cost
    /// nothing, and no more than `most` others are tried. `pattern` is the issuer of the key's provider.
    fn holds(&mut self, key: &Key, pattern: Option<&IssuerPattern>, most: usize) -> bool {
        let (issuer, tenant) = (self.claims.issuer(), self.claims.tenant_id());
        if !key.issuer().is_none_or(|own| key_issuer_fits(own, pattern, issuer, tenant)) {
            self.note(TokenError::IssuerNotAllowed);
            return false;
        }
        if !key.fits(self.algorithm) {
            self.note(TokenError::AlgorithmNotAllowed);
            return false;
        }
        if self.tries >= most {
            return false;
        }
        self.tries += 1;
        match self.evidence.engine.verify(self.algorithm, key, self.token.signing_input(), self.signature) {
            Ok(()) => true,
            Err(error) => {
                self.note(error);
                false
            }
        }
    }

    /// Keeps the reason that says most: a wrong signature over a key that is not for this token.
    fn note(&mut self, error: TokenError) {
        if self.worst.is_none() || error == TokenError::SignatureInvalid {
            self.worst = Some(error);
        }
    }
}

/// Most signatures that one token costs over fetched keys: more than one only where tokens or keys
/// carry no `kid`, or several keys share one. Inline keys are as many as the operator wrote down, and a
/// good token may be any one's.
const TRIES_PER_TOKEN: usize = 8;
