//! What became of a request, in a word: the words of filter state, and one for what the filter serves itself.

use std::fmt;

use validate_jwt::gate::{Outcome, Verdict};

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It goes on with its token.
    Allowed,
    /// It goes on without one, where none is demanded.
    Anonymous,
    /// It goes on by an allow rule.
    Exempt,
    /// It goes on, and would have been refused.
    WouldReject,
    /// It is refused.
    Rejected,
    /// The filter answered it with protected resource metadata.
    Served,
}

impl Fate {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Allowed, Self::Anonymous, Self::Exempt, Self::WouldReject, Self::Rejected, Self::Served];

    /// What a verdict makes of its request.
    pub fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Forward(admission) => match admission.outcome() {
                Outcome::Allowed => Self::Allowed,
                Outcome::Anonymous => Self::Anonymous,
                Outcome::Exempt => Self::Exempt,
                Outcome::WouldRefuse(_) => Self::WouldReject,
            },
            Verdict::Refuse(_) => Self::Rejected,
            Verdict::Serve(_) => Self::Served,
        }
    }

    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Anonymous => "anonymous",
            Self::Exempt => "exempt",
            Self::WouldReject => "would_reject",
            Self::Rejected => "rejected",
            Self::Served => "served",
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
