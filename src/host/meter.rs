//! The host's metrics, defined at load.

use std::collections::HashMap;

use super::abi::{self, MetricId, MetricKind};
use crate::gate::{Gate, Mode, Policy};
use crate::keys::ProviderId;
use crate::metrics::{CacheCounter, HELD_REQUESTS, NO_POLICY, ProviderMetric, RequestCounter};

/// Every metric of one configuration. A host without metrics leaves them out.
pub(super) struct Meter {
    /// By policy name: a request's cost does not grow with the number of policies.
    policies: HashMap<String, Vec<Option<MetricId>>>,
    /// Hits and misses of every policy, in the gate's order.
    cache: Vec<[Option<MetricId>; 2]>,
    providers: Vec<[Option<MetricId>; 4]>,
    held: Option<MetricId>,
}

impl Meter {
    pub(super) fn new<'a>(gate: &Gate, providers: impl Iterator<Item = &'a str>) -> Self {
        let counter = |name: String| abi::define_metric(MetricKind::Counter, &name).ok();
        let reports = |policy: &Policy| policy.requirements().any(|one| one.mode == Mode::ReportOnly);
        let named = gate.policies().iter().map(|policy| (policy.name.to_string(), reports(policy)));
        let none = std::iter::once((NO_POLICY.to_owned(), false));
        // A policy that happens to have that name counts as itself.
        let policies = none.chain(named).map(|(name, reports)| {
            let used =
                |counter: &RequestCounter| reports || !matches!(counter, RequestCounter::WouldReject(_));
            let ids = RequestCounter::all()
                .map(|one| used(&one).then(|| counter(one.name(&name))).flatten())
                .collect();
            (name, ids)
        });
        let gauge = |name: String| abi::define_metric(MetricKind::Gauge, &name).ok();
        let cache = gate
            .policies()
            .iter()
            .map(|policy| [CacheCounter::Hit, CacheCounter::Miss].map(|one| counter(one.name(&policy.name))));
        Self {
            cache: cache.collect(),
            policies: policies.collect(),
            providers: providers
                .map(|provider| {
                    [
                        counter(ProviderMetric::FetchSuccess.name(provider)),
                        counter(ProviderMetric::FetchFailure.name(provider)),
                        gauge(ProviderMetric::Usable.name(provider)),
                        gauge(ProviderMetric::AgeSeconds.name(provider)),
                    ]
                })
                .collect(),
            held: gauge(HELD_REQUESTS.to_owned()),
        }
    }

    /// Counts a request.
    pub(super) fn count(&self, policy: Option<&str>, counter: RequestCounter) {
        let name = policy.unwrap_or(NO_POLICY);
        if let Some(Some(id)) = self.policies.get(name).and_then(|ids| ids.get(counter.index())) {
            let _ = abi::add_metric(*id, 1);
        }
    }

    /// Adds what the cache did since the last call.
    pub(super) fn lookups(&self, gate: &Gate) {
        for ((_, lookups), ids) in gate.take_lookups().zip(&self.cache) {
            for (count, id) in [lookups.hits, lookups.misses].into_iter().zip(ids) {
                if let (Some(id), Ok(count @ 1..)) = (id, i64::try_from(count)) {
                    let _ = abi::add_metric(*id, count);
                }
            }
        }
    }

    /// Counts a fetch.
    pub(super) fn fetched(&self, provider: ProviderId, metric: ProviderMetric) {
        if let Some(id) = self.provider(provider, metric) {
            let _ = abi::add_metric(id, 1);
        }
    }

    /// Sets a gauge of a provider.
    pub(super) fn set(&self, provider: ProviderId, metric: ProviderMetric, value: u64) {
        if let Some(id) = self.provider(provider, metric) {
            let _ = abi::record_metric(id, value);
        }
    }

    /// Adds to the number of held requests, which all workers share.
    pub(super) fn held(&self, change: i64) {
        if let Some(id) = self.held {
            let _ = abi::add_metric(id, change);
        }
    }

    fn provider(&self, provider: ProviderId, metric: ProviderMetric) -> Option<MetricId> {
        *self.providers.get(provider.0)?.get(metric as usize)?
    }
}
