//! Proof of possession: a token that is bound to a key is worth nothing without it (RFC 7800, RFC 8705, RFC 9449).

use std::time::Duration;

use super::circumstances::{CertificateDigest, Circumstances};
use super::credentials::{BoundScheme, SentScheme};
use super::facts::Facts;
use super::proof::{self, BadProof, GoodProof, NonceRule, ProofDemand};
use super::reason::Reason;
use super::wanted::Wanted;
use crate::token::{Claims, base64url};

/// `proof_of_possession`.
#[derive(Debug)]
pub struct PossessionRule {
    /// `dpop`.
    pub dpop: DpopRule,
    /// `certificate`.
    pub certificate: CertificateRule,
}

/// `proof_of_possession.dpop` (RFC 9449).
#[derive(Debug)]
pub enum DpopRule {
    /// No proof is looked at; a token that is bound to a key is refused.
    Off,
    /// A token that is bound to a key needs a proof, another one does not.
    Optional(ProofDemand),
    /// Every token has to be bound to a key, and to come with a proof.
    Required(ProofDemand),
}

/// `proof_of_possession.certificate` (RFC 8705, 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateRule {
    /// A token that is bound to a certificate needs it.
    IfBound,
    /// Every token has to be bound to a certificate.
    Required,
    /// What a token says of a certificate is not looked at.
    Off,
}

/// What a token is bound to (`cnf`, RFC 7800, 3.1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Confirmation {
    /// `jkt` (RFC 9449, 6.1): the thumbprint of a key.
    key: Option<Box<str>>,
    /// `x5t#S256` (RFC 8705, 3.1): the digest of a certificate.
    certificate: Option<CertificateDigest>,
}

impl Confirmation {
    /// What a token is bound to; nothing without `cnf`: it is a bearer token then.
    ///
    /// # Errors
    ///
    /// [`Reason::ConfirmationFailed`] where it is bound to anything else, which cannot be proved here: it never passes
    /// as a bearer token.
    pub(super) fn of(claims: &Claims<'_>) -> Result<Self, Reason> {
        let Some(confirmation) = claims.members().get("cnf") else { return Ok(Self::default()) };
        let members = confirmation.as_object().filter(|members| !members.is_empty());
        let mut found = Self::default();
        for (name, value) in members.ok_or(Reason::ConfirmationFailed)?.iter() {
            let text = value.as_str().ok_or(Reason::ConfirmationFailed)?;
            match name {
                "jkt" => found.key = Some(text.into()),
                "x5t#S256" => {
                    let digest = base64url::decode(text).ok().and_then(|digest| digest.try_into().ok());
                    found.certificate = Some(digest.ok_or(Reason::ConfirmationFailed)?);
                }
                _ => return Err(Reason::ConfirmationFailed),
            }
        }
        Ok(found)
    }
}

/// Why a request does not prove possession.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unproven {
    /// The certificate is missing or another one, or the token was sent under `MTLS_POP` and is bound to none.
    Certificate,
    /// The token is bound to a key, and was sent as a bearer token; or the other way round.
    Scheme,
    /// The proof is missing or bad.
    Proof,
    /// The proof lacks a nonce, or has an old one.
    Nonce,
}

impl From<BadProof> for Unproven {
    fn from(bad: BadProof) -> Self {
        match bad {
            BadProof::Invalid => Self::Proof,
            BadProof::NonceRequired => Self::Nonce,
        }
    }
}

impl From<Unproven> for Reason {
    fn from(unproven: Unproven) -> Self {
        match unproven {
            Unproven::Certificate | Unproven::Scheme => Self::ConfirmationFailed,
            Unproven::Proof => Self::ProofInvalid,
            Unproven::Nonce => Self::ProofNonceRequired,
        }
    }
}

impl DpopRule {
    /// What is demanded of proofs, where they are read.
    pub fn demand(&self) -> Option<&ProofDemand> {
        match self {
            Self::Off => None,
            Self::Optional(demand) | Self::Required(demand) => Some(demand),
        }
    }
}

