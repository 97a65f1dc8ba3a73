//! One provider: what the filter would fetch is fetched, and the filter's own life cycle of keys judges it.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;
use validate_jwt::config::Config;
use validate_jwt::excerpt::Excerpt;
use validate_jwt::keys::{
    Command, DocumentLimits, Event, Fetch, FetchError, FetchStep, Lifecycle, ProviderMetadata,
    ProviderSettings, ProviderView, Report, Response, VmId,
};
use validate_jwt::token::{IssuerPattern, Key, KeyDocument, KeySet, KeySetError, PublishedKey, SkippedKeys};

use super::client::{Answer, Body, Client};
use super::difference::Difference;
use super::finding::{ClusterChoice, Finding, IssuerBasis};
use super::refusal::Refusal;
use super::shelf::OwnShelf;
use super::unreachable::Unreachable;
use crate::clock;

/// What came of a provider's fetches.
pub(super) struct Provider {
    /// As metrics and log call it.
    pub(super) name: String,
    /// In the order in which they were fetched.
    pub(super) documents: Vec<Document>,
    /// The clocks, where a server told the time.
    pub(super) clock: Option<Finding>,
    /// As requests would see it.
    pub(super) view: ProviderView,
}

/// A document, or what came instead.
pub(super) struct Document {
    pub(super) fetch: Fetch,
    /// It, where it came.
    pub(super) body: Option<Vec<u8>>,
    pub(super) findings: Vec<Finding>,
}

/// What was asked for and what came.
struct Asked {
    fetch: Fetch,
    came: Result<Answer, Unreachable>,
}

impl Provider {
    /// Fetches a provider's documents. `leeway` is the smallest `clock_skew` that its tokens meet.
    pub(super) fn examine(
        settings: &ProviderSettings,
        config: &Config,
        leeway: Duration,
        client: &Client,
    ) -> Self {
        let limits =
            DocumentLimits { document_bytes: config.limits.document_bytes, keys: config.limits.keys };
        let mut lifecycle = Lifecycle::new(settings.clone(), config.key_refresh.clone(), limits, VmId(0));
        let mut shelf = OwnShelf::default();
        let mut asked = Vec::new();
        let mut error = None;
        let mut commands = VecDeque::from(lifecycle.run(clock::now(), Event::Tick, &mut shelf));
        while let Some(command) = commands.pop_front() {
            match command {
                Command::Fetch(fetch) => {
                    let came = client.get(&fetch, limits.document_bytes);
                    let response = came.as_ref().map_or(Response::Lost, Answer::response);
                    let event = Event::Fetched(fetch.clone(), response);
                    commands.extend(lifecycle.run(clock::now(), event, &mut shelf));
                    asked.push(Asked { fetch, came });
                }
                Command::Report(Report::Failed { error: why, .. }) => error = Some(why),
                Command::Report(_) | Command::Install(_) | Command::Remember(_) => {}
            }
        }
        let view = lifecycle.view().clone();
        let clocks = asked.iter().filter_map(|one| one.came.as_ref().ok()?.clock);
        // What a cache keeps can be old, and is never ahead of its time.
        let clock = clocks
            .min_by_key(|difference: &Difference| difference.apart)
            .map(|difference| Finding::Clock { difference, leeway });
        let last = asked.len().saturating_sub(1);
        let documents = asked.into_iter().enumerate().map(|(at, one)| {
            let error = if at == last { error.take() } else { None };
            let findings = one.findings(settings, error, &view, limits.keys, client);
            let body = match one.came {
                Ok(Answer { status: 200, body: Body::Whole(body), .. }) => Some(body),
                _ => None,
            };
            Document { fetch: one.fetch, body, findings }
        });
        Self { name: settings.name.clone(), documents: documents.collect(), clock, view }
    }
}

impl Asked {
    fn findings(
        &self,
        settings: &ProviderSettings,
        error: Option<FetchError>,
        view: &ProviderView,
        most_keys: usize,
        client: &Client,
    ) -> Vec<Finding> {
        let answer = match &self.came {
            Ok(answer) => answer,
            Err(why) => return vec![Finding::Unreachable(why.clone())],
        };
        let body = match &answer.body {
            Body::TooLarge => return vec![Finding::Unusable(FetchError::TooLarge)],
            Body::Whole(_) if answer.status != 200 => {
                let refusal = error.map(|error| Refusal::of(error, answer, &self.fetch));
                return refusal.map(Finding::Refused).into_iter().collect();
            }
            Body::Whole(body) => body,
        };
        let mut findings = vec![Finding::Answered {
            content_type: answer.content_type.clone(),
            bytes: body.len(),
            took: answer.took,
            proxy: client.proxy_of(&self.fetch.url),
        }];
        match self.fetch.step {
            FetchStep::Metadata => {
                if let Ok(metadata) = ProviderMetadata::parse(body, settings) {
                    findings.push(issuer(&metadata, settings));
                }
            }
            FetchStep::Keys => {
                if let Some(metadata) = ProviderMetadata::configured(settings) {
                    findings.push(issuer(&metadata, settings));
                }
                findings.extend(keys_elsewhere(&self.fetch, settings));
                findings.extend(keys(body, view, most_keys));
            }
        }
        findings.extend(error.map(Finding::Unusable));
        findings
    }
}

