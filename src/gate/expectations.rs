//! The single checks of a requirement, each on what a token says of itself.

use super::policy::{AbsentType, AudienceRule, Audiences, ExpirationRule, TenantRule, TimeRule, TokenTypes};
use super::reason::Reason;
use crate::keys::{Claimants, InlineKeys, ProviderId};
use crate::time::UnixTime;
use crate::token::entra::PERSONAL_ACCOUNTS;
use crate::token::{Claims, IssuerPattern, Times};

impl TokenTypes {
    /// Checks `typ` as a media type (RFC 7515, 4.1.9).
    pub(super) fn check(&self, token_type: Option<&str>) -> Result<(), Reason> {
        let accepted = match token_type {
            None => self.absent == AbsentType::Accepted,
            Some(found) => self.accepted.iter().any(|accepted| accepted.is_named_by(found)),
        };
        if accepted { Ok(()) } else { Err(Reason::TokenTypeNotAllowed) }
    }
}

impl TimeRule {
    /// Checks `exp`, `nbf` and the lifetime (RFC 7519, 4.1.4 and 4.1.5).
    pub(super) fn check(&self, token: Times, now: UnixTime) -> Result<(), Reason> {
        if let Some(expiration) = token.expiration {
            if expiration <= now - self.leeway {
                return Err(Reason::TokenExpired);
            }
            let start = token.issued_at.unwrap_or(now);
            let too_long = |bound| expiration > start + bound;
            if self.maximum_lifetime.is_some_and(too_long) {
                return Err(Reason::LifetimeTooLong);
            }
        } else if self.expiration == ExpirationRule::Required || self.maximum_lifetime.is_some() {
            return Err(Reason::ExpirationMissing);
        }
        match token.not_before {
            Some(not_before) if not_before > now + self.leeway => Err(Reason::TokenNotYetValid),
            _ => Ok(()),
        }
    }
}

impl Audiences {
    /// Checks `aud` before it is known whose key signed the token: one of those who may have signed it accepts it.
    pub(super) fn check_any(&self, claims: &Claims<'_>, claimants: &Claimants) -> Result<(), Reason> {
        if self.of_providers.is_empty() {
            return self.check_signed(claims, None);
        }
        let inline = (claimants.inline == InlineKeys::Present).then_some(None);
        let signers = claimants.providers.iter().chain(&claimants.awaited).map(|id| Some(*id)).chain(inline);
        let mut verdicts = signers.map(|signer| self.check_signed(claims, signer));
        if verdicts.any(|verdict| verdict.is_ok()) { Ok(()) } else { Err(Reason::AudienceNotAllowed) }
    }

    /// The rules of those who may have signed a token; without any, the policy's.
    pub(super) fn in_question(&self, signers: &[ProviderId]) -> Vec<&AudienceRule> {
        let own = self.of_providers.iter().filter(|(id, _)| signers.contains(id)).map(|(_, rule)| rule);
        let own: Vec<_> = own.collect();
        if own.is_empty() { self.of_policy.iter().collect() } else { own }
    }

    /// Checks `aud` of a token that this provider's key signed, or an inline one.
    pub(super) fn check_signed(&self, claims: &Claims<'_>, signer: Option<ProviderId>) -> Result<(), Reason> {
        let own = self.of_providers.iter().find(|(id, _)| Some(*id) == signer).map(|(_, rule)| rule);
        own.or(self.of_policy.as_ref()).map_or(Ok(()), |rule| rule.check(claims))
    }
}

impl AudienceRule {
    /// What would do, as it was written.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.exact.iter().chain(&self.application_ids).map(String::as_str)
    }

    /// Checks `aud`: one value in common is enough (RFC 7519, 4.1.3).
    fn check(&self, claims: &Claims<'_>) -> Result<(), Reason> {
        let accepted = |audience: &str| {
            let bare = audience.strip_suffix('/').unwrap_or(audience);
            let id = bare.strip_prefix("api://").unwrap_or(bare);
            self.exact.iter().any(|exact| exact == audience)
                || self.application_ids.iter().any(|known| known.eq_ignore_ascii_case(id))
        };
        if claims.audiences().any(accepted) { Ok(()) } else { Err(Reason::AudienceNotAllowed) }
    }
}

impl TenantRule {
    /// Checks the tenant of a token whose issuer fits a multi-tenant template.
    ///
    /// `tid` in two spellings is refused: which one a later reader takes is anybody's guess.
    pub(super) fn check(&self, claims: &Claims<'_>) -> Result<(), Reason> {
        let tenant = claims.tenant_id().ok_or(Reason::IssuerNotAllowed)?;
        let spellings = claims.members().iter().filter(|(name, _)| name.eq_ignore_ascii_case("tid")).count();
        let allowed = match self {
            Self::Any => true,
            Self::Organizations => !tenant.eq_ignore_ascii_case(PERSONAL_ACCOUNTS),
            Self::Listed(tenants) => tenants.iter().any(|listed| listed.eq_ignore_ascii_case(tenant)),
        };
        if allowed && spellings == 1 { Ok(()) } else { Err(Reason::IssuerNotAllowed) }
    }
}

/// Checks `client_application_ids` against `azp` (v2.0) or `appid` (v1.0).
pub(super) fn check_client(clients: Option<&[String]>, claims: &Claims<'_>) -> Result<(), Reason> {
    let Some(clients) = clients else { return Ok(()) };
    let known = |id: &str| clients.iter().any(|known| known.eq_ignore_ascii_case(id));
    let (azp, appid) = (claims.string("azp"), claims.string("appid"));
    let named = azp.is_some() || appid.is_some();
    if named && azp.is_none_or(known) && appid.is_none_or(known) {
        Ok(())
    } else {
        Err(Reason::ClientNotAllowed)
    }
}

/// Whether a key with an issuer of its own (Entra) may sign for this token's issuer: it names that
/// issuer, or the provider's, which has already been found to fit.
pub(super) fn key_issuer_fits(
    key_issuer: &IssuerPattern,
    provider: Option<&IssuerPattern>,
    issuer: Option<&str>,
    tenant: Option<&str>,
) -> bool {
    if issuer.is_some_and(|issuer| key_issuer.matches(issuer, tenant)) {
        return true;
    }
    // A v1.0 token names another issuer than the v2.0 document of the same tenant.
    let stated = provider.and_then(|pattern| pattern.stated_for(tenant));
    stated.is_some_and(|stated| key_issuer.matches(&stated, tenant))
}
