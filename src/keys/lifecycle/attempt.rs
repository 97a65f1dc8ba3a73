//! One attempt to fetch: callouts sent, answers judged, the outcome published.

use std::rc::Rc;

use super::{Fetching, Lifecycle, Task};
use crate::excerpt::Excerpt;
use crate::keys::event::{Command, Step};
use crate::keys::fetch::{Fetch, FetchError, FetchStep, Response};
use crate::keys::metadata::ProviderMetadata;
use crate::keys::outcome::{Outcome, Reason};
use crate::keys::record::Record;
use crate::keys::seen_key::SeenKey;
use crate::time::UnixTime;
use crate::token::{IssuerPattern, KeyDocument, KeySet, SkippedKeys};

/// A document that is good.
enum Good {
    /// A discovery document, and the callout for the keys that it names.
    Metadata(ProviderMetadata, Fetch),
    /// The keys of the provider that this document described.
    Keys { metadata: ProviderMetadata, keys: Vec<SeenKey>, skipped: SkippedKeys },
}

impl Lifecycle {
    /// Sends the first callout. An unknown key is looked for in the JWKS alone, where its place is known.
    pub(super) fn start(&mut self, now: UnixTime, reason: Reason, steps: &mut Vec<Step>) {
        let known = match (&self.snapshot.record.metadata, reason) {
            (Some(known), Reason::UnknownKey) => Some(known.clone()),
            _ => ProviderMetadata::configured(&self.settings),
        };
        let until = now + self.lease_time();
        match (known, Fetch::metadata(&self.settings)) {
            (None, Some(fetch)) => self.send(Fetching { reason, fetch, metadata: None, until }, steps),
            (Some(metadata), document) => match (Fetch::keys(&self.settings, &metadata.jwks_uri), document) {
                (Ok(fetch), _) => {
                    self.send(Fetching { reason, fetch, metadata: Some(metadata), until }, steps);
                }
                // What another configuration took is not good here: the document is asked again.
                (Err(_), Some(fetch)) => {
                    self.send(Fetching { reason, fetch, metadata: None, until }, steps);
                }
                (Err(_), None) => {}
            },
            (None, None) => {}
        }
    }

    pub(super) fn send(&mut self, fetching: Fetching, steps: &mut Vec<Step>) {
        steps.push(Step::Command(Command::Fetch(fetching.fetch.clone())));
        self.task = Task::Fetching(Box::new(fetching));
    }

    pub(super) fn fetched(
        &mut self,
        now: UnixTime,
        asked: &Fetch,
        response: &Response,
        steps: &mut Vec<Step>,
    ) {
        let Fetching { reason, fetch, metadata, until } = match std::mem::replace(&mut self.task, Task::Idle)
        {
            Task::Fetching(fetching) if fetching.fetch == *asked => *fetching,
            // An answer that came too late.
            other => {
                self.task = other;
                return;
            }
        };
        let judged = response.document().and_then(|document| match metadata {
            Some(metadata) if fetch.step == FetchStep::Keys => self.keys(now, document, metadata),
            _ => self.metadata(now, document),
        });
        let outcome = match judged {
            Ok(Good::Metadata(metadata, fetch)) => {
                return self.send(Fetching { reason, fetch, metadata: Some(metadata), until }, steps);
            }
            Ok(Good::Keys { metadata, keys, skipped }) => Outcome::Good { reason, metadata, keys, skipped },
            Err(error) => Outcome::Bad { reason, fetch, error },
        };
        let outcome = Rc::new(outcome);
        let record = self.after(&outcome, now);
        steps.push(Step::Command(Command::Report(outcome.report(
            &self.snapshot.record,
            &record,
            &self.refresh,
        ))));
        self.publish(outcome, record, steps);
    }

    /// Judges a discovery document.
    fn metadata(&self, now: UnixTime, document: &[u8]) -> Result<Good, FetchError> {
        let metadata = ProviderMetadata::parse(document, &self.settings).map_err(FetchError::Metadata)?;
        let fetch = self.next_fetch(now, &metadata)?;
        Ok(Good::Metadata(metadata, fetch))
    }

    /// Judges a key set. Of keys that all speak for another issuer none is taken.
    fn keys(&self, now: UnixTime, document: &[u8], metadata: ProviderMetadata) -> Result<Good, FetchError> {
        let read = KeySet::from_jwks_document(document, self.limits.keys).map_err(FetchError::Keys)?;
        let KeyDocument { keys, skipped, .. } = read;
        let first = keys.iter().find_map(|one| one.key.issuer()).map(|own| Excerpt::name(&own.text()));
        let expected = IssuerPattern::parse(&metadata.issuer);
        // Entra's keys name issuers of their own.
        let own = keys.into_iter().filter(|one| one.key.issuer().is_none_or(|own| own.overlaps(&expected)));
        let keys: Vec<_> = own.map(|one| SeenKey::fetched(now, one)).collect();
        match first {
            Some(stated) if keys.is_empty() => {
                Err(FetchError::ForeignKeys { stated, expected: Excerpt::name(&metadata.issuer) })
            }
            _ => Ok(Good::Keys { metadata, keys, skipped }),
        }
    }

    /// The callout for the keys of a document that is good here.
    pub(super) fn next_fetch(&self, now: UnixTime, metadata: &ProviderMetadata) -> Result<Fetch, FetchError> {
        if let Some(serving) = self.other_issuer_serving(now, metadata) {
            let stated = Excerpt::name(&metadata.issuer);
            return Err(FetchError::IssuerChanged { stated, serving: Excerpt::name(serving) });
        }
        match self.settings.objection(&metadata.issuer) {
            Some(objection) => Err(FetchError::Claimed(Box::new(objection))),
            None => Fetch::keys(&self.settings, &metadata.jwks_uri),
        }
    }

    /// The issuer whose keys serve, if a new document names another: a document of somebody else does not take good keys
    /// away.
    pub(super) fn other_issuer_serving(&self, now: UnixTime, metadata: &ProviderMetadata) -> Option<&str> {
        self.stated().filter(|known| self.serves(now) && *known != metadata.issuer)
    }

    pub(super) fn publish(&mut self, outcome: Rc<Outcome>, record: Record, steps: &mut Vec<Step>) {
        self.task = Task::Publishing(outcome);
        steps.push(Step::Publish { record, expected: self.snapshot.version });
    }

    /// The record as an outcome leaves it.
    pub(super) fn after(&self, outcome: &Outcome, now: UnixTime) -> Record {
        outcome.applied_to(&self.snapshot.record, self.vm, now, &self.refresh, self.limits.keys)
    }
}
