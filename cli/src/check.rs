//! A checked configuration in words.

use std::fmt::{self, Write as _};

use validate_jwt::config::Config;
use validate_jwt::gate::{
    ClaimDemand, ExpirationRule, ForwardToken, Mode, Policy, Requirement, Rule, RuleOutcome, Scheme,
    TokenSource, UnsignedTokens,
};
use validate_jwt::keys::ProviderDocument;
use validate_jwt::token::Algorithm;

/// What a configuration does, and what to know about it.
pub(crate) fn summary(config: &Config) -> String {
    let mut text = String::from("OK\n");
    // Writing to a string does not fail.
    let _ = write(config, &mut text);
    text
}

fn write(config: &Config, text: &mut String) -> fmt::Result {
    for policy in &config.policies {
        writeln!(text, "\npolicy {}", policy.name)?;
        for requirement in policy.requirements() {
            requirement_lines(config, requirement, text)?;
        }
    }
    if config.rules.len() > 1 || config.policies.len() > 1 {
        writeln!(text, "\nrules, the first that matches decides")?;
        for rule in &config.rules {
            writeln!(text, "  {}", rule_line(&config.policies, rule))?;
        }
    }
    if !config.warnings.is_empty() {
        writeln!(text, "\nwarnings")?;
        for warning in &config.warnings {
            writeln!(text, "  {warning}")?;
        }
    }
    Ok(())
}

fn requirement_lines(config: &Config, requirement: &Requirement, text: &mut String) -> fmt::Result {
    let mut line = |name: &str, value: &str| writeln!(text, "  {:<12}{value}", format!("{name}:"));
    line("token", &source(&requirement.source))?;
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
    let algorithms: Vec<_> = requirement.algorithms.iter().map(Algorithm::name).collect();
    line("algorithms", &algorithms.join(" "))?;
    if requirement.unsigned_tokens == UnsignedTokens::Accepted {
        line("unsigned", "tokens without a signature are accepted")?;
    }
    match &requirement.audiences {
        Some(rule) => {
            line(
                "audience",
                &rule.exact.iter().chain(&rule.application_ids).cloned().collect::<Vec<_>>().join(", "),
            )?;
        }
        None => line("audience", "not checked by this policy's audience fields")?,
    }
    if let Some(clients) = &requirement.clients {
        line("clients", &clients.join(", "))?;
    }
    for rule in &requirement.required_claims {
        let name = rule.path.names().collect::<Vec<_>>().join(" > ");
        let demand = match &rule.demand {
            ClaimDemand::Present => "present".to_owned(),
            ClaimDemand::AllOf(values) => format!("all of {}", values.join(", ")),
            ClaimDemand::AnyOf(values) => format!("any of {}", values.join(", ")),
        };
        line("claim", &format!("{name}: {demand}"))?;
    }
    let leeway = requirement.time.leeway.as_secs_f64();
    let expiration = match requirement.time.expiration {
        ExpirationRule::Required => "exp required",
        ExpirationRule::Optional => "exp optional",
    };
    line("time", &format!("{expiration}, leeway {leeway} s"))?;
    if requirement.authorize.is_some() {
        line("authorize", "scopes, roles or claims are demanded, or the answer is 403")?;
    }
    if requirement.forward.token == ForwardToken::Remove {
        line("forward", "without the token")?;
    }
    for (path, header) in &requirement.forward.claims {
        line("forward", &format!("{} as {header}", path.names().collect::<Vec<_>>().join(" > ")))?;
    }
    if requirement.mode == Mode::ReportOnly {
        line("mode", "report only: nothing is refused")?;
    }
    Ok(())
}

fn source(source: &TokenSource) -> String {
    match source {
        TokenSource::Header { name, scheme } => match scheme {
            Scheme::BearerOptional => format!("header {name}, with or without Bearer"),
            Scheme::Required(scheme) => format!("header {name}, after {scheme}"),
            Scheme::Forbidden => format!("header {name}, the token alone"),
        },
        TokenSource::Query(name) => format!("query parameter {name}"),
        TokenSource::Cookie(name) => format!("cookie {name}"),
    }
}

fn rule_line(policies: &[Policy], rule: &Rule) -> String {
    let mut conditions = Vec::new();
    for path in &rule.paths {
        conditions.push(match path {
            validate_jwt::gate::PathMatch::Exact(path) => format!("path {path}"),
            validate_jwt::gate::PathMatch::Prefix(path) => format!("path below {path}/"),
            validate_jwt::gate::PathMatch::Pattern(pattern) => format!("path like {}", pattern.as_str()),
        });
    }
    conditions.extend(rule.methods.iter().map(|methods| methods.join(" or ")));
    if let Some(hosts) = &rule.hosts {
        conditions.push(format!("{} hosts", hosts.len()));
    }
    if rule.preflight == validate_jwt::gate::Preflight::Only {
        conditions.push("CORS preflight".to_owned());
    }
    let conditions = if conditions.is_empty() { "everything".to_owned() } else { conditions.join(", ") };
    let outcome = match rule.outcome {
        RuleOutcome::Allow => "allowed without a token",
        RuleOutcome::Policy(id) => policies.get(id.0).map_or("?", |policy| &*policy.name),
    };
    format!("{conditions}: {outcome}")
}
