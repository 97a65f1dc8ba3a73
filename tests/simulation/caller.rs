//! Callers and their tokens, good and bad.

use serde_json::{Value, json};
use validate_jwt::gate::Request;
use validate_jwt::token::base64url;

use crate::chance::Chance;
use crate::key::KeyPair;
use crate::plan::AUDIENCE;
use crate::pool::POINTS;
use crate::provider::Provider;

/// What a caller knows of the token that it sends, and the oracle from it.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// The provider whose issuer it names.
    pub(crate) provider: usize,
    /// The key that it says it is signed with.
    pub(crate) key_id: String,
    /// The key that it is signed with.
    pub(crate) pair: KeyPair,
    /// `exp`, in seconds since the epoch.
    pub(crate) expires: i64,
    pub(crate) text: String,
}

/// Kinds of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Good,
    /// Good in all but its signature, under a known id.
    Forged,
    /// Good in all but its key, which nobody publishes.
    UnknownKey,
    /// Signed by another provider's key, under that key's id.
    ForeignKey,
    OtherAudience,
    OtherIssuer,
    Expired,
    Unsigned,
    Junk,
}

impl Kind {
    pub(crate) fn any(chance: &mut Chance) -> Self {
        if chance.percent(60) {
            return Self::Good;
        }
        chance.pick(&[
            Self::Forged,
            Self::UnknownKey,
            Self::ForeignKey,
            Self::OtherAudience,
            Self::OtherIssuer,
            Self::Expired,
            Self::Unsigned,
            Self::Junk,
        ])
    }
}

impl Token {
    /// A token of one kind; `wall` is what clocks show, in seconds since the epoch.
    pub(crate) fn mint(kind: Kind, providers: &[Provider], wall: i64, chance: &mut Chance) -> Self {
        let provider = chance.index(providers.len());
        let key = chance.index(providers[provider].current().count());
        Self::mint_with(kind, providers, (provider, key), wall, chance)
    }

    /// A token of one provider's key, by its place among those that are published.
    pub(crate) fn mint_with(
        kind: Kind,
        providers: &[Provider],
        (provider, key): (usize, usize),
        wall: i64,
        chance: &mut Chance,
    ) -> Self {
        let key = providers[provider].current().nth(key).expect("there is such a key");
        let (mut key_id, mut pair) = (key.id.clone(), key.pair);
        let mut issuer = providers[provider].identity.issuer;
        let (mut audience, mut expires) = (AUDIENCE, wall + 600);
        let mut algorithm = "ES256";
        let nobodys = KeyPair(POINTS.len() - 1);
        match kind {
            Kind::Good | Kind::Junk => {}
            Kind::Forged => pair = nobodys,
            Kind::UnknownKey => (key_id, pair) = (format!("nobody-{}", chance.below(1000)), nobodys),
            Kind::ForeignKey => {
                let other = &providers[(provider + 1) % providers.len()];
                match other.current().next().filter(|_| providers.len() > 1) {
                    Some(key) => (key_id, pair) = (key.id.clone(), key.pair),
                    None => pair = nobodys,
                }
            }
            Kind::OtherAudience => audience = "api://elsewhere",
            Kind::OtherIssuer => issuer = "https://nobody.example",
            Kind::Expired => expires = wall - 1000,
            Kind::Unsigned => algorithm = "none",
        }
        let part = |value: &Value| base64url::encode(value.to_string().as_bytes());
        let header = part(&json!({"alg": algorithm, "kid": key_id, "typ": "JWT"}));
        // Each token is one of its own.
        let claims =
            json!({"iss": issuer, "aud": audience, "exp": expires, "jti": chance.next().to_string()});
        let input = format!("{header}.{}", part(&claims));
        let signature = if kind == Kind::Unsigned { String::new() } else { pair.sign(input.as_bytes()) };
        let text = if kind == Kind::Junk { "eyJ.x".to_owned() } else { format!("{input}.{signature}") };
        Self { kind, provider, key_id, pair, expires, text }
    }

    /// The request that brings it.
    pub(crate) fn request(&self) -> Request {
        let authorization = format!("Bearer {}", self.text);
        Request::from_pairs([
            (&b":method"[..], &b"GET"[..]),
            (b":path", b"/orders"),
            (b":authority", b"api.example"),
            (b"authorization", authorization.as_bytes()),
        ])
    }
}
