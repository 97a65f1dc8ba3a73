//! This machine's clock beside a provider's, by the `date` of an answer.

use std::time::Duration;

use validate_jwt::time::UnixTime;

/// How far two clocks are apart, at the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Difference {
    /// By how much.
    pub(super) apart: Duration,
    /// Which of them is ahead.
    pub(super) here: Course,
}

/// Whether this machine's clock is ahead of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    Ahead,
    Behind,
}

impl Difference {
    /// Between a time that a server wrote down in whole seconds, while an answer was under way, and this machine's clock.
    /// What the seconds cut off and what the way took count for nothing.
    pub(super) fn of(written: UnixTime, sent: UnixTime, received: UnixTime) -> Self {
        let ahead = sent.saturating_duration_since(written + Duration::from_secs(1));
        let behind = written.saturating_duration_since(received);
        if behind > ahead {
            Self { apart: behind, here: Course::Behind }
        } else {
            Self { apart: ahead, here: Course::Ahead }
        }
    }

    /// Whether it is worth a word: networks and caches account for less.
    pub(super) fn is_notable(self) -> bool {
        self.apart >= NOTABLE
    }
}

/// Less than this makes no difference to anybody.
pub(super) const NOTABLE: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_differ_by_what_neither_whole_seconds_nor_the_way_explain() {
        for (written, sent, received, apart, here) in [
            (100, 100, 100, 0, Course::Ahead),
            (100, 101, 101, 0, Course::Ahead),
            (100, 99, 104, 0, Course::Ahead),
            (100, 111, 112, 10, Course::Ahead),
            (100, 80, 90, 10, Course::Behind),
        ] {
            let at = UnixTime::from_seconds;
            let found = Difference::of(at(written), at(sent), at(received));
            assert_eq!(found, Difference { apart: Duration::from_secs(apart), here }, "{written} {sent}");
        }
    }
}
