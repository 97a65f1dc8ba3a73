//! Names of metrics, as data: fixed at load, so that nothing a stranger sends can create one.

use crate::gate::{Outcome, Reason};

/// The counters of one policy, by what they count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestCounter {
    /// Requests that the policy accepted.
    Allowed,
    /// Requests without a token, under a policy that demands none.
    Anonymous,
    /// Requests under an allow rule.
    Exempt,
    /// Refused requests.
    Refused(Reason),
    /// Requests that report-only mode let pass.
    WouldRefuse(Reason),
}

/// The verdict cache's counters of one policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheCounter {
    /// Tokens found in the cache.
    Hit,
    /// Tokens verified in full.
    Miss,
}

impl CacheCounter {
    /// Its name for a policy.
    pub fn name(self, policy: &str) -> String {
        let last = match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
        };
        format!("{PREFIX}.{policy}.verdict_cache.{last}")
    }
}

/// The metrics of one provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderMetric {
    /// Counter: attempts that brought usable keys.
    FetchSuccess,
    /// Counter: attempts that brought nothing.
    FetchFailure,
    /// Gauge: usable keys.
    Usable,
    /// Gauge: seconds since the last success; since loading, where there was none.
    AgeSeconds,
    /// Gauge: a 32-bit fingerprint of the keys that serve, 0 for none. Proxies that hold the same keys show the same.
    KeySet,
    /// Histogram: milliseconds that an attempt took.
    FetchMilliseconds,
}

impl RequestCounter {
    /// Every counter of a policy, in the order of [`RequestCounter::index`].
    pub fn all() -> impl Iterator<Item = Self> {
        let refused = Reason::ALL.into_iter().map(Self::Refused);
        let would = Reason::ALL.into_iter().map(Self::WouldRefuse);
        [Self::Allowed, Self::Anonymous, Self::Exempt].into_iter().chain(refused).chain(would)
    }

    /// Its place among [`RequestCounter::all`].
    pub fn index(self) -> usize {
        match self {
            Self::Allowed => 0,
            Self::Anonymous => 1,
            Self::Exempt => 2,
            Self::Refused(reason) => 3 + reason as usize,
            Self::WouldRefuse(reason) => 3 + Reason::ALL.len() + reason as usize,
        }
    }

    /// Its name for a policy.
    pub fn name(self, policy: &str) -> String {
        match self {
            Self::Allowed => format!("{PREFIX}.{policy}.allowed"),
            Self::Anonymous => format!("{PREFIX}.{policy}.anonymous"),
            Self::Exempt => format!("{PREFIX}.{policy}.exempt"),
            Self::Refused(reason) => format!("{PREFIX}.{policy}.rejected.{}", reason.code()),
            Self::WouldRefuse(reason) => format!("{PREFIX}.{policy}.would_reject.{}", reason.code()),
        }
    }
}

impl From<Outcome> for RequestCounter {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Allowed => Self::Allowed,
            Outcome::Anonymous => Self::Anonymous,
            Outcome::Exempt => Self::Exempt,
            Outcome::WouldRefuse(reason) => Self::WouldRefuse(reason),
        }
    }
}

impl ProviderMetric {
    /// Every metric of a provider, in the order of their discriminants.
    pub const ALL: [Self; 6] = [
        Self::FetchSuccess,
        Self::FetchFailure,
        Self::Usable,
        Self::AgeSeconds,
        Self::KeySet,
        Self::FetchMilliseconds,
    ];

    /// Its name for a provider.
    pub fn name(self, provider: &str) -> String {
        let last = match self {
            Self::FetchSuccess => "fetch_success",
            Self::FetchFailure => "fetch_failure",
            Self::Usable => "usable",
            Self::AgeSeconds => "age_seconds",
            Self::KeySet => "key_set",
            Self::FetchMilliseconds => "fetch_milliseconds",
        };
        format!("{PREFIX}.keys.{provider}.{last}")
    }
}

/// Gauge: requests held for keys.
pub const HELD_REQUESTS: &str = "validate_jwt.held_requests";

/// Histogram: milliseconds that a request was held.
pub const HELD_MILLISECONDS: &str = "validate_jwt.held_milliseconds";

/// Counter: proofs of possession that were forgotten before their time, since there were too many.
pub const PROOFS_FORGOTTEN: &str = "validate_jwt.proofs_forgotten";

/// What stands for a policy where none decided: allow rules and ambiguous requests.
pub const NO_POLICY: &str = "rules";

const PREFIX: &str = "validate_jwt";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_stand_at_their_index_and_have_distinct_names() {
        let names: Vec<_> = RequestCounter::all().map(|counter| counter.name("p")).collect();
        for (at, counter) in RequestCounter::all().enumerate() {
            assert_eq!(counter.index(), at);
        }
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
        assert!(names.contains(&"validate_jwt.p.rejected.token_expired".to_owned()));
    }
}
