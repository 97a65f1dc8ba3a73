//! Keys: whose they are, where they come from, how they stay fresh.
//!
//! Sans-IO: a [`Lifecycle`] per provider and VM is fed [`Event`]s with the time and gives [`Command`]s.
//! All VMs of a proxy share one [`Record`] per provider, changed by compare-and-swap only; a lease in it
//! decides who fetches. What requests see is the [`Keyring`].
//!
//! Not here: holding a request, driving the life cycles (`filter`); sending a callout, reading shared data (`host`).

mod declined;
mod event;
mod fetch;
mod home;
mod keyring;
mod lifecycle;
mod log_line;
mod merge;
mod metadata;
mod outcome;
mod owners;
mod pause;
mod provider;
mod provider_id;
mod record;
mod record_form;
mod seen_key;
mod settings;
mod shelf;
mod url;

#[cfg(test)]
mod tests;

pub use declined::Declined;
pub use event::{Command, Event, KeyChanges, Recovery, Report, Snapshot, Version, Want};
pub use fetch::{Fetch, FetchError, FetchStep, Response};
pub use keyring::{Keyring, ProviderView};
pub use lifecycle::Lifecycle;
pub use log_line::Severity;
pub use metadata::{MetadataError, ProviderMetadata};
pub use owners::{Claimants, Directory, InlineKeys, Objection, Owner, Owners, Party, Remark, Tenancy};
pub use provider::{PlainHttp, ProviderDocument, ProviderSettings};
pub use provider_id::ProviderId;
pub use record::{LastError, Lease, Record, VmId};
pub use record_form::RecordError;
pub use seen_key::SeenKey;
pub use settings::{DocumentLimits, RefreshSettings, WaitMode};
pub use shelf::{Replaced, Shelf};
pub use url::{InvalidUrl, Scheme, Url};
