//! The end of every request: it goes on, or it is refused.

use super::admission::Admission;
use super::answers::Answer;
use super::header_name::SentName;
use super::rejection::Rejection;

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

/// An answer of the filter's own, other than a refusal: protected resource metadata.
#[derive(Debug)]
pub struct Served {
    /// The answer.
    pub answer: Answer,
    /// Headers that only the filter may set and that this request brings: an access log would show them.
    pub forged: Vec<SentName>,
}
