//! What a request costs as policies and live tokens grow.

use serde_json::Value;

use super::crowd::megabytes;
use super::plan::Plan;
use super::site::Site;
use crate::cpu::{CpuClock, give_own_processor};
use crate::figures::Spread;
use crate::load::Load;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::envoy::Envoy;
use validate_jwt_testbed::progress::blocking;

/// What requests cost one worker.
#[derive(Clone, Copy, Debug)]
pub struct Traffic {
    /// Microseconds of Envoy's processor time that a request costs more than without a filter.
    pub added: Spread,
    /// Percent of the tokens that were found in the verdict cache.
    pub hits: f64,
    /// Resident megabytes at the end.
    pub resident: f64,
}

/// Requests that come in turn, again and again.
pub(super) struct InTurn<'a> {
    all: &'a [Vec<u8>],
    next: usize,
}

impl<'a> InTurn<'a> {
    pub(super) fn new(all: &'a [Vec<u8>]) -> Self {
        Self { all, next: 0 }
    }

    /// The next so many.
    fn take(&mut self, count: usize) -> Vec<Vec<u8>> {
        let taken = self.all.iter().cycle().skip(self.next).take(count).cloned().collect();
        self.next = (self.next + count) % self.all.len().max(1);
        taken
    }
}

impl Traffic {
    /// Sends a round first that does not count, so that caches are as they are in a proxy that has been running for a while.
    pub(super) async fn measure(
        site: &Site,
        configuration: Value,
        mut requests: InTurn<'_>,
        plan: &Plan,
    ) -> Result<Self, Error> {
        // Every round is whole cycles: what a cache keeps of them comes together.
        let cycles = plan.requests.div_ceil(requests.all.len().max(1));
        let per_round = requests.all.len() * cycles;
        let listeners = [("none".to_owned(), None), (FILTERED.to_owned(), Some(configuration))];
        let envoy = site.envoy(listeners, 1).await?;
        let processors = give_own_processor(envoy.process_id())?;
        let clock = CpuClock::of(envoy.process_id());
        let load = async |listener: &str| {
            Ok::<_, Error>(Load { address: envoy.address(listener).await?, expected: 200, processors })
        };
        let (base, filtered) = (load("none").await?, load(FILTERED).await?);
        let first = requests.take(per_round);
        let mut sent = first.len();
        // Without the filter, too: a server that is warm answers more cheaply.
        turn(base, &clock, first.iter().take(plan.requests).cloned().collect()).await?;
        turn(filtered, &clock, first).await?;
        let before = lookups(&envoy, sent).await?;
        let mut added = Vec::new();
        for _ in 0..plan.rounds {
            let these = requests.take(per_round);
            sent += these.len();
            let some: Vec<_> = these.iter().take(plan.requests).cloned().collect();
            let before = turn(base, &clock, some.clone()).await?;
            let with = turn(filtered, &clock, these).await?;
            let after = turn(base, &clock, some).await?;
            added.push(with - f64::midpoint(before, after));
        }
        let after = lookups(&envoy, sent).await?;
        let [hits, misses] = [after.hits - before.hits, after.misses - before.misses];
        let hits = 100.0 * as_float(hits) / as_float(hits + misses);
        Ok(Self { added: Spread::of(&added), hits, resident: megabytes(envoy.resident_bytes()?) })
    }
}

/// Lookups in the verdict cache so far.
#[derive(Clone, Copy)]
struct Lookups {
    hits: u64,
    misses: u64,
}

/// What Envoy has counted once it has counted so many requests: the filter tells it now and then.
async fn lookups(envoy: &Envoy, sent: usize) -> Result<Lookups, Error> {
    let total = u64::try_from(sent).unwrap_or(u64::MAX);
    let stats = envoy.wait_for_stats(LOOKUPS, |stats| stats.values().sum::<u64>() >= total).await?;
    let of = |end: &str| stats.iter().filter(|(name, _)| name.ends_with(end)).map(|(_, count)| count).sum();
    Ok(Lookups { hits: of(".hit"), misses: of(".miss") })
}

/// Microseconds of the Envoy process per request.
async fn turn(load: Load, clock: &CpuClock, requests: Vec<Vec<u8>>) -> Result<f64, Error> {
    let clock = clock.clone();
    blocking(move || {
        let before = clock.read()?;
        load.as_fast_as_it_goes(&requests)?;
        let spent = clock.read()?.saturating_sub(before);
        Ok(spent.as_secs_f64() * 1e6 / as_float(u64::try_from(requests.len()).unwrap_or(u64::MAX)))
    })
    .await
}

fn as_float(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

const FILTERED: &str = "filtered";

const LOOKUPS: &str = "verdict_cache\\.(hit|miss)$";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_in_turn_begin_again_where_they_end() {
        let all: Vec<Vec<u8>> = (1..=3).map(|number| vec![number]).collect();
        let mut requests = InTurn::new(&all);
        let numbers = |requests: Vec<Vec<u8>>| requests.into_iter().flatten().collect::<Vec<u8>>();
        assert_eq!(numbers(requests.take(2)), [1, 2]);
        assert_eq!(numbers(requests.take(5)), [3, 1, 2, 3, 1]);
        assert_eq!(numbers(requests.take(1)), [2]);
    }
}
