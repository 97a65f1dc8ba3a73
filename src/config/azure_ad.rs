//! `validate_azure_ad_token`: a policy for which the tenant implies nearly everything.
//!
//! A tenant stands for two providers, its v2.0 and its v1.0 discovery document, because the API's manifest
//! and not the client decides which version a token has.

use std::rc::Rc;

use super::claims;
use super::failure::{self, ERROR_MESSAGE, FAILURE, HTTPCODE};
use super::field::{Field, Group, Shape, TEXTS, doc};
use super::forward::{self, FORWARD};
use super::inline_keys::{self, DECRYPTION_KEYS};
use super::object::Object;
use super::possession::PROOF_OF_POSSESSION;
use super::presentation::{AUTHORIZE_FIELD, Presentation, presentation};
use super::problem::Report;
use super::providers::{self, CLUSTER, Providers, TIMEOUT};
use super::resource::RESOURCE;
use super::source::{
    self, COOKIE_NAME, HEADER_NAME, ONE_PLACE, QUERY_PARAMETER_NAME, REQUIRE_TOKEN, SOURCES,
};
use super::tenant::{self, AUTHENTICATION_ENDPOINT, TENANT_ID, Tenant};
use super::text;
use super::tokens::{self, ALGORITHMS, MAXIMUM_LIFETIME, OUTPUT_TOKEN_VARIABLE_NAME, TOKEN_TYPES};
use super::validate_jwt::{AUDIENCES, CLOCK_SKEW, MODE, REQUIRED_CLAIMS, leeway, mode};
use crate::gate::{
    Answers, AudienceRule, Audiences, ExpirationRule, KeySources, Requirement, TenantRule, TimeRule,
    UnsignedTokens,
};
use crate::keys::{
    Directory, InlineKeys, Owners, PlainHttp, ProviderDocument, ProviderId, ProviderSettings, Url,
};
use crate::token::entra::{ORGANIZATIONS, Version};
use crate::token::{AlgorithmSet, KeySet, is_guid};

/// Reads a policy.
pub(super) fn requirement(policy: Object<'_>, providers: &mut Providers, report: &mut Report) -> Requirement {
    let tenant = tenant::read(policy, report);
    let ids = tenant.as_ref().map(|tenant| expand(tenant, policy, providers, report)).unwrap_or_default();
    let parties = ids.iter().filter_map(|id| providers.party(*id, Directory::Configured)).collect();
    let keys = KeySources {
        providers: ids,
        inline: KeySet::new(Vec::new()),
        decryption: inline_keys::decryption_keys(policy, report),
    };
    let required_claims = claims::claim_rules(policy, &REQUIRED_CLAIMS, report);
    let audiences = audiences(policy, report);
    if audiences.is_none() && !claims::checks_audience(&required_claims) {
        let text = "no audience check: a token that one of the clients got for another API is accepted";
        report.warn(policy.path(), text);
    }
    let Presentation { places, possession, authorize, resource } =
        presentation(policy, source::of_azure_ad, report);
    Requirement {
        places,
        absent_token: source::absent_token(policy, report),
        keys,
        algorithms: tokens::algorithms(policy, AlgorithmSet::ASYMMETRIC, report),
        unsigned_tokens: UnsignedTokens::Refused,
        token_types: tokens::token_types(policy),
        time: TimeRule {
            expiration: ExpirationRule::Required,
            leeway: leeway(policy, report),
            maximum_lifetime: policy.seconds_given(&MAXIMUM_LIFETIME),
        },
        owners: Rc::new(Owners::new(parties, Vec::new(), InlineKeys::None)),
        tenants: tenants(policy, tenant.as_ref(), report),
        audiences: Audiences { of_policy: audiences, of_providers: Vec::new() },
        clients: policy.has(&CLIENTS).then(|| application_ids(policy, &CLIENTS, report)),
        required_claims,
        authorize,
        forward: forward::forwarding(policy, report),
        published_name: tokens::published_name(policy, report),
        answers: Rc::new(Answers::new(failure::failure(policy, resource.as_deref(), &possession, report))),
        possession,
        resource,
        mode: mode(policy, report),
    }
}

/// Both discovery documents of a tenant. For a tenant's GUID at a known cloud the issuer is known as well, and
/// a document for another tenant is refused.
fn expand(
    tenant: &Tenant,
    policy: Object<'_>,
    providers: &mut Providers,
    report: &mut Report,
) -> Vec<ProviderId> {
    let Tenant { authority, name } = tenant;
    let base = format!("https://{authority}/{name}");
    let documents = [
        (format!("{base}/v2.0{DISCOVERY}"), tenant.issuer(Version::Two)),
        (format!("{base}{DISCOVERY}"), tenant.issuer(Version::One)),
    ];
    let cluster = providers::cluster(policy, &CLUSTER, report);
    let mut ids = Vec::new();
    for (url, issuer) in documents {
        // The tenant's parts were checked where they were read.
        let Ok(url) = Url::parse(&url) else { continue };
        ids.push(providers.add(ProviderSettings {
            name: String::new(),
            cluster: cluster.clone().unwrap_or_else(|| url.host().to_owned()),
            document: ProviderDocument::Discovery { url, issuer },
            jwks_cluster: None,
            timeout: policy.seconds(&TIMEOUT),
            plain_http: PlainHttp::Refused,
            policies: Vec::new(),
        }));
    }
    ids
}

