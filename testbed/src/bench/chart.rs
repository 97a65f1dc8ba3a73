//! The figures as a picture.

use super::Results;

/// The chart.
pub fn chart(results: &Results) -> String {
    super::table(results)
}
