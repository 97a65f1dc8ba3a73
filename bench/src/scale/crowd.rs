//! Many plugins in one Envoy, or many workers: what a start costs, and what is burnt while nothing happens.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::plan::Plan;
use super::site::Site;
use crate::cpu::CpuClock;
use crate::figures::Spread;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::Request;

/// What an Envoy with so many plugins and workers costs.
#[derive(Clone, Debug)]
pub struct Crowd {
    /// Seconds of processor time until it is ready.
    pub ready: Spread,
    /// The same until every plugin has let a request pass, with the provider's keys.
    pub serving: Spread,
    /// Resident megabytes then.
    pub resident: Spread,
    /// How often the provider's documents were asked for, the document that was most.
    pub fetches: usize,
    /// Percent of one processor while nothing happens.
    pub idle: Spread,
}

/// One start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    ready: f64,
    serving: f64,
    resident: f64,
    fetches: usize,
    idle: f64,
}

impl Crowd {
    pub(super) fn of(samples: &[Sample]) -> Self {
        let spread = |figure: fn(&Sample) -> f64| Spread::of(&samples.iter().map(figure).collect::<Vec<_>>());
        Self {
            ready: spread(|one| one.ready),
            serving: spread(|one| one.serving),
            resident: spread(|one| one.resident),
            fetches: samples.iter().map(|one| one.fetches).max().unwrap_or_default(),
            idle: spread(|one| one.idle),
        }
    }
}

impl Sample {
    /// Starts an Envoy with a listener for each configuration, and watches it once it is idle.
    pub(super) async fn take(
        site: &Site,
        configurations: &[Option<Value>],
        workers: u32,
        plan: &Plan,
    ) -> Result<Self, Error> {
        site.provider.forget_requests();
        let named = configurations.iter().cloned().enumerate();
        let listeners = named.map(|(number, one)| (format!("plugin-{number}"), one));
        let envoy = site.envoy(listeners, workers).await?;
        let ready = envoy.cpu_time()?.as_secs_f64();
        let request = Request::get("/orders/4711").bearer(&site.token());
        for (name, address) in envoy.addresses().await? {
            let answer = request.send(address).await?;
            if answer.status != 200 {
                let detail = format!("expected status 200 from {name}, found {}", answer.status);
                return Err(Error::configuration(detail));
            }
        }
        let serving = envoy.cpu_time()?.as_secs_f64();
        let resident = megabytes(envoy.resident_bytes()?);
        let clock = CpuClock::of(envoy.process_id());
        let mut before = Vec::new();
        while !has_settled(&before) {
            before.push(burnt(&clock, plan.settling).await?);
        }
        let idle = burnt(&clock, plan.watched).await?;
        let fetches = site.fetches().into_values().max().unwrap_or_default();
        Ok(Self { ready, serving, resident, fetches, idle })
    }
}

/// Percent of one processor that is used in some time.
async fn burnt(clock: &CpuClock, time: Duration) -> Result<f64, Error> {
    let begun = Instant::now();
    let before = clock.read()?;
    tokio::time::sleep(time).await;
    let spent = clock.read()?.saturating_sub(before);
    Ok(100.0 * spent.as_secs_f64() / begun.elapsed().as_secs_f64())
}

/// Whether what follows a start is over: the last of some windows is hardly cheaper than the dearest before it.
fn has_settled(windows: &[f64]) -> bool {
    let Some([earlier @ .., last]) = windows.last_chunk::<COMPARED>() else { return false };
    *last > 0.8 * earlier.iter().copied().fold(0.0, f64::max)
}

pub(super) fn megabytes(bytes: u64) -> f64 {
    // A gibibyte is far from where this is not exact.
    f64::from(u32::try_from(bytes >> 10).unwrap_or(u32::MAX)) / 1024.0
}

/// How many windows have to be alike.
const COMPARED: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_over_once_its_windows_are_alike() {
        for (windows, settled) in [
            (&[][..], false),
            (&[1.0, 1.0, 1.0], false),
            (&[1.0, 1.0, 1.0, 0.9], true),
            (&[40.0, 9.0, 1.0, 1.0], false),
            (&[40.0, 9.0, 1.0, 1.0, 1.0, 1.1], true),
        ] {
            assert_eq!(has_settled(windows), settled, "{windows:?}");
        }
    }

    #[test]
    fn megabytes_are_those_of_memory() {
        assert!((megabytes(3 << 19) - 1.5).abs() < f64::EPSILON);
    }
}
