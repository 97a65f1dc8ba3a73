//! What the filter tells its host to do.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use super::callouts::CalloutId;
use crate::gate::{Admission, Answer, CacheLookups, Rejection, SentName, Served};
use crate::keys::{Fetch, ProviderId, Severity};
use crate::metrics::{ProviderMetric, RequestCounter};

/// A request, by the host's number of its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u32);

/// Something for the host to carry out, in the order given.
#[derive(Debug)]
pub enum Effect {
    /// The request goes on, changed as the admission says.
    Continue(RequestId, Admission),
    /// The request is answered here and now; beside the answer, the refusal that it tells of.
    Answer(RequestId, Rc<Answer>, Box<Rejection>),
    /// The request asked the filter itself, and is answered.
    Serve(RequestId, Box<Served>),
    /// Headers of a request that waits are removed at once: its client may leave, and its access log line be written,
    /// before there is a verdict.
    Hide(RequestId, Vec<SentName>),
    /// A callout is sent. A host that cannot send it reports that at once to [`Filter::response`](super::Filter::response).
    Dispatch(CalloutId, Fetch),
    /// From now on the host ticks this often.
    TickEvery(Duration),
    /// A metric changes.
    Count(Count),
    /// A line for the log.
    Log(Level, String),
}

/// What is to be carried out, in order.
pub(super) type Effects = VecDeque<Effect>;

/// A change of a metric.
#[derive(Debug, Clone, PartialEq)]
pub enum Count {
    /// One request more, of the policy that decided or of none.
    Request(Option<Rc<str>>, RequestCounter),
    /// Lookups in the verdict cache, of the policy at this place in the gate's list.
    Lookups(usize, CacheLookups),
    /// One attempt to fetch more.
    Fetch(ProviderId, ProviderMetric),
    /// A provider's gauge has a new value, or its histogram another one.
    Provider(ProviderId, ProviderMetric, u64),
    /// So many more requests are held, or fewer.
    Held(i64),
    /// A request was held for so long.
    HeldFor(Duration),
    /// So many more proofs of possession were forgotten before their time.
    ProofsForgotten(u64),
}

impl From<Severity> for Level {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::Info,
            Severity::Warning => Self::Warn,
            Severity::Error => Self::Error,
        }
    }
}

/// The level of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Requests.
    Debug,
    /// Configuration and keys, as they should be.
    Info,
    /// A fault for which no request is refused yet.
    Warn,
    /// A fault for which requests are refused.
    Error,
}
