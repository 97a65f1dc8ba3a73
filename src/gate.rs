//! The gate: may this request go on?
//!
//! Order of calls: the host takes a [`Request`] from the proxy and asks [`Gate::admit`]. A [`Decision`] is `Final` or
//! `Wait`. A final [`Verdict`] is `Forward` (apply the [`Admission`], continue) or `Refuse` (answer with [`Answer`]). A
//! request that waits is [`Pending`]: it knows what it waits for, and the verdict without that. It may be asked about
//! again; there is no "wait" in its verdict: resuming a request is not allowing it.
//!
//! Not here: fetching keys (`keys`), reading a token (`token`), waiting (`filter`), and anything that talks to a proxy.

mod accepted;
mod admission;
mod alternatives;
mod answer;
mod answers;
mod authenticate;
mod authorize;
mod cache;
mod challenge;
mod circumstances;
mod claim_header;
mod claim_rule;
mod cookie;
mod credentials;
mod decide;
mod decision;
mod diagnosis;
mod emitted;
mod escapes;
mod expectations;
mod explain;
mod facts;
mod failure;
mod forwarding;
mod header_edit;
mod header_map;
mod header_match;
mod header_name;
mod host_rule;
mod htu;
mod known_verdicts;
mod media_type;
mod obstacle;
mod opinion;
mod path;
mod path_index;
mod path_match;
mod path_pattern;
mod path_traits;
mod pattern;
mod pending;
mod percent;
mod policy;
mod policy_table;
mod possession;
mod proof;
mod proof_memory;
mod query;
mod reading;
mod reason;
mod rejection;
mod request;
mod resource;
mod rule;
mod rules;
mod satisfy;
mod segments;
mod signature_search;
mod split;
mod stake;
mod step_up;
mod token_place;
mod token_reader;
mod trust;
mod value_match;
mod verdict;
mod wanted;

pub use admission::{Admission, Outcome};
pub use alternatives::{Alternatives, PolicyId};
pub use answers::{Answer, Answers};
pub use cache::{CacheBounds, CacheLookups};
pub use circumstances::{CertificateDigest, Circumstances, Detail, HeaderRemoval};
pub use claim_rule::{ClaimDemand, ClaimRule, Combine, WordRule};
pub use credentials::{BoundScheme, Scheme, Schemes, SentScheme};
pub use decide::Gate;
pub use decision::Decision;
pub use diagnosis::Diagnosis;
pub use failure::{BodyFormat, ChallengeRule, DpopChallenge, Failure};
pub use forwarding::{ForwardToken, Forwarding};
pub use header_edit::HeaderEdit;
pub use header_map::{Header, HeaderMap, serialized};
pub use header_match::{HeaderDemand, HeaderMatch};
pub use header_name::{HeaderName, InvalidHeaderName, SentName};
pub use host_rule::HostMatch;
pub use media_type::MediaType;
pub(crate) use path::RequestPath;
pub use path_match::PathMatch;
pub use path_pattern::{PathPattern, PathPatternError};
pub use pending::{Demand, KeyDemand, Pending};
pub use policy::{
    AbsentToken, AbsentType, AudienceRule, Audiences, Authorization, ExpirationRule, KeySources, Mode,
    Policy, Requirement, TenantRule, TimeRule, TokenTypes, UnsignedTokens,
};
pub use possession::{CertificateRule, DpopRule, PossessionRule};
pub use proof::{NonceRule, ProofDemand};
pub use proof_memory::{Novelty, OwnProofs, ProofDigest, ProofMemory};
pub use reading::{PathCase, PathParameters, ServerPaths};
pub use reason::Reason;
pub use rejection::{Explanation, Fate, Rejection, Subject};
pub use request::{Request, RouteChoice, SentTarget};
pub(crate) use resource::AUTHORIZATION_SERVERS;
pub use resource::{MetadataAddress, ProtectedResource};
pub use rule::{Preflight, Rule, RuleOutcome};
pub use stake::{Slip, Stake};
pub use step_up::{StepUp, StepUpChallenge};
pub use token_place::{TokenPlace, TokenPlaces};
pub use value_match::{ValueMatch, ValuePattern};
pub use verdict::{Served, Verdict};
pub use wanted::Wanted;
