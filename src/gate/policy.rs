//! What a policy demands, compiled: nothing here is interpreted at request time.
//!
//! `config` builds these types from JSON or XML; `gate` applies them. A value of them is always
//! meaningful: there is no empty audience list and no requirement without a source of keys.

use std::rc::Rc;
use std::time::Duration;

use super::answers::Answers;
use super::claim_rule::{ClaimRule, Combine, WordRule};
use super::forwarding::Forwarding;
use super::media_type::MediaType;
use super::possession::PossessionRule;
use super::resource::ProtectedResource;
use super::step_up::StepUp;
use super::token_place::TokenPlaces;
use crate::keys::{Owners, ProviderId};
use crate::token::{AlgorithmSet, DecryptionKey, KeySet};

/// A named policy: every requirement has to hold, in order.
///
/// More than one requirement comes only from an APIM document with several validation statements.
#[derive(Debug)]
pub struct Policy {
    /// The name under `policies`, or that of the policy's own field at the top level.
    pub name: Rc<str>,
    /// First requirement; there is always one.
    pub first: Requirement,
    /// Further requirements, all of which have to hold as well.
    pub rest: Vec<Requirement>,
}

impl Policy {
    /// All requirements in order.
    pub fn requirements(&self) -> impl Iterator<Item = &Requirement> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// Whether no refusal of this policy is carried out.
    pub(super) fn only_reports(&self) -> bool {
        self.requirements().all(|requirement| requirement.mode == Mode::ReportOnly)
    }
}

/// One `validate-jwt` or `validate-azure-ad-token` statement.
#[derive(Debug)]
pub struct Requirement {
    /// Where the token is.
    pub places: TokenPlaces,
    /// `require_token`.
    pub absent_token: AbsentToken,
    /// Where keys come from.
    pub keys: KeySources,
    /// Accepted `alg` values; a key decides besides which of them it fits.
    pub algorithms: AlgorithmSet,
    /// `require_signed_tokens`.
    pub unsigned_tokens: UnsignedTokens,
    /// Accepted `typ` values.
    pub token_types: TokenTypes,
    /// `exp`, `nbf` and lifetime.
    pub time: TimeRule,
    /// Whose keys may sign for which issuer; `issuers` among it.
    pub owners: Rc<Owners>,
    /// Tenants that a multi-tenant issuer may stand for.
    pub tenants: TenantRule,
    /// `audiences` and `backend_application_ids`.
    pub audiences: Audiences,
    /// `client_application_ids`, lower case, against `azp` or `appid`; `None` means any client.
    pub clients: Option<Vec<String>>,
    /// `required_claims`: all must hold.
    pub required_claims: Vec<ClaimRule>,
    /// `authorize`: answered 403, or 401 where another authentication would do.
    pub authorize: Option<Authorization>,
    /// `proof_of_possession`.
    pub possession: PossessionRule,
    /// `resource`: the metadata that the filter serves.
    pub resource: Option<Rc<ProtectedResource>>,
    /// What the upstream gets.
    pub forward: Forwarding,
    /// `output_token_variable_name`.
    pub(crate) published_name: Option<String>,
    /// What a refused caller gets; shared with the verdicts that refer to it.
    pub answers: Rc<Answers>,
    /// Whether a refusal is carried out.
    pub mode: Mode,
}

impl Requirement {
    /// `authorize.authentication`.
    pub(super) fn step_up(&self) -> Option<&StepUp> {
        self.authorize.as_ref()?.authentication.as_ref()
    }
}

/// Key sources of one requirement; never all empty.
#[derive(Debug)]
pub struct KeySources {
    /// Providers, by index into the configuration's list.
    pub providers: Vec<ProviderId>,
    /// `issuer_signing_keys`, trusted for every issuer that this requirement allows.
    pub inline: KeySet,
    /// `decryption_keys`.
    pub decryption: Vec<DecryptionKey>,
}

/// `require_token`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbsentToken {
    /// A request without a token is refused.
    Refused,
    /// It goes on, without an identity. A token that is there has to be good all the same.
    Anonymous,
}

/// `require_signed_tokens`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnsignedTokens {
    /// `alg: none` is refused.
    Refused,
    /// `alg: none` is accepted as well; signed tokens are still verified.
    Accepted,
}

/// `token_types`, compared as media types: ignoring case, `application/` optional (RFC 7515, 4.1.9).
#[derive(Debug, PartialEq, Eq)]
pub struct TokenTypes {
    /// Accepted types.
    pub accepted: Vec<MediaType>,
    /// Whether a token without `typ` is accepted.
    pub absent: AbsentType,
}

/// What a missing `typ` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbsentType {
    /// Accepted: the default.
    Accepted,
    /// Refused: the operator named the types himself.
    Refused,
}

/// Time rules of RFC 7519, 4.1.4 and 4.1.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRule {
    /// Whether `exp` must be there.
    pub expiration: ExpirationRule,
    /// `clock_skew`: leeway for `exp` and `nbf`.
    pub leeway: Duration,
    /// `maximum_lifetime`: bound on `exp - iat`, or on `exp - now` without `iat`.
    pub maximum_lifetime: Option<Duration>,
}

/// `require_expiration_time`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpirationRule {
    /// A token without `exp` is refused.
    Required,
    /// `exp` is checked where present.
    Optional,
}

/// Which tenants a `{tenantid}` issuer may stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantRule {
    /// Any tenant, personal Microsoft accounts included (`common`), or no multi-tenant issuer at all.
    Any,
    /// Any but the tenant of personal Microsoft accounts (`organizations`).
    Organizations,
    /// `allowed_tenants`: GUIDs in lower case.
    Listed(Vec<String>),
}

/// Which audiences are accepted from whom.
#[derive(Debug, PartialEq, Eq)]
pub struct Audiences {
    /// The policy's own; `None` means no check by these fields.
    pub of_policy: Option<AudienceRule>,
    /// `openid_config[].audiences`: instead of the policy's, for tokens that this provider's keys signed.
    pub of_providers: Vec<(ProviderId, AudienceRule)>,
}

/// Accepted audiences: any entry of either list.
#[derive(Debug, PartialEq, Eq)]
pub struct AudienceRule {
    /// Compared code point by code point (RFC 7519, 4.1.3).
    pub exact: Vec<String>,
    /// Entra application ids in lower case: match bare or as `api://{id}`, a trailing slash ignored.
    pub application_ids: Vec<String>,
}

/// `authorize`.
#[derive(Debug)]
pub struct Authorization {
    /// Over `scp` and `scope`.
    pub scopes: Option<WordRule>,
    /// Over `roles`.
    pub roles: Option<WordRule>,
    /// Further claims; all of them make one part.
    pub claims: Vec<ClaimRule>,
    /// How the parts combine.
    pub combine: Combine,
    /// `scope_prefix`: what a client puts before a scope to ask for it.
    pub scope_prefix: String,
    /// `authentication`: demanded of every token, whatever the parts say.
    pub authentication: Option<StepUp>,
}

/// `mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Refusals are carried out.
    Enforce,
    /// Refusals are counted and logged; the request goes on.
    ReportOnly,
}
