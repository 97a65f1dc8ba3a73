//! Authorization: may this genuine token do this? A failure is 403, never 401.

use super::claim_rule::{Combine, roles, scopes};
use super::policy::Authorization;
use crate::token::Claims;

impl Authorization {
    /// Whether a token is granted access. A part that is not configured does not count.
    pub(super) fn grants(&self, claims: &Claims<'_>) -> bool {
        let scopes = self.scopes.as_ref().map(|rule| rule.holds(&scopes(claims)));
        let roles = self.roles.as_ref().map(|rule| rule.holds(&roles(claims)));
        let listed = !self.claims.is_empty();
        let others = listed.then(|| self.claims.iter().all(|rule| rule.check(claims).is_ok()));
        let mut parts = [scopes, roles, others].into_iter().flatten();
        match self.combine {
            Combine::All => parts.all(|holds| holds),
            Combine::Any => parts.any(|holds| holds),
        }
    }

    /// The scopes that would do, as the `scope` parameter of the challenge has them (RFC 6750, 3).
    pub(super) fn wanted_scope(&self) -> Option<String> {
        self.scopes.as_ref().map(|rule| rule.words().join(" "))
    }
}
