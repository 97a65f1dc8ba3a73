//! What has to be true once everything is over.

use std::time::Duration;

use super::World;
use crate::provider::Moment;

impl World {
    /// What has to be true once everything is over.
    pub(super) fn end(&self) -> Result<(), String> {
        for (at, vm) in self.vms.iter().enumerate() {
            let Some(vm) = vm else { return Err(format!("VM {at} was never started again")) };
            if let Some((id, open)) = vm.open.iter().next() {
                return Err(format!("{id:?} never had an answer: {open:?}"));
            }
            if vm.filter.held() > 0 || vm.filter.callouts() > self.providers.len() {
                return Err(format!(
                    "VM {at} keeps {} requests, {} callouts",
                    vm.filter.held(),
                    vm.filter.callouts()
                ));
            }
            let before = self.quiet_ticks.as_ref().map_or(0, |ticks| ticks[at]);
            if vm.ticks - before > MOST_QUIET_TICKS {
                return Err(format!("VM {at} ticked {} times while nothing happened", vm.ticks - before));
            }
        }
        let (values, bytes) = self.shared.size();
        // A record for each configuration of its own, and what was fetched from the place.
        if values > self.providers.len() * (2 + self.configurations) || bytes > 100_000 {
            return Err(format!("shared data holds {values} values, {bytes} bytes"));
        }
        self.attempts()
    }

    /// Providers are asked no more often than documented.
    fn attempts(&self) -> Result<(), String> {
        let times = &self.plan.times;
        for provider in &self.providers {
            let per = |time: Duration| self.now.as_secs_f64() / time.as_secs_f64();
            let refreshed = times.interval.min(times.max_stale * 4 / 5);
            let causes = if provider.faults == 0 && provider.healthy_since == Some(Moment::ZERO) {
                per(refreshed) / 0.85
            } else {
                per(times.retry_initial) / 0.85 + per(refreshed) / 0.85
            };
            let most = causes + per(times.unknown_kid_interval) + 3.0;
            #[expect(clippy::cast_precision_loss, reason = "a small number")]
            let attempts = provider.attempts.len() as f64;
            if self.disturbed.is_none() && attempts > most {
                return Err(format!(
                    "{attempts} attempts on {}, {most:.1} documented",
                    provider.identity.host
                ));
            }
        }
        Ok(())
    }
}

/// Four ticks a second are a fixed timer; waiting for another worker's refresh adds fifty a second.
const MOST_QUIET_TICKS: u64 = 120;
