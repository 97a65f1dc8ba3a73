//! One VM that keeps the keys of a configuration's first provider. The test is the provider and the clock.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::{Value, json};
use validate_jwt::config::Config;
use validate_jwt::keys::{Command, DocumentLimits, Event, Fetch, Lifecycle, Report, Response, VmId, Want};
use validate_jwt::time::UnixTime;
use validate_jwt::token::KeyId;

use crate::own_shelf::OwnShelf;

/// Issuer and place of the documents.
pub(super) const ISSUER: &str = "https://idp.example";

pub(super) struct Keeper {
    lifecycle: Lifecycle,
    shelf: OwnShelf,
    now: UnixTime,
    fetches: VecDeque<Fetch>,
    pub(super) reports: Vec<Report>,
}

impl Keeper {
    /// The first provider of `validate_jwt` with this entry of `openid_config`, and further top-level fields.
    #[track_caller]
    pub(super) fn new(provider: &Value, more: &Value) -> Self {
        let mut configuration =
            json!({"validate_jwt": {"openid_config": [provider], "audiences": ["https://api.example"]}});
        for (name, value) in more.as_object().into_iter().flatten() {
            configuration[name] = value.clone();
        }
        Self::of(&configuration)
    }

    /// The first provider of a configuration.
    #[track_caller]
    pub(super) fn of(configuration: &Value) -> Self {
        let config = Config::parse(configuration.to_string().as_bytes());
        let mut config = config.unwrap_or_else(|problems| panic!("{problems:?}"));
        let limits =
            DocumentLimits { document_bytes: config.limits.document_bytes, keys: config.limits.keys };
        let lifecycle = Lifecycle::new(config.providers.remove(0), config.key_refresh, limits, VmId(1));
        Self {
            lifecycle,
            shelf: OwnShelf::default(),
            now: UnixTime::from_seconds(1_700_000_000),
            fetches: VecDeque::new(),
            reports: Vec::new(),
        }
    }

    fn feed(&mut self, event: Event) {
        for command in self.lifecycle.run(self.now, event, &mut self.shelf) {
            match command {
                Command::Fetch(fetch) => self.fetches.push_back(fetch),
                Command::Report(report) => self.reports.push(report),
                // The view is asked for when it is looked at.
                Command::Install(_) | Command::Remember(_) => {}
            }
        }
    }

    /// So many seconds later, the clock ticks.
    pub(super) fn after(&mut self, seconds: f64) -> &mut Self {
        self.now = self.now + Duration::from_secs_f64(seconds);
        self.feed(Event::Tick);
        self
    }

    /// A request needs a key that is not there.
    pub(super) fn want_unknown_key(&mut self) {
        self.feed(Event::Wanted(Want::UnknownKey));
    }

    /// Whether a callout waits for its answer.
    pub(super) fn is_asking(&self) -> bool {
        !self.fetches.is_empty()
    }

    /// Answers the callout under way, and says what it was.
    #[track_caller]
    pub(super) fn answer(&mut self, response: Response) -> Fetch {
        let fetch = self.fetches.pop_front().expect("a callout is under way");
        self.feed(Event::Fetched(fetch.clone(), response));
        fetch
    }

    /// Answers the discovery document, then the keys.
    #[track_caller]
    pub(super) fn answer_with(&mut self, key_ids: &[&str]) {
        self.answer(document(&metadata("https://idp.example/keys")));
        self.answer(document(&key_set(key_ids)));
    }

    /// Whether a key serves now.
    pub(super) fn has(&self, key_id: &str) -> bool {
        let view = self.lifecycle.view();
        let keys = view.keys.as_ref().filter(|_| self.now < view.serves_until);
        keys.is_some_and(|keys| keys.contains(&KeyId::new(key_id)))
    }
}

/// Status 200 and this document.
pub(super) fn document(document: &Value) -> Response {
    Response::Answered { status: 200, body: document.to_string().into_bytes() }
}

/// A provider's own failure.
pub(super) fn failure() -> Response {
    Response::Answered { status: 500, body: Vec::new() }
}

/// A discovery document.
pub(super) fn metadata(jwks_uri: &str) -> Value {
    json!({"issuer": ISSUER, "jwks_uri": jwks_uri})
}

/// A key set with these key ids, all of the key of RFC 8037, appendix A.2.
pub(super) fn key_set(key_ids: &[&str]) -> Value {
    let key = |id: &&str| json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    json!({"keys": key_ids.iter().map(key).collect::<Vec<_>>()})
}
