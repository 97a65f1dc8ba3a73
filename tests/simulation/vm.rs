//! One VM: a filter, its open requests, and the host's side of its timer and callouts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use validate_jwt::config::Config;
use validate_jwt::filter::{Filter, RequestId};
use validate_jwt::keys::VmId;
use validate_jwt::time::UnixTime;

use crate::caller::Token;
use crate::plan::Plan;
use crate::provider::Moment;

/// One VM while it lives.
pub(crate) struct Vm {
    pub(crate) filter: Filter,
    /// Requests without an answer yet.
    pub(crate) open: BTreeMap<RequestId, Open>,
    pub(crate) period: Option<Duration>,
    /// Changes with every change of the period, so that ticks of the one before are told apart.
    pub(crate) timer: u64,
    pub(crate) started: Moment,
    pub(crate) ticks: u64,
    /// Providers whose discovery document has just come: the next callout goes on with that attempt.
    pub(crate) has_metadata: BTreeSet<usize>,
}

/// A request that is open.
#[derive(Debug, Clone)]
pub(crate) struct Open {
    pub(crate) token: Token,
    pub(crate) asked: Moment,
}

/// The filter of a configuration.
pub(crate) fn filter(plan: &Plan, variant: u64, vm: u64, now: UnixTime) -> Filter {
    let text = plan.configuration(variant).to_string();
    let config = Config::parse(text.as_bytes()).unwrap_or_else(|problems| panic!("{problems:?}"));
    Filter::new(validate_jwt::setup(config), VmId(vm), plan.profile, now)
}
