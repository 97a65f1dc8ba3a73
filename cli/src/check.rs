//! `check`: a configuration in words.

mod advice;
mod pattern;
mod policy;
mod sample;
mod signers;

use std::fmt::{self, Write as _};
use std::process::ExitCode;

use validate_jwt::config::Config;
use validate_jwt::gate::{HeaderDemand, HeaderMatch, Policy, PolicyId, Rule, RuleOutcome, ValueMatch};

use crate::failure::Failure;
use crate::{input, output};

/// Say what a configuration does, or all that is wrong with it.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// A configuration in JSON, or an API Management policy in XML; - stands for standard input.
    file: String,
}

impl Check {
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        match Config::parse(&input::read(&self.file)?) {
            Ok(config) => output::print(&summary(&config)),
            Err(problems) => Ok(output::refuse(&self.file, &problems)),
        }
    }
}

/// What a configuration does, and what to know about it.
fn summary(config: &Config) -> String {
    let mut text = String::from("OK\n");
    // Writing to a string does not fail.
    let _ = write(config, &mut text);
    text
}

fn write(config: &Config, text: &mut String) -> fmt::Result {
    for policy in &config.policies {
        writeln!(text, "\npolicy {}", policy.name)?;
        for requirement in policy.requirements() {
            policy::write(config, requirement, text)?;
        }
    }
    if config.rules.len() > 1 || config.policies.len() > 1 {
        writeln!(text, "\nrules, the first that matches decides")?;
        for rule in &config.rules {
            writeln!(text, "  {}", rule_line(&config.policies, rule))?;
        }
    }
    let warnings: Vec<_> =
        config.warnings.iter().map(ToString::to_string).chain(advice::advice(config)).collect();
    if !warnings.is_empty() {
        writeln!(text, "\nwarnings")?;
        for warning in &warnings {
            writeln!(text, "  {warning}")?;
        }
    }
    Ok(())
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
    conditions.extend(rule.headers.iter().map(header));
    if rule.preflight == validate_jwt::gate::Preflight::Only {
        conditions.push("CORS preflight".to_owned());
    }
    let conditions = if conditions.is_empty() { "everything".to_owned() } else { conditions.join(", ") };
    let name = |id: PolicyId| policies.get(id.0).map_or("?", |policy| &*policy.name);
    let outcome = match &rule.outcome {
        RuleOutcome::Allow => "allowed without a token".to_owned(),
        RuleOutcome::Policies(any) => any.iter().map(name).collect::<Vec<_>>().join(" or else "),
    };
    format!("{conditions}: {outcome}")
}

fn header(wanted: &HeaderMatch) -> String {
    match &wanted.demand {
        HeaderDemand::Present => format!("header {}", wanted.name),
        HeaderDemand::Value(ValueMatch::Exact(value)) => format!("header {} = {value}", wanted.name),
        HeaderDemand::Value(ValueMatch::Pattern(pattern)) => {
            format!("header {} like {}", wanted.name, pattern.as_str())
        }
    }
}
