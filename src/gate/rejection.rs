//! A refusal, before it becomes an answer.

use std::rc::Rc;
use std::time::Duration;

use super::diagnosis::Diagnosis;
use super::failure::Failure;
use super::header_name::SentName;
use super::reason::Reason;

/// A refused request: why, by which policy, and in which form the caller is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Why.
    pub reason: Reason,
    /// The policy that refused; `None` where no policy was reached.
    pub policy: Option<Rc<str>>,
    /// The form of the answer.
    pub failure: Rc<Failure>,
    /// `insufficient_scope`: the scopes that would do, space-separated.
    pub scope: Option<String>,
    /// `keys_unavailable`: when a new attempt is worthwhile.
    pub retry_after: Option<Duration>,
    /// What the log says beside the reason.
    pub diagnosis: Option<Diagnosis>,
    /// What the log may know of the token.
    pub subject: Subject,
    /// Headers that only the filter may set and that this request brings, as the client spelt them: an access log
    /// would show them.
    pub forged: Vec<SentName>,
}

impl Rejection {
    /// A refusal of which only the reason is known yet.
    pub(super) fn new(reason: Reason, policy: Option<Rc<str>>, failure: Rc<Failure>) -> Self {
        Self {
            reason,
            policy,
            failure,
            scope: None,
            retry_after: None,
            diagnosis: None,
            subject: Subject::default(),
            forged: Vec::new(),
        }
    }
}

/// What a log line may hold of a refused token: cut and escaped, never a claim value or token bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    /// `kid`.
    pub key_id: Option<String>,
    /// `iss`.
    pub issuer: Option<String>,
}

impl Subject {
    /// Keeps of each at most 80 printable ASCII characters; everything else becomes `?`.
    pub fn new(key_id: Option<&str>, issuer: Option<&str>) -> Self {
        Self { key_id: key_id.map(printable), issuer: issuer.map(printable) }
    }
}

fn printable(text: &str) -> String {
    let safe = |c: char| if c.is_ascii_graphic() && c != '"' { c } else { '?' };
    text.chars().take(80).map(safe).collect()
}