fn issuer(metadata: &ProviderMetadata, settings: &ProviderSettings) -> Finding {
    let basis = match settings.pinned() {
        Some(_) if ProviderMetadata::configured(settings).is_some() => IssuerBasis::Configured,
        Some(pinned) if pinned == metadata.stated => IssuerBasis::Agreed,
        Some(_) => IssuerBasis::TenantOf(Excerpt::name(&metadata.stated)),
        None if IssuerPattern::parse(&metadata.issuer).is_template() => IssuerBasis::Template,
        None => IssuerBasis::Stated,
    };
    Finding::Issuer { issuer: Excerpt::name(&metadata.issuer), basis }
}

fn keys_elsewhere(fetch: &Fetch, settings: &ProviderSettings) -> Option<Finding> {
    let chosen = match settings.jwks_cluster {
        Some(_) => ClusterChoice::Configured,
        None => ClusterChoice::ByHost,
    };
    let is_elsewhere = fetch.url.host() != settings.document.url().host();
    is_elsewhere.then(|| Finding::KeysElsewhere {
        host: Excerpt::name(fetch.url.host()),
        cluster: Excerpt::name(&fetch.cluster),
        chosen,
    })
}

/// Key by key, in the document's order; those that are not used at the end.
fn keys(document: &[u8], view: &ProviderView, most: usize) -> Vec<Finding> {
    let (keys, skipped) = match KeySet::from_jwks_document(document, most) {
        Ok(KeyDocument { keys, skipped, .. }) => (keys, skipped),
        Err(KeySetError::NoUsableKey(skipped)) => (Vec::new(), skipped),
        Err(_) => (Vec::new(), SkippedKeys::default()),
    };
    let serving = view.keys.as_deref().map(KeySet::keys).unwrap_or_default();
    let mut findings: Vec<Finding> = Vec::new();
    for PublishedKey { jwk, key } in &keys {
        let is_same = |other: &Key| {
            other.id() == key.id() && other.subject_public_key_info_der() == key.subject_public_key_info_der()
        };
        findings.push(match key.issuer() {
            Some(issuer) if !serving.iter().any(|other| is_same(other)) => {
                Finding::ForeignKey { name: name(key), issuer: Excerpt::name(&issuer.text()) }
            }
            _ => {
                let text = |name: &str| jwk.get(name).and_then(Value::as_str);
                let kind: Vec<_> = ["kty", "crv"].into_iter().filter_map(text).collect();
                let algorithms: Vec<_> = key.usable_for().iter().map(|one| one.to_string()).collect();
                Finding::Key {
                    name: name(key),
                    kind: Excerpt::word(&kind.join(" ")),
                    algorithms: algorithms.join(", "),
                }
            }
        });
    }
    findings.extend(private_halves(document));
    findings.extend(skipped.first().iter().cloned().map(Finding::Skipped));
    let more = skipped.total().saturating_sub(skipped.first().len());
    findings.extend((more > 0).then_some(Finding::MoreSkipped(more)));
    findings
}

/// Keys that the document holds more of than it should. The filter's own reader passes private members over.
fn private_halves(document: &[u8]) -> Vec<Finding> {
    let document: Value = serde_json::from_slice(document).unwrap_or_default();
    let entries = document.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = |entry: &Value, name: &str| entry.get(name).and_then(Value::as_str).map(Excerpt::name);
    let is_private = |entry: &Value| entry.get("d").is_some_and(|private| !private.is_null());
    let told = entries.iter().enumerate().filter(|(_, entry)| is_private(entry)).map(|(at, entry)| {
        Finding::PrivateHalf {
            name: text(entry, "kid").unwrap_or_else(|| Excerpt::name(&format!("keys[{at}]"))),
        }
    });
    told.take(SHOWN).collect()
}

/// Its `kid`, or its thumbprint, as in the log.
fn name(key: &Key) -> Excerpt {
    match key.id() {
        Some(id) => Excerpt::name(id.as_str()),
        None => {
            Excerpt::name(&key.thumbprint().map_or_else(String::new, |text| format!("thumbprint:{text}")))
        }
    }
}

/// A provider that publishes one private key may well publish many.
const SHOWN: usize = 5;
