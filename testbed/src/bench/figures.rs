//! From turns to figures.

use std::time::Duration;

/// Median, least and most of several rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The median.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
}

/// What a variant cost.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Microseconds of Envoy's processor time that a request costs more than without a filter, per round.
    pub added: Vec<f64>,
    /// Requests per second as fast as it goes, with eight connections to one worker.
    pub throughput: Spread,
    /// Median and 99th percentile at the fixed rate, where that was measured.
    pub latency: Option<[Duration; 2]>,
}

impl Figures {
    /// What it costs more than without a filter.
    pub fn added(&self) -> Spread {
        Spread::of(&self.added)
    }

    /// The ratio of what it adds to what another one adds, within each round.
    pub fn ratio_to(&self, other: &Self) -> Spread {
        let ratios: Vec<f64> = self.added.iter().zip(&other.added).map(|(own, other)| own / other).collect();
        Spread::of(&ratios)
    }
}

impl Spread {
    /// Of some values; zeros of none.
    pub(super) fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
        let middle = sorted.len() / 2;
        let median = if sorted.len().is_multiple_of(2) {
            f64::midpoint(at(middle.saturating_sub(1)), at(middle))
        } else {
            at(middle)
        };
        Self { median, least: at(0), most: at(sorted.len().saturating_sub(1)) }
    }
}

/// The latency that so many of a hundred requests did not exceed.
pub(crate) fn percentile(latencies: &mut [Duration], percent: usize) -> Duration {
    latencies.sort_unstable();
    let at = (latencies.len() * percent).div_ceil(100).saturating_sub(1);
    latencies.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_median_least_and_most() {
        let spread = |median, least, most| Spread { median, least, most };
        assert_eq!(Spread::of(&[3.0, 1.0, 2.0]), spread(2.0, 1.0, 3.0));
        assert_eq!(Spread::of(&[4.0, 1.0, 2.0, 3.0]), spread(2.5, 1.0, 4.0));
        assert_eq!(Spread::of(&[]), spread(0.0, 0.0, 0.0));
    }

    #[test]
    fn a_percentile_is_a_latency_that_was_measured() {
        let mut latencies: Vec<_> = (1..=200).rev().map(Duration::from_micros).collect();
        assert_eq!(percentile(&mut latencies, 50), Duration::from_micros(100));
        assert_eq!(percentile(&mut latencies, 99), Duration::from_micros(198));
        assert_eq!(percentile(&mut [], 99), Duration::ZERO);
    }
}
