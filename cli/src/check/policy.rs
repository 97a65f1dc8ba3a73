//! One policy in words: a line for everything that decides who gets in.

use std::fmt::{self, Write as _};

use validate_jwt::config::Config;
use validate_jwt::gate::{
    AbsentToken, AbsentType, AudienceRule, Authorization, ClaimDemand, ClaimRule, Combine, ExpirationRule,
    ForwardToken, MediaType, Mode, Requirement, Scheme, TenantRule, TimeRule, TokenPlace, TokenTypes,
    UnsignedTokens, ValueMatch, WordRule,
};
use validate_jwt::keys::{ProviderDocument, ProviderId};
use validate_jwt::token::{Algorithm, ClaimPath};

use super::signers::signers;

/// The lines of one `validate-jwt` or `validate-azure-ad-token` statement.
pub(super) fn write(config: &Config, requirement: &Requirement, text: &mut String) -> fmt::Result {
    let mut line = |name: &str, value: &str| writeln!(text, "  {:<12}{value}", format!("{name}:"));
    for one in requirement.places.iter() {
        line("token", &place(one))?;
    }
    if requirement.absent_token == AbsentToken::Anonymous {
        line("no token", "passes, without an identity")?;
    }
    for id in &requirement.keys.providers {
        if let Some(provider) = config.providers.get(id.0) {
            let (url, issuer) = match &provider.document {
                ProviderDocument::Discovery { url, issuer } => (url, issuer.as_deref()),
                ProviderDocument::Jwks { url, issuer } => (url, Some(issuer.as_str())),
            };
            let issuer = issuer.map(|issuer| format!(", issuer {issuer}")).unwrap_or_default();
            line("keys from", &format!("{url} (cluster {}){issuer}", provider.cluster))?;
        }
    }
    if !requirement.keys.inline.is_empty() {
        line("inline keys", &requirement.keys.inline.len().to_string())?;
    }
    line("issuers", &issuers(requirement))?;
    for signer in signers(config, requirement) {
        line("signs", &signer)?;
    }
    if let Some(tenants) = tenants(config, requirement) {
        line("tenants", &tenants)?;
    }
    let algorithms: Vec<_> = requirement.algorithms.iter().map(Algorithm::name).collect();
    line("algorithms", &algorithms.join(" "))?;
    if requirement.unsigned_tokens == UnsignedTokens::Accepted {
        line("unsigned", "tokens without a signature are accepted")?;
    }
    line("types", &types(&requirement.token_types))?;
    for (id, rule) in &requirement.audiences.of_providers {
        let from = config.providers.get(id.0).map_or("?", |provider| &*provider.name);
        line("audience", &format!("{}, of tokens from {from}", audiences(rule)))?;
    }
    match &requirement.audiences.of_policy {
        Some(rule) => line("audience", &audiences(rule))?,
        None if !requirement.audiences.of_providers.is_empty() => {}
        None => line("audience", "not checked by this policy's audience fields")?,
    }
    if let Some(clients) = &requirement.clients {
        line("clients", &clients.join(", "))?;
    }
    for rule in &requirement.required_claims {
        line("claim", &claim(rule))?;
    }
    line("time", &time(requirement.time))?;
    for wanted in requirement.authorize.iter().flat_map(authorize) {
        line("authorize", &wanted)?;
    }
    if requirement.forward.token == ForwardToken::Remove {
        line("forward", "without the token")?;
    }
    for (path, header) in &requirement.forward.claims {
        line("forward", &format!("{} as {header}", name(path)))?;
    }
    if requirement.mode == Mode::ReportOnly {
        line("mode", "report only: nothing is refused")?;
    }
    Ok(())
}

fn audiences(rule: &AudienceRule) -> String {
    let all: Vec<_> = rule.exact.iter().chain(&rule.application_ids).map(String::as_str).collect();
    all.join(", ")
}

fn values(wanted: &[ValueMatch]) -> String {
    let words = wanted.iter().map(|value| match value {
        ValueMatch::Exact(text) => text.clone(),
        ValueMatch::Pattern(pattern) => format!("what is like {}", pattern.as_str()),
    });
    words.collect::<Vec<_>>().join(", ")
}

