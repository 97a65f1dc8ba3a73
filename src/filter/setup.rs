//! What a filter is made of.

use crate::gate::Gate;
use crate::keys::{DocumentLimits, ProviderSettings, RefreshSettings};

/// The parts of a filter, from a checked configuration.
#[derive(Debug)]
pub struct Setup {
    /// What decides on requests.
    pub gate: Gate,
    /// Whose keys are kept, in the order of their ids.
    pub providers: Vec<ProviderSettings>,
    /// `key_refresh`.
    pub refresh: RefreshSettings,
    /// Bounds on what a provider may send.
    pub documents: DocumentLimits,
    /// Most requests that are held at a time.
    pub held_requests: usize,
}
