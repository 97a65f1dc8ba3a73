//! The host's metrics, defined at load.

use std::collections::HashMap;

use super::abi::{self, MetricId, MetricKind};
use crate::filter::Count;
use crate::gate::{Gate, Mode, Policy};
use crate::keys::ProviderId;
use crate::metrics::{
    CacheCounter, HELD_MILLISECONDS, HELD_REQUESTS, NO_POLICY, PROOFS_FORGOTTEN, ProviderMetric,
    RequestCounter,
};

/// Every metric of one configuration. A host without metrics leaves them out.
pub(super) struct Meter {
    /// By policy name: a request's cost does not grow with the number of policies.
    policies: HashMap<String, Vec<Option<MetricId>>>,
    /// Hits and misses of every policy, in the gate's order.
    cache: Vec<[Option<MetricId>; 2]>,
    providers: Vec<[Option<MetricId>; ProviderMetric::ALL.len()]>,
    held: Option<MetricId>,
    held_for: Option<MetricId>,
    proofs_forgotten: Option<MetricId>,
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
                |counter: &RequestCounter| reports || !matches!(counter, RequestCounter::WouldRefuse(_));
            let ids = RequestCounter::all()
                .map(|one| used(&one).then(|| counter(one.name(&name))).flatten())
                .collect();
            (name, ids)
        });
        let gauge = |name: String| abi::define_metric(MetricKind::Gauge, &name).ok();
        let histogram = |name: String| abi::define_metric(MetricKind::Histogram, &name).ok();
        let define = |metric: ProviderMetric, provider: &str| match metric {
            ProviderMetric::FetchSuccess | ProviderMetric::FetchFailure => counter(metric.name(provider)),
            ProviderMetric::Usable | ProviderMetric::AgeSeconds | ProviderMetric::KeySet => {
                gauge(metric.name(provider))
            }
            ProviderMetric::FetchMilliseconds => histogram(metric.name(provider)),
        };
        let cache = gate
            .policies()
            .iter()
            .map(|policy| [CacheCounter::Hit, CacheCounter::Miss].map(|one| counter(one.name(&policy.name))));
        Self {
            cache: cache.collect(),
            policies: policies.collect(),
            providers: providers
                .map(|provider| ProviderMetric::ALL.map(|metric| define(metric, provider)))
                .collect(),
            held: gauge(HELD_REQUESTS.to_owned()),
            held_for: histogram(HELD_MILLISECONDS.to_owned()),
            proofs_forgotten: counter(PROOFS_FORGOTTEN.to_owned()),
        }
    }

    /// Carries a change of a metric out.
    pub(super) fn count(&self, count: &Count) {
        let add = |id: Option<MetricId>, offset: i64| id.map(|id| abi::add_metric(id, offset));
        // Best effort: a metric that the host does not take costs nobody an answer.
        let _ = match count {
            Count::Request(policy, counter) => {
                let name = policy.as_deref().unwrap_or(NO_POLICY);
                let id = self.policies.get(name).and_then(|ids| ids.get(counter.index()));
                add(id.copied().flatten(), 1)
            }
            Count::Lookups(at, lookups) => {
                for (count, id) in
                    [lookups.hits, lookups.misses].into_iter().zip(self.cache.get(*at).into_iter().flatten())
                {
                    if let Ok(count @ 1..) = i64::try_from(count) {
                        let _ = add(*id, count);
                    }
                }
                None
            }
            Count::Fetch(provider, metric) => add(self.provider(*provider, *metric), 1),
            Count::Provider(provider, metric, value) => {
                self.provider(*provider, *metric).map(|id| abi::record_metric(id, *value))
            }
            // A gauge that all workers share.
            Count::Held(change) => add(self.held, *change),
            Count::ProofsForgotten(number) => {
                i64::try_from(*number).ok().and_then(|number| add(self.proofs_forgotten, number))
            }
            Count::HeldFor(time) => {
                let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                self.held_for.map(|id| abi::record_metric(id, milliseconds))
            }
        };
    }

    fn provider(&self, provider: ProviderId, metric: ProviderMetric) -> Option<MetricId> {
        *self.providers.get(provider.0)?.get(metric as usize)?
    }
}
