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
    pub(crate) fn of(values: &[f64]) -> Self {
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

    /// With so many digits behind the point.
    pub(crate) fn told(self, decimals: usize) -> String {
        let Self { median, least, most } = self;
        format!("{median:.decimals$} ({least:.decimals$} to {most:.decimals$})")
    }
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
}
