//! What looks like a slip, and may be meant: it keeps tokens out that were to get in. A person who runs `check` wants to
//! know; the filter's log does not say it at each load, where nothing could be done to silence it.

use validate_jwt::config::Config;
use validate_jwt::gate::{ClaimDemand, Requirement, TenantRule, ValueMatch};
use validate_jwt::keys::ProviderDocument;

use super::{pattern, sample};

/// One line for each, in the order of providers and policies; each said once.
pub(super) fn advice(config: &Config) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut tell = |found: Option<String>| {
        if let Some(line) = found.filter(|line| !lines.contains(line)) {
            lines.push(line);
        }
    };
    for provider in &config.providers {
        let (url, issuer) = match &provider.document {
            ProviderDocument::Discovery { url, issuer } => {
                tell(misplaced(&url.to_string()));
                (url.to_string(), issuer.as_deref())
            }
            ProviderDocument::Jwks { url, issuer } => (url.to_string(), Some(issuer.as_str())),
        };
        tell(sample::left_in("the URL", &url));
        if let Some(issuer) = issuer {
            tell(pattern::taken_literally("the issuer", issuer));
            tell(sample::left_in("the issuer", issuer));
        }
    }
    for policy in &config.policies {
        for (what, text) in policy.requirements().flat_map(literals) {
            let what = format!("policy {}: {what}", policy.name);
            tell(pattern::taken_literally(&what, text));
            tell(sample::left_in(&what, text));
        }
    }
    lines
}

/// What a token is compared with, character by character, and what that is called.
fn literals(requirement: &Requirement) -> Vec<(String, &str)> {
    let mut groups: Vec<(String, &[String])> = Vec::new();
    let of_providers = requirement.audiences.of_providers.iter().map(|(_, rule)| rule);
    for rule in requirement.audiences.of_policy.iter().chain(of_providers) {
        groups.push(("the audience".to_owned(), &rule.exact));
        groups.push(("the application id".to_owned(), &rule.application_ids));
    }
    if let Some(clients) = &requirement.clients {
        groups.push(("the client".to_owned(), clients));
    }
    if let TenantRule::Listed(tenants) = &requirement.tenants {
        groups.push(("the tenant".to_owned(), tenants));
    }
    let authorize = requirement.authorize.as_ref();
    for (what, rule) in [
        ("the scope", authorize.and_then(|wanted| wanted.scopes.as_ref())),
        ("the role", authorize.and_then(|wanted| wanted.roles.as_ref())),
    ] {
        groups.extend(rule.map(|rule| (what.to_owned(), rule.words())));
    }
    let rules =
        requirement.required_claims.iter().chain(authorize.into_iter().flat_map(|wanted| &wanted.claims));
    let values = rules.flat_map(|rule| {
        let wanted = match &rule.demand {
            ClaimDemand::AllOf(values) | ClaimDemand::AnyOf(values) => values.as_slice(),
            ClaimDemand::Present => &[],
        };
        wanted.iter().filter_map(|value| match value {
            ValueMatch::Exact(text) => {
                Some((format!("the value of {}", super::policy::name(&rule.path)), text.as_str()))
            }
            ValueMatch::Pattern(_) => None,
        })
    });
    let issuers = requirement.owners.listed().iter().map(|issuer| ("the issuer".to_owned(), issuer.as_str()));
    let others = groups
        .into_iter()
        .flat_map(|(what, texts)| texts.iter().map(move |text| (what.clone(), text.as_str())));
    issuers.chain(others).chain(values).collect()
}

/// A discovery document stands at one of two names below `/.well-known/` (OpenID Connect Discovery 1.0, 4; RFC 8414, 3).
fn misplaced(url: &str) -> Option<String> {
    let path = url.split('?').next().unwrap_or_default();
    let where_it_is = match path.split_once("/.well-known/") {
        Some((_, "openid-configuration")) => return None,
        Some((_, name)) if name.split('/').next() == Some("oauth-authorization-server") => return None,
        Some((_, name)) if name.trim_end_matches('/') == "openid-configuration" => {
            return Some(format!(
                "the URL {url} of a discovery document ends in a slash, as few servers have it"
            ));
        }
        Some(_) => "is none of the known names below",
        None => "is not below",
    };
    let path = path.trim_end_matches('/');
    let hint = if ["keys", "jwks", "jwks.json", "certs"].iter().any(|end| path.ends_with(end)) {
        "a set of keys alone is jwks_uri, with issuer".to_owned()
    } else {
        let base = path.split("/.well-known").next().unwrap_or_default();
        format!("did you mean {base}/.well-known/openid-configuration?")
    };
    Some(format!("the URL {url} of a discovery document {where_it_is} /.well-known/; {hint}"))
}
