//! How often the host ticks.

use std::time::Duration;

use super::profile::Timer;

/// The period that the host was told last.
#[derive(Debug, Default)]
pub(super) struct Ticks {
    period: Option<Duration>,
}

impl Ticks {
    /// Chooses a period; gives it where the host has to be told.
    pub(super) fn choose(&mut self, timer: Timer, wanted: Duration) -> Option<Duration> {
        let period = match (timer, self.period) {
            (Timer::Adjustable, before) if before != Some(wanted) => wanted,
            (Timer::Fixed(period), None) => period,
            _ => return None,
        };
        self.period = Some(period);
        Some(period)
    }

    /// As [`Ticks::choose`], but only shortens the period: a flood of requests would otherwise put off a tick for ever.
    pub(super) fn hurry(&mut self, timer: Timer, wanted: Duration) -> Option<Duration> {
        self.period.is_none_or(|period| period > wanted).then(|| self.choose(timer, wanted)).flatten()
    }
}

/// Tick at once: the shortest period, since zero means never.
pub(super) const WAKE: Duration = Duration::from_millis(1);

/// Tick while requests are held: how soon a VM sees what another one fetched.
pub(super) const HOLDING_TICK: Duration = Duration::from_millis(10);

/// Tick while nothing is due: how soon a VM sees a background refresh of another one.
pub(super) const SLOWEST_TICK: Duration = Duration::from_secs(2);
