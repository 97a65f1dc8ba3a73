//! `check`: a configuration in words.

mod advice;
mod pattern;
mod policy;
mod report;
mod sample;
mod signers;

use std::fmt::{self, Write as _};
use std::process::ExitCode;

use validate_jwt::gate::{HeaderDemand, HeaderMatch, Policy, PolicyId, Rule, RuleOutcome, ValueMatch};

use crate::failure::Failure;
use crate::input::{Located, Place};
use crate::output::{self, Format};
use report::{Good, Report};

/// Say what configurations do, or all that is wrong with them.
///
/// They are found in what deployers have: a file with nothing else in it, an Envoy configuration or any part of one, Istio's
/// `WasmPlugin`, `TrafficExtension` and `EnvoyFilter`, Envoy Gateway's `EnvoyExtensionPolicy`, a `ConfigMap`; several in a
/// file, too.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// Files in YAML or JSON, or policies of API Management in XML.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// What to print.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
}

impl Check {
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let reports: Vec<Report> = self.files.iter().map(|file| Report::of(file)).collect();
        match self.format {
            Format::Json => drop(output::print_json(&report::to_json(&reports))?),
            Format::Text => reports.iter().try_for_each(Report::print)?,
        }
        Ok(ExitCode::from(reports.iter().map(Report::status).max().unwrap_or_default()))
    }
}

/// What a configuration does, and what to know about it.
fn summary(good: &Good, place: &Place) -> String {
    let mut text = match place.holder.as_ref() {
        None => String::from("OK\n"),
        Some(holder) => format!("{place}: OK ({})\n", holder.sign.text()),
    };
    // Writing to a string does not fail.
    let _ = write(good, &place.file, &mut text);
    text
}

fn write(good: &Good, file: &str, text: &mut String) -> fmt::Result {
    let Good { config, warnings, advice } = good;
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
    if !warnings.is_empty() || !advice.is_empty() {
        writeln!(
            text,
            "
warnings"
        )?;
        for Located { line, told, .. } in warnings {
            writeln!(text, "  {file}:{line}: {told}")?;
        }
        for line in advice {
            writeln!(text, "  {line}")?;
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
