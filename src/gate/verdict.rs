//! The end of every request: it goes on, or it is refused.

use super::admission::Admission;
use super::rejection::Rejection;

/// What happens to a request. There is no "wait": resuming a request is not allowing it.
#[derive(Debug)]
pub enum Verdict {
    /// It goes on, as the admission says.
    Forward(Admission),
    /// It is refused.
    Refuse(Box<Rejection>),
}