fn tenants(policy: Object<'_>, tenant: Option<&Tenant>, report: &mut Report) -> TenantRule {
    let Some(allowed) = policy.node(&ALLOWED_TENANTS) else {
        return match tenant {
            Some(tenant) if tenant.name == ORGANIZATIONS => TenantRule::Organizations,
            _ => TenantRule::Any,
        };
    };
    if tenant.is_some_and(|tenant| !tenant.is_multiple()) {
        let allowed_text = "no allowed_tenants, or a tenant_id of organizations or common";
        report.refuse(&allowed.path, "a list of tenants beside a single tenant", allowed_text);
    }
    let mut listed = Vec::new();
    for (guid, node) in policy.text_nodes(&ALLOWED_TENANTS) {
        if text::refuse_placeholder(guid, node, report) {
        } else if is_guid(guid) {
            listed.push(guid.to_ascii_lowercase());
        } else {
            report.refuse_value(node, "a tenant's GUID, such as 8eaef023-2b34-4da1-9baa-8bc8c9d6a490");
        }
    }
    TenantRule::Listed(listed)
}

fn audiences(policy: Object<'_>, report: &mut Report) -> Option<AudienceRule> {
    if !policy.has(&AUDIENCES) && !policy.has(&BACKENDS) {
        return None;
    }
    for (audience, node) in policy.text_nodes(&AUDIENCES) {
        text::refuse_placeholder(audience, node, report);
    }
    let exact = policy.texts(&AUDIENCES).unwrap_or_default();
    Some(AudienceRule { exact, application_ids: application_ids(policy, &BACKENDS, report) })
}

fn application_ids(policy: Object<'_>, field: &Field, report: &mut Report) -> Vec<String> {
    let mut ids = Vec::new();
    for (id, node) in policy.text_nodes(field) {
        if text::refuse_placeholder(id, node, report) {
            continue;
        }
        if !is_guid(id) {
            report.warn(&node.path, "not a GUID, which application ids of Entra are");
        }
        ids.push(id.to_ascii_lowercase());
    }
    ids
}

/// `validate_azure_ad_token`.
pub(super) static VALIDATE_AZURE_AD_TOKEN: Shape = Shape {
    name: "validate_azure_ad_token",
    fields: &[
        &TENANT_ID,
        &ALLOWED_TENANTS,
        &AUTHENTICATION_ENDPOINT,
        &CLUSTER,
        &TIMEOUT,
        &CLIENTS,
        &BACKENDS,
        &AUDIENCES,
        &HEADER_NAME,
        &QUERY_PARAMETER_NAME,
        &COOKIE_NAME,
        &SOURCES,
        &REQUIRE_TOKEN,
        &HTTPCODE,
        &ERROR_MESSAGE,
        &CLOCK_SKEW,
        &OUTPUT_TOKEN_VARIABLE_NAME,
        &REQUIRED_CLAIMS,
        &DECRYPTION_KEYS,
        &ALGORITHMS,
        &TOKEN_TYPES,
        &MAXIMUM_LIFETIME,
        &AUTHORIZE_FIELD,
        &FORWARD,
        &FAILURE,
        &RESOURCE,
        &PROOF_OF_POSSESSION,
        &MODE.field,
    ],
    groups: &[ONE_PLACE, Group::AtLeastOne(&[&CLIENTS, &BACKENDS, &AUDIENCES])],
    doc: doc("API Management's validate-azure-ad-token policy: v1.0 and v2.0 tokens of Entra ID."),
};

pub(super) static ALLOWED_TENANTS: Field = Field::optional(
    "allowed_tenants",
    TEXTS,
    "GUIDs of the tenants whose tokens are accepted, with `organizations` or `common`. Without it: any tenant.",
);
pub(super) static CLIENTS: Field = Field::optional(
    "client_application_ids",
    TEXTS,
    "Accepted clients, any of, against `azp` (v2.0) or `appid` (v1.0).",
);
pub(super) static BACKENDS: Field = Field::optional(
    "backend_application_ids",
    TEXTS,
    "Accepted audiences by application id, any of: bare or as `api://{id}`, a trailing slash ignored.",
);

const DISCOVERY: &str = "/.well-known/openid-configuration";
