//! The end of every request: it goes on, or it is refused.

use super::admission::Admission;
use super::answers::Answer;
use super::header_name::SentName;
use super::rejection::{Fate, Rejection};

/// What happens to a request. There is no "wait": resuming a request is not allowing it.
#[derive(Debug)]
pub enum Verdict {
    /// It goes on, as the admission says.
    Forward(Admission),
    /// It is refused.
    Refuse(Box<Rejection>),
    /// It asked the filter itself, and is answered.
    Serve(Box<Served>),
}

impl Verdict {
    /// Why it is refused, or would have been (`report_only`).
    pub fn refusal(&self) -> Option<(Fate, &Rejection)> {
        match self {
            Self::Forward(admission) => admission.refusal().map(|refusal| (Fate::LetPass, refusal)),
            Self::Refuse(rejection) => Some((Fate::Refused, rejection)),
            Self::Serve(_) => None,
        }
    }
}

/// An answer of the filter's own, other than a refusal: protected resource metadata.
#[derive(Debug)]
pub struct Served {
    /// The answer.
    pub answer: Answer,
    /// Headers that only the filter may set and that this request brings: an access log would show them.
    pub forged: Vec<SentName>,
}
