//! How a refusal looks to the caller: `failed_validation_*` and `failure`.

use super::header_name::HeaderName;

/// The form of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// `failed_validation_httpcode` (400–599), where the operator set one.
    pub status: Option<u16>,
    /// `failed_validation_error_message`; otherwise each reason has its own text.
    pub message: Option<String>,
    /// `failure.body`.
    pub body: BodyFormat,
    /// `failure.challenge`, with what goes into it.
    pub challenge: ChallengeRule,
    /// `failure.reason_header`.
    pub reason_header: Option<HeaderName>,
}

/// `failure.body`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFormat {
    /// APIM's `{"statusCode":401,"message":"…"}`.
    Json,
    /// RFC 9457.
    Problem,
    /// The message alone.
    Text,
    /// No body.
    None,
}

/// Whether and how `WWW-Authenticate` is sent (RFC 6750, 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChallengeRule {
    /// Sent, with these parameters where configured.
    Send {
        /// `failure.realm`.
        realm: Option<String>,
        /// `failure.resource_metadata`, or that of `resource` (RFC 9728, 5.1).
        resource_metadata: Option<String>,
        /// `proof_of_possession.dpop`.
        dpop: DpopChallenge,
    },
    /// `challenge: false`.
    Omit,
}

/// What a challenge says of DPoP (RFC 9449, 7.1): the algorithms for proofs, separated by blanks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DpopChallenge {
    /// Nothing.
    #[default]
    None,
    /// A bearer token will do as well.
    Beside(String),
    /// Only a bound token will do.
    Only(String),
}

impl Default for Failure {
    /// The defaults of `configuration.md`, 3.3; also the form of answers that belong to no policy.
    fn default() -> Self {
        Self {
            status: None,
            message: None,
            body: BodyFormat::Json,
            challenge: ChallengeRule::Send {
                realm: None,
                resource_metadata: None,
                dpop: DpopChallenge::None,
            },
            reason_header: None,
        }
    }
}
