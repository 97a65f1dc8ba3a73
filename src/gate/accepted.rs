//! What is kept of an accepted token: enough to let the same bytes pass again.

use super::authenticate::VerifiedToken;
use super::header_edit::HeaderEdit;
use super::policy::Requirement;
use super::possession::Confirmation;
use super::step_up;
use crate::keys::{Keyring, ProviderId};
use crate::time::UnixTime;
use crate::token::Times;

/// A token that one requirement accepted.
pub(super) struct Accepted {
    times: Times,
    /// The provider whose key holds; `None` for an inline key and for an unsigned token.
    provider: Option<ProviderId>,
    /// `auth_time`.
    authenticated_at: Option<UnixTime>,
    /// What the token is bound to: proved again each time.
    pub(super) confirmation: Confirmation,
    /// What `claims_to_headers` and `payload_header` make of it.
    pub(super) edits: Vec<HeaderEdit>,
    /// The payload under the name of `output_token_variable_name`.
    pub(super) published: Option<(String, Vec<u8>)>,
}

impl Accepted {
    /// Takes from a token what its requirement forwards and publishes.
    pub(super) fn new(requirement: &Requirement, token: &VerifiedToken<'_>) -> Self {
        Self {
            times: token.claims().times(),
            provider: token.provider(),
            authenticated_at: step_up::auth_time(token.claims()),
            confirmation: token.confirmation().clone(),
            edits: requirement.forward.edits(token.claims(), token.payload()),
            published: requirement.published_name.clone().map(|name| (name, token.payload().to_vec())),
        }
    }

    /// Whether the token is still in its time, and its keys still serve.
    pub(super) fn still_holds(&self, requirement: &Requirement, keyring: &Keyring, now: UnixTime) -> bool {
        self.provider.is_none_or(|id| keyring.keys(id, now).is_some())
            && requirement.time.check(self.times, now).is_ok()
            && requirement.step_up().is_none_or(|step_up| {
                step_up.accepts_age(self.authenticated_at, requirement.time.leeway, now)
            })
    }

    /// Roughly how much memory it takes, in bytes.
    pub(super) fn weight(&self) -> usize {
        let edits = self.edits.iter().map(|edit| match edit {
            HeaderEdit::Set(name, value) => name.as_str().len().saturating_add(value.len()),
            HeaderEdit::Remove(_) | HeaderEdit::SetPath(_) => 0,
        });
        let published = self.published.iter().map(|(name, value)| name.len().saturating_add(value.len()));
        edits
            .chain(published)
            .fold(size_of::<Self>(), |sum, bytes| sum.saturating_add(bytes).saturating_add(PIECE))
    }
}

/// What every separate piece takes beside its bytes.
const PIECE: usize = 64;