fn place(place: &TokenPlace) -> String {
    match place {
        TokenPlace::Header { name, schemes } => match &schemes.ordinary {
            Scheme::BearerOptional => format!("header {name}, with or without Bearer"),
            Scheme::Required(scheme) => format!("header {name}, after {scheme}"),
            Scheme::Forbidden => format!("header {name}, the token alone"),
        },
        TokenPlace::Query(name) => format!("query parameter {name}"),
        TokenPlace::Cookie(name) => format!("cookie {name}"),
    }
}

/// The issuers that are written down; those of documents that are not known yet have their own words.
fn issuers(requirement: &Requirement) -> String {
    let listed = requirement.owners.listed().join(", ");
    match (listed.is_empty(), requirement.keys.providers.is_empty()) {
        (true, true) => "any".to_owned(),
        (true, false) => "the providers' own".to_owned(),
        (false, true) => listed,
        (false, false) => format!("{listed}, and the providers' own"),
    }
}

/// Tenants are only worth a line where a document is for many.
fn tenants(config: &Config, requirement: &Requirement) -> Option<String> {
    let is_for_many = |id: &ProviderId| {
        config.providers.get(id.0).is_some_and(|provider| match &provider.document {
            ProviderDocument::Discovery { url, issuer: None } => {
                ["/common/", "/organizations/"].iter().any(|tenant| url.path().starts_with(tenant))
            }
            ProviderDocument::Discovery { .. } | ProviderDocument::Jwks { .. } => false,
        })
    };
    match &requirement.tenants {
        TenantRule::Any => {
            let owners = &requirement.owners;
            let is_open = requirement.keys.providers.iter().any(is_for_many);
            let is_restricted =
                owners.expected_templates().any(|(_, template)| owners.is_restricted(&template));
            let tenants =
                if is_restricted { "those of the issuers above" } else { "any, personal accounts too" };
            is_open.then(|| tenants.to_owned())
        }
        TenantRule::Organizations => Some("any but that of personal accounts".to_owned()),
        TenantRule::Listed(tenants) => Some(tenants.join(", ")),
    }
}

fn types(types: &TokenTypes) -> String {
    let accepted = types.accepted.iter().map(MediaType::as_str).collect::<Vec<_>>().join(", ");
    match types.absent {
        AbsentType::Accepted => format!("{accepted}, or none"),
        AbsentType::Refused => accepted,
    }
}

fn time(rule: TimeRule) -> String {
    let expiration = match rule.expiration {
        ExpirationRule::Required => "exp required",
        ExpirationRule::Optional => "exp optional",
    };
    let lifetime = rule.maximum_lifetime.map(|most| format!(", lifetime at most {} s", most.as_secs_f64()));
    format!("{expiration}, leeway {} s{}", rule.leeway.as_secs_f64(), lifetime.unwrap_or_default())
}

fn claim(rule: &ClaimRule) -> String {
    let demand = match &rule.demand {
        ClaimDemand::Present => "present".to_owned(),
        ClaimDemand::AllOf(wanted) => format!("all of {}", values(wanted)),
        ClaimDemand::AnyOf(wanted) => format!("any of {}", values(wanted)),
    };
    let separator = rule.separator.as_ref().map(|separator| format!(", split at {separator:?}"));
    format!("{}: {demand}{}", name(&rule.path), separator.unwrap_or_default())
}

/// What `authorize` wants, a line for each part.
fn authorize(wanted: &Authorization) -> Vec<String> {
    let words = |rule: &WordRule| match rule {
        WordRule::AnyOf(words) => format!("any of {}", words.join(", ")),
        WordRule::AllOf(words) => format!("all of {}", words.join(", ")),
    };
    let scopes = wanted.scopes.iter().map(|rule| format!("scopes: {}", words(rule)));
    let roles = wanted.roles.iter().map(|rule| format!("roles: {}", words(rule)));
    let claims = wanted.claims.iter().map(|rule| format!("claim {}", claim(rule)));
    let mut lines: Vec<_> = scopes.chain(roles).chain(claims).collect();
    if lines.len() > 1 {
        let combined = match wanted.combine {
            Combine::All => "all of these, or the answer is 403",
            // All claims together are one of the parts.
            Combine::Any if wanted.claims.len() > 1 => {
                "one of scopes, roles, all the claims, or the answer is 403"
            }
            Combine::Any => "one of these, or the answer is 403",
        };
        lines.push(combined.to_owned());
    }
    lines
}

/// A claim's name, those of objects around it first.
pub(super) fn name(path: &ClaimPath) -> String {
    path.names().collect::<Vec<_>>().join(" > ")
}
