//! Authorization: may this genuine token do this? A failure is 403, never 401.

use super::claim_rule::{Combine, roles, scopes};
use super::policy::{Authorization, Requirement};
use super::reason::Reason;
use super::wanted::Wanted;
use crate::time::UnixTime;
use crate::token::Claims;

impl Requirement {
    /// Whether a genuine token may do this; otherwise why not, and what would do.
    pub(super) fn authorize(&self, claims: &Claims<'_>, now: UnixTime) -> Result<(), (Reason, Wanted)> {
        let Some(authorization) = &self.authorize else { return Ok(()) };
        if !authorization.grants(claims) {
            return Err((Reason::InsufficientScope, authorization.wanted()));
        }
        match &authorization.authentication {
            Some(step_up) if !step_up.accepts(claims, self.time.leeway, now) => {
                Err((Reason::InsufficientUserAuthentication, step_up.wanted()))
            }
            _ => Ok(()),
        }
    }

    /// What a client without a token is told to ask for: with `resource`, the scopes that would do (RFC 9728; RFC 6750,
    /// 3).
    pub(super) fn wanted_first(&self, reason: Reason) -> Wanted {
        match (reason, &self.resource, &self.authorize) {
            (Reason::TokenNotPresent, Some(_), Some(authorization)) => authorization.wanted(),
            _ => Wanted::Nothing,
        }
    }
}

impl Authorization {
    /// Whether a token is granted access. A part that is not configured does not count.
    pub(super) fn grants(&self, claims: &Claims<'_>) -> bool {
        let scopes = self.scopes.as_ref().map(|rule| rule.holds(&scopes(claims)));
        let roles = self.roles.as_ref().map(|rule| rule.holds(&roles(claims)));
        let listed = !self.claims.is_empty();
        let others = listed.then(|| self.claims.iter().all(|rule| rule.check(claims).is_ok()));
        let mut parts = [scopes, roles, others].into_iter().flatten().peekable();
        match self.combine {
            Combine::All => parts.all(|holds| holds),
            Combine::Any => parts.peek().is_none() || parts.any(|holds| holds),
        }
    }

    /// The scopes that would do, as a client asks for them.
    pub(crate) fn wanted_scopes(&self) -> Option<Vec<String>> {
        let rule = self.scopes.as_ref()?;
        Some(rule.words().iter().map(|word| format!("{}{word}", self.scope_prefix)).collect())
    }

    /// The same, as the `scope` parameter of the challenge has them (RFC 6750, 3).
    pub(super) fn wanted(&self) -> Wanted {
        self.wanted_scopes().map_or(Wanted::Nothing, |scopes| Wanted::Scope(scopes.join(" ")))
    }
}
