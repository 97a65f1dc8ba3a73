//! What many latencies come to.

use std::time::Duration;

/// The latency that so many of a hundred requests did not exceed.
pub fn percentile(latencies: &mut [Duration], percent: usize) -> Duration {
    latencies.sort_unstable();
    let at = (latencies.len() * percent).div_ceil(100).saturating_sub(1);
    latencies.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_latency_that_was_measured() {
        let mut latencies: Vec<_> = (1..=200).rev().map(Duration::from_micros).collect();
        assert_eq!(percentile(&mut latencies, 50), Duration::from_micros(100));
        assert_eq!(percentile(&mut latencies, 99), Duration::from_micros(198));
        assert_eq!(percentile(&mut [], 99), Duration::ZERO);
    }
}
