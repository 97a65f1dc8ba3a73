//! `authorize.authentication`: how, and how long ago, the user must have authenticated (RFC 9470; Entra's
//! authentication contexts).

use std::time::Duration;

use crate::time::UnixTime;
use crate::token::json::Json;
use crate::token::{Claims, base64url};

use super::wanted::Wanted;

/// What is demanded of the authentication behind a token.
#[derive(Debug)]
pub struct StepUp {
    /// `acr_values`: the claim holds one of them. Empty: any.
    pub acr_values: Vec<String>,
    /// `claim`: the name of the claim that they are looked for in, at the top level.
    pub claim: String,
    /// `max_age`: how long ago `auth_time` may be.
    pub max_age: Option<Duration>,
    /// `challenge`.
    pub challenge: StepUpChallenge,
}

/// In whose words a client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepUpChallenge {
    /// RFC 9470, 3.
    Rfc9470,
    /// Entra's claims challenge.
    Entra,
}

impl StepUp {
    /// Whether a token's authentication will do.
    pub(super) fn accepts(&self, claims: &Claims<'_>, leeway: Duration, now: UnixTime) -> bool {
        self.accepts_class(claims) && self.accepts_age(auth_time(claims), leeway, now)
    }

    fn accepts_class(&self, claims: &Claims<'_>) -> bool {
        let is_wanted = |value: &str| self.acr_values.iter().any(|wanted| wanted == value);
        self.acr_values.is_empty()
            || match claims.members().get(&self.claim) {
                Some(Json::String(value)) => is_wanted(value),
                Some(Json::Array(values)) => values.iter().filter_map(Json::as_str).any(is_wanted),
                _ => false,
            }
    }

    /// Whether an authentication of that time is young enough now.
    pub(super) fn accepts_age(&self, time: Option<UnixTime>, leeway: Duration, now: UnixTime) -> bool {
        self.max_age
            .is_none_or(|most| time.is_some_and(|time| time + most + leeway >= now && time <= now + leeway))
    }

    /// What the client has to ask for.
    pub(super) fn wanted(&self) -> Wanted {
        match self.challenge {
            StepUpChallenge::Rfc9470 => Wanted::Authentication {
                acr_values: (!self.acr_values.is_empty()).then(|| self.acr_values.join(" ")),
                max_age: self.max_age.map(|most| most.as_secs().to_string()),
            },
            StepUpChallenge::Entra => Wanted::Claims(base64url::encode(self.entra_claims())),
        }
    }

    /// The `claims` parameter of OpenID Connect Core 1.0, 5.5, as Entra's clients pass it on.
    fn entra_claims(&self) -> String {
        let value = match self.acr_values.as_slice() {
            [value] => serde_json::json!({"essential": true, "value": value}),
            values => serde_json::json!({"essential": true, "values": values}),
        };
        serde_json::json!({"access_token": {"acrs": value}}).to_string()
    }
}

/// `auth_time` (OpenID Connect Core 1.0, 2).
pub(super) fn auth_time(claims: &Claims<'_>) -> Option<UnixTime> {
    match claims.members().get("auth_time") {
        Some(Json::Number(seconds)) => Some(UnixTime::from_number(seconds)),
        _ => None,
    }
}
