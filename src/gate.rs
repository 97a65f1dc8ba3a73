//! The gate: may this request go on?
//!
//! Order of calls: the host takes a [`Request`] from the proxy and asks [`Gate::admit`]. A [`Decision`]
//! is `Forward` (apply the [`Admission`], continue), `Reject` (answer with [`Answer`]) or `AwaitKeys`.
//! A held request comes back once, to [`Gate::settle`], whose [`Verdict`] has no "wait": resuming a
//! request is not allowing it.
//!
//! Not here: fetching keys (`keys`), reading a token (`token`), and anything that talks to a proxy.

mod accepted;
mod admission;
mod answer;
mod authenticate;
mod authorize;
mod cache;
mod certificate;
mod challenge;
mod claim_header;
mod claim_rule;
mod diagnosis;
mod emitted;
mod escapes;
mod expectations;
mod extract;
mod failure;
mod header_name;
mod host_rule;
mod media_type;
mod obstacle;
mod path;
mod path_index;
mod path_pattern;
mod path_traits;
mod policy;
mod reading;
mod reason;
mod rejection;
mod request;
mod rules;
mod segments;
mod source;

mod decide;

pub use admission::{Admission, HeaderEdit, Outcome};
pub use answer::Answer;
pub use cache::{CacheBounds, CacheLookups};
pub use certificate::CertificateDigest;
pub use claim_rule::{ClaimDemand, ClaimRule, Combine, WordRule};
pub use decide::{Circumstances, Decision, Gate, HeaderRemoval, KeyDemand, Verdict, Waiting};
pub use diagnosis::Diagnosis;
pub use failure::{BodyFormat, ChallengeRule, Failure};
pub use header_name::{HeaderName, InvalidHeaderName, SentName};
pub use host_rule::HostMatch;
pub use media_type::MediaType;
pub(crate) use path::RequestPath;
pub use path_pattern::PathPattern;
pub use policy::{
    AbsentType, AudienceRule, Authorization, ExpirationRule, ForwardToken, Forwarding, KeySources, Mode,
    Policy, Requirement, TenantRule, TimeRule, TokenTypes, UnsignedTokens,
};
pub use reading::{PathCase, PathParameters, ServerPaths};
pub use reason::Reason;
pub use rejection::{Fate, Rejection, Subject};
pub use request::{Request, RouteChoice};
pub use rules::{PathMatch, PolicyId, Preflight, Rule, RuleOutcome, RuleTable};
pub use source::{Scheme, TokenSource};
