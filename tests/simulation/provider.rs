//! A provider: its keys over time, its faults, and what it answers.

use std::time::Duration;

use serde_json::json;
use validate_jwt::keys::{FetchStep, Response};

use crate::chance::Chance;
use crate::key::KeyPair;
use crate::plan::{Identity, Pinned};

/// A time of the history: how long it has been going on, whatever the clocks say.
pub(crate) type Moment = Duration;

/// One key of a provider, under an id.
#[derive(Debug, Clone)]
pub(crate) struct PublishedKey {
    pub(crate) id: String,
    pub(crate) pair: KeyPair,
    pub(crate) from: Moment,
    /// When it was taken out of the document.
    pub(crate) until: Option<Moment>,
    /// When an answer last carried it.
    pub(crate) carried: Option<Moment>,
}

/// What is wrong with a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Status(u16),
    NotJson,
    NoKeys,
    ForeignIssuer,
    Silent,
    Refused,
}

/// What a provider shows of its keys: Entra's endpoint shows differing parts during a rollover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    Whole { since: Moment },
    InParts,
}

#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) identity: Identity,
    pub(crate) keys: Vec<PublishedKey>,
    pub(crate) fault: Option<Fault>,
    /// Since when it answers as it should.
    pub(crate) healthy_since: Option<Moment>,
    /// Attempts that reached it, or would have: when each began.
    pub(crate) attempts: Vec<Moment>,
    pub(crate) answers: Answers,
    /// How often it has fallen ill since it was first well.
    pub(crate) faults: u32,
    next_id: u32,
}

impl Provider {
    pub(crate) fn new(identity: Identity, first: KeyPair, fault: Option<Fault>, answers: Answers) -> Self {
        let healthy_since = fault.is_none().then_some(Moment::ZERO);
        let mut provider = Self {
            identity,
            keys: Vec::new(),
            fault,
            healthy_since,
            attempts: Vec::new(),
            answers,
            faults: 0,
            next_id: 0,
        };
        provider.publish(first, Moment::ZERO);
        provider
    }

    /// Takes a key in under a new id.
    pub(crate) fn publish(&mut self, pair: KeyPair, now: Moment) {
        self.next_id += 1;
        let id = format!("{}-{}", self.identity.host, self.next_id);
        self.keys.push(PublishedKey { id, pair, from: now, until: None, carried: None });
    }

    /// Takes the oldest key out, unless it is the last one.
    pub(crate) fn withdraw(&mut self, now: Moment) {
        if self.current().count() > 1
            && let Some(key) = self.keys.iter_mut().find(|key| key.until.is_none())
        {
            key.until = Some(now);
        }
    }

    pub(crate) fn current(&self) -> impl Iterator<Item = &PublishedKey> {
        self.keys.iter().filter(|key| key.until.is_none())
    }

    /// From now on its answers carry every key.
    pub(crate) fn answer_whole(&mut self, now: Moment) {
        if self.answers == Answers::InParts {
            self.answers = Answers::Whole { since: now };
        }
    }

    pub(crate) fn set_fault(&mut self, fault: Option<Fault>, now: Moment) {
        if fault.is_some() && self.healthy_since.is_some() {
            self.faults += 1;
        }
        self.fault = fault;
        self.healthy_since = match (fault, self.healthy_since) {
            (Some(_), _) => None,
            (None, since) => since.or(Some(now)),
        };
    }

    /// What it answers now; nothing where it is silent.
    pub(crate) fn answer(&mut self, step: FetchStep, now: Moment, chance: &mut Chance) -> Option<Response> {
        let answered = |status, body: String| Some(Response::Answered { status, body: body.into_bytes() });
        let host = self.identity.host;
        match self.fault {
            Some(Fault::Silent) => None,
            Some(Fault::Refused) => answered(503, "upstream connect error".to_owned()),
            Some(Fault::Status(status)) => answered(status, String::new()),
            Some(Fault::NotJson) => answered(200, "<html>".to_owned()),
            Some(Fault::NoKeys) if step == FetchStep::Keys => answered(200, json!({"keys": []}).to_string()),
            // A document that is taken at its word stays until what it brought is too old.
            Some(Fault::ForeignIssuer)
                if step == FetchStep::Metadata && self.identity.pinned == Pinned::Yes =>
            {
                let document = json!({"issuer": "https://elsewhere.example", "jwks_uri": format!("https://{host}/keys")});
                answered(200, document.to_string())
            }
            _ if step == FetchStep::Metadata => {
                let issuer = self.identity.issuer;
                let document = json!({"issuer": issuer, "jwks_uri": format!("https://{host}/keys")});
                answered(200, document.to_string())
            }
            _ => {
                let mut keys = Vec::new();
                let whole = matches!(self.answers, Answers::Whole { .. });
                for key in self.keys.iter_mut().filter(|key| key.until.is_none()) {
                    // A part is never empty.
                    if whole || keys.is_empty() || chance.percent(50) {
                        key.carried = Some(now);
                        keys.push(key.pair.jwk(Some(&key.id)));
                    }
                }
                answered(200, json!({"keys": keys}).to_string())
            }
        }
    }
}

impl Fault {
    pub(crate) fn any(chance: &mut Chance) -> Self {
        chance.pick(&[
            Self::Status(500),
            Self::Status(404),
            Self::NotJson,
            Self::NoKeys,
            Self::ForeignIssuer,
            Self::Silent,
            Self::Refused,
        ])
    }
}
