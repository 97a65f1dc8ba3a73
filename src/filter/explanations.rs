//! How many refusals the log explains: a flood of them is not to cost an explanation each, whether or not anybody
//! reads the log.

use crate::gate::Detail;
use crate::time::UnixTime;

/// What has been explained in the second that was last counted.
#[derive(Debug, Default)]
pub(super) struct Explanations {
    second: i64,
    explained: u32,
}

impl Explanations {
    /// What is to be found out about a request that may be refused now.
    pub(super) fn detail(&self, now: UnixTime) -> Detail {
        if self.second == now.as_seconds() && self.explained >= EXPLAINED {
            Detail::Reason
        } else {
            Detail::Cause
        }
    }

    /// A refusal was explained.
    pub(super) fn count(&mut self, now: UnixTime) {
        let second = now.as_seconds();
        if self.second != second {
            *self = Self { second, explained: 0 };
        }
        self.explained = self.explained.saturating_add(1);
    }
}

/// Refusals of a second that are explained, by each filter in each worker.
const EXPLAINED: u32 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_hundred_refusals_of_a_second_are_explained() {
        let mut explanations = Explanations::default();
        for second in [0, 1_700_000_000, 1_700_000_001, 1_699_999_999] {
            let explained = (0..1_000).filter(|at| {
                let now = UnixTime::from_microseconds(second * 1_000_000 + at * 900);
                let is_explained = explanations.detail(now) == Detail::Cause;
                if is_explained {
                    explanations.count(now);
                }
                is_explained
            });
            assert_eq!(explained.count(), 100, "{second}");
        }
    }
}