impl PossessionRule {
    /// What the client has to send. A client that needs a nonce is given one with the first refusal, whatever the reason.
    pub(super) fn wanted(&self, unproven: Unproven, circumstances: &Circumstances<'_>) -> Wanted {
        let demands_nonce = || self.dpop.demand().is_some_and(|demand| demand.nonce == NonceRule::Required);
        match unproven {
            Unproven::Certificate => Wanted::Nothing,
            Unproven::Scheme | Unproven::Proof | Unproven::Nonce => Wanted::Proof {
                nonce: demands_nonce().then(|| circumstances.proofs.nonce(circumstances.now)).flatten(),
            },
        }
    }

    /// How far from its `iat` a proof is taken, on either side.
    pub(super) fn reach(&self, leeway: Duration) -> Duration {
        self.dpop.demand().map_or(Duration::ZERO, |demand| demand.reach(leeway))
    }

    /// Checks what a token is bound to against what the request proves. `token` was sent under that scheme. A proof has
    /// still to be used up.
    pub(super) fn check(
        &self,
        confirmation: &Confirmation,
        leeway: Duration,
        sent: SentScheme,
        token: &[u8],
        facts: Facts<'_>,
    ) -> Result<Option<GoodProof>, Unproven> {
        self.check_certificate(confirmation, sent, facts)?;
        let is_dpop = sent == SentScheme::Bound(BoundScheme::Dpop);
        match (&self.dpop, &confirmation.key) {
            (DpopRule::Optional(demand) | DpopRule::Required(demand), Some(thumbprint)) if is_dpop => {
                Ok(Some(proof::check(demand, leeway, thumbprint, token, facts)?))
            }
            (_, Some(_)) => Err(Unproven::Scheme),
            (_, None) if is_dpop => Err(Unproven::Scheme),
            (DpopRule::Required(_), None) => Err(Unproven::Proof),
            (DpopRule::Off | DpopRule::Optional(_), None) => Ok(None),
        }
    }

    fn check_certificate(
        &self,
        confirmation: &Confirmation,
        sent: SentScheme,
        facts: Facts<'_>,
    ) -> Result<(), Unproven> {
        // Entra's scheme for tokens that are bound to a certificate.
        if sent == SentScheme::Bound(BoundScheme::MtlsPop) && confirmation.certificate.is_none() {
            return Err(Unproven::Certificate);
        }
        let holds = match (self.certificate, &confirmation.certificate) {
            (CertificateRule::Off, _) | (CertificateRule::IfBound, None) => true,
            (CertificateRule::Required, None) => false,
            (CertificateRule::IfBound | CertificateRule::Required, Some(wanted)) => {
                (facts.circumstances.certificate)().as_ref() == Some(wanted)
            }
        };
        if holds { Ok(()) } else { Err(Unproven::Certificate) }
    }
}

impl Default for PossessionRule {
    fn default() -> Self {
        Self { dpop: DpopRule::Off, certificate: CertificateRule::IfBound }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_bound_to_a_key_or_a_certificate_or_both_and_to_nothing_else() {
        let digest = base64url::encode([7; 32]);
        for (cnf, expected) in [
            (r#"{"jkt":"k"}"#.to_owned(), Some((Some("k"), false))),
            (format!(r#"{{"x5t#S256":"{digest}"}}"#), Some((None, true))),
            (format!(r#"{{"jkt":"k","x5t#S256":"{digest}"}}"#), Some((Some("k"), true))),
            ("{}".to_owned(), None),
            ("null".to_owned(), None),
            (r#""k""#.to_owned(), None),
            (r#"{"jkt":1}"#.to_owned(), None),
            (r#"{"jwk":{}}"#.to_owned(), None),
            (r#"{"jkt":"k","kid":"x"}"#.to_owned(), None),
            (r#"{"x5t#S256":"AAAA"}"#.to_owned(), None),
            (r#"{"x5t#S256":"!"}"#.to_owned(), None),
        ] {
            let payload = format!(r#"{{"cnf":{cnf}}}"#);
            let claims = Claims::parse(payload.as_bytes()).unwrap();
            let found = Confirmation::of(&claims).ok();
            let found = found.as_ref().map(|found| (found.key.as_deref(), found.certificate.is_some()));
            assert_eq!(found, expected, "{cnf}");
        }
        assert_eq!(Confirmation::of(&Claims::parse(b"{}").unwrap()), Ok(Confirmation::default()));
    }
}
