//! Why a request cannot go on right now.

use super::pending::Pending;
use super::reason::Reason;
use crate::keys::{ProviderId, Want};
use crate::token::TokenError;

/// Why a request cannot go on right now. `R` is what is known of the refusal: its reason where the obstacle is found,
/// all of it later.
pub(super) enum Obstacle<R = Reason> {
    /// It is refused.
    Refused(R),
    /// It is refused unless something comes.
    Pending(Pending<R>),
}

impl Obstacle {
    /// Keys could change the verdict.
    pub(super) fn keys(providers: Vec<ProviderId>, want: Want, fallback: Reason) -> Self {
        Self::Pending(Pending::for_keys(providers, want, fallback))
    }
}

impl<R> Obstacle<R> {
    /// The same with more known of the refusal.
    pub(super) fn map<S>(self, with: impl FnOnce(R) -> S) -> Obstacle<S> {
        match self {
            Self::Refused(refusal) => Obstacle::Refused(with(refusal)),
            Self::Pending(pending) => Obstacle::Pending(pending.map(with)),
        }
    }
}

impl From<Reason> for Obstacle {
    fn from(reason: Reason) -> Self {
        Self::Refused(reason)
    }
}

impl From<TokenError> for Obstacle {
    fn from(error: TokenError) -> Self {
        Self::Refused(error.into())
    }
}
