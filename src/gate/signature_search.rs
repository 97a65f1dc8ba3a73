//! Finding the key that made a token's signature.

use super::circumstances::Circumstances;
use super::expectations::key_issuer_fits;
use super::obstacle::Obstacle;
use super::policy::Requirement;
use super::reason::Reason;
use crate::keys::{Claimants, InlineKeys, ProviderId, Want};
use crate::token::{Algorithm, Claims, IssuerPattern, Key, KeyId, SignedToken};

/// One token against several keys.
pub(super) struct Search<'a> {
    algorithm: Algorithm,
    token: &'a SignedToken<'a>,
    signature: &'a [u8],
    claims: &'a Claims<'a>,
    circumstances: &'a Circumstances<'a>,
    worst: Option<Reason>,
    tries: usize,
    /// Whether keys that fit are left untried.
    unfinished: bool,
}

impl<'a> Search<'a> {
    /// A token, what it says, and its signature.
    pub(super) fn new(
        algorithm: Algorithm,
        token: &'a SignedToken<'a>,
        signature: &'a [u8],
        claims: &'a Claims<'a>,
        circumstances: &'a Circumstances<'a>,
    ) -> Self {
        Self { algorithm, token, signature, claims, circumstances, worst: None, tries: 0, unfinished: false }
    }

    /// Finds the key and checks the signature; gives the provider whose key it is.
    pub(super) fn run(
        mut self,
        requirement: &Requirement,
        claimants: &Claimants,
    ) -> Result<Option<ProviderId>, Obstacle> {
        let (keyring, now) = (self.circumstances.keyring, self.circumstances.now);
        let key_id = self.token.header().key_id();
        let mut missing = Vec::new();
        let mut of_that_id = Vec::new();
        let mut others = Vec::new();
        let mut for_another = false;
        for &id in &claimants.providers {
            let Some(keys) = keyring.keys(id, now) else {
                missing.push(id);
                continue;
            };
            let pattern = requirement.owners.issuer(id, keyring);
            let hint = self.token.header().certificate().filter(|_| key_id.is_none());
            // Entra names a key for its certificate.
            let is_meant = |key: &&Key| hint.is_some() && key.id().map(KeyId::as_str) == hint;
            let meant = keys.candidates(key_id).filter(is_meant);
            for key in meant.chain(keys.candidates(key_id).filter(|key| !is_meant(key))) {
                if self.holds(key, pattern, TRIES_PER_TOKEN) {
                    if requirement.audiences.check_signed(self.claims, Some(id)).is_ok() {
                        return Ok(Some(id));
                    }
                    // Providers of one issuer may share keys, and not audiences.
                    for_another = true;
                }
            }
            let is_named = key_id.is_some_and(|key_id| keys.contains(key_id));
            if is_named { of_that_id.push(id) } else { others.push(id) }
        }
        if for_another && missing.is_empty() && claimants.inline == InlineKeys::None {
            return Err(Reason::AudienceNotAllowed.into());
        }
        let found_so_far = self.found_so_far();
        let mut named_inline = false;
        if claimants.inline == InlineKeys::Present {
            // No inline key of that id: every one is tried, as in APIM.
            let inline = &requirement.keys.inline;
            named_inline = key_id.is_some_and(|id| inline.contains(id));
            for key in inline.keys().iter().filter(|key| !named_inline || key.id() == key_id) {
                if self.holds(key, None, usize::MAX) {
                    return Ok(None);
                }
            }
        }
        let worst = self.found_so_far();
        missing.extend(&claimants.awaited);
        // A key of that id may have been replaced under the same name: only the providers that have one are asked.
        if !of_that_id.is_empty() {
            // A key that names another issuer was not replaced.
            if found_so_far == Reason::IssuerNotAllowed && missing.is_empty() {
                return Err(found_so_far.into());
            }
            // Another provider of the issuer, whose keys are not there yet, may have one of that id too.
            let fallback = if missing.is_empty() { found_so_far } else { Reason::KeysUnavailable };
            of_that_id.extend(missing);
            return Err(Obstacle::keys(of_that_id, Want::ReplacedKey, fallback));
        }
        if missing.is_empty() && (named_inline || others.is_empty()) {
            return Err(worst.into());
        }
        let (fallback, want) = match (missing.is_empty(), others.is_empty()) {
            (false, true) => (Reason::KeysUnavailable, Want::FirstKeys),
            (false, false) => (Reason::KeysUnavailable, Want::UnknownKey),
            // What inline keys without the id say of the signature is not why.
            (true, _) => (found_so_far, if key_id.is_none() { Want::ReplacedKey } else { Want::UnknownKey }),
        };
        others.extend(missing);
        Err(Obstacle::keys(others, want, fallback))
    }

    /// Whether this key made the signature. Keys of another issuer, and those that the algorithm does not fit, cost
    /// nothing, and no more than `most` others are tried. `pattern` is the issuer of the key's provider.
    fn holds(&mut self, key: &Key, pattern: Option<&IssuerPattern>, most: usize) -> bool {
        let (issuer, tenant) = (self.claims.issuer(), self.claims.tenant_id());
        if !key.issuer().is_none_or(|own| key_issuer_fits(own, pattern, issuer, tenant)) {
            self.note(Reason::IssuerNotAllowed);
            return false;
        }
        if !key.fits(self.algorithm) {
            self.note(Reason::AlgorithmNotAllowed);
            return false;
        }
        if self.tries >= most {
            self.unfinished = true;
            return false;
        }
        self.tries += 1;
        let engine = self.circumstances.engine;
        match engine.verify(self.algorithm, key, self.token.signing_input(), self.signature) {
            Ok(()) => true,
            Err(error) => {
                self.note(error.into());
                false
            }
        }
    }

    /// The reason so far. Of keys that were not tried nobody knows whether the signature holds.
    fn found_so_far(&self) -> Reason {
        match self.worst {
            Some(Reason::SignatureInvalid) if self.unfinished => Reason::SignatureKeyNotFound,
            worst => worst.unwrap_or(Reason::SignatureKeyNotFound),
        }
    }

    /// Keeps the reason that says most: a wrong signature over a key that is not for this token.
    fn note(&mut self, reason: Reason) {
        if self.worst.is_none() || reason == Reason::SignatureInvalid {
            self.worst = Some(reason);
        }
    }
}

/// Most signatures that one token costs over fetched keys: more than one only where tokens or keys
/// carry no `kid`, or several keys share one. Inline keys are as many as the operator wrote down, and a
/// good token may be any one's.
const TRIES_PER_TOKEN: usize = 8;
