//! What a [`Lifecycle`](super::Lifecycle) is told, and what it asks for.

use super::fetch::{Fetch, FetchError, Response};
use super::keyring::ProviderView;
use super::owners::Objection;
use super::record::Record;
use super::seen_key::SeenKey;
use crate::excerpt::Excerpt;
use crate::time::UnixTime;
use crate::token::SkippedKeys;

/// Why a request needs keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Want {
    /// There are none, or they are too old.
    FirstKeys,
    /// There are, but not the one that the token names.
    UnknownKey,
    /// There is one that the token names, or could mean, and it did not make the signature: it may have been replaced.
    /// Keys that came after the request say so for good.
    ReplacedKey,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The shared record was read.
    Seen(Snapshot),
    /// There is no record yet, but another configuration's, of the same place.
    Inherited(Record),
    /// The record was replaced; the record as read afterwards.
    Published(Snapshot),
    /// The record was not replaced: it had changed to this.
    Refused(Snapshot),
    /// Time went by.
    Tick,
    /// A request needs keys. The host feeds [`Event::Seen`] first.
    Wanted(Want),
    /// A [`Command::Fetch`] is over.
    Fetched(Fetch, Response),
}

/// The shared record at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// What it says.
    pub record: Record,
    /// What a change of it has to expect.
    pub version: Version,
}

/// The version of a record, for compare-and-swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// There is no record yet.
    Missing,
    /// The host's number.
    Number(u32),
}

/// What a state machine has to have done: a change of its record, and whatever else.
#[derive(Debug)]
pub(super) enum Step {
    /// The shared record is replaced, if it is still of this version.
    Publish { record: Record, expected: Version },
    /// For the filter.
    Command(Command),
}

/// What the filter has to do.
#[derive(Debug, Clone)]
pub enum Command {
    /// Leave what was fetched for configurations that have no record of their own yet.
    Remember(Record),
    /// Send a callout.
    Fetch(Fetch),
    /// Show requests this view.
    Install(ProviderView),
    /// Tell the operator.
    Report(Report),
}

/// What an operator wants to know of a fetch.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// It brought usable keys.
    Fetched {
        /// How many keys serve now.
        usable: usize,
        /// Keys of the document that are of no use.
        skipped: SkippedKeys,
        /// Which keys came and went.
        changes: KeyChanges,
        /// The failures that are over with it.
        recovery: Option<Recovery>,
        /// When the next attempt is.
        next_attempt: UnixTime,
    },
    /// It brought nothing.
    Failed {
        /// What was asked for.
        fetch: Fetch,
        /// What came.
        error: FetchError,
        /// Failures in a row, this one included.
        failures: u32,
        /// When the first of them was.
        since: Option<UnixTime>,
        /// Until when the keys at hand serve; `None` when there are none.
        serves_until: Option<UnixTime>,
        /// When the next attempt is.
        next_attempt: UnixTime,
    },
    /// What another configuration fetched names an issuer that is somebody else's here.
    Unbelieved(Objection),
}

/// Keys that a fetch brought or ended, by their `kid`, or by their thumbprint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyChanges {
    /// New, or with new material.
    pub new: Vec<Excerpt>,
    /// Not seen for `key_ttl`, or with other material before.
    pub gone: Vec<Excerpt>,
}

/// Failures that are over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// How many in a row.
    pub failures: u32,
    /// When the first one was.
    pub since: UnixTime,
    /// Why the last one was.
    pub last: Option<Excerpt>,
}

impl KeyChanges {
    /// What differs between two lists of keys.
    pub(super) fn between(before: &[SeenKey], after: &[SeenKey]) -> Self {
        let only = |these: &[SeenKey], those: &[SeenKey]| {
            let missing = these.iter().filter(|one| !those.iter().any(|other| other.is_same(one)));
            missing.map(SeenKey::name).collect()
        };
        Self { new: only(after, before), gone: only(before, after) }
    }
}
