//! `doctor`: what the filter would fetch is fetched, and what it will see is told.
//!
//! `provider` drives the filter's own life cycle of keys, `client` answers its fetches in the proxy's place, `finding` has
//! the words, `report` the form. Not here: the verdict on a token, which is [`evaluation`](crate::evaluation)'s.

mod certificate;
mod client;
mod cluster;
mod detour;
mod difference;
mod finding;
mod journey;
mod provider;
mod refusal;
mod report;
mod shelf;
mod trust;
mod unreachable;
mod verdict;

use std::process::ExitCode;
use std::time::Duration;

use validate_jwt::config::Config;
use validate_jwt::gate::Policy;
use validate_jwt::keys::{Keyring, ProviderId, Url};

use crate::evaluation::Asked;
use crate::explain::sent;
use crate::failure::Failure;
use crate::input;
use crate::output::{self, Format};
use client::Client;
use cluster::Cluster;
use detour::Detour;
use finding::Finding;
use provider::Provider;
use report::Report;
use trust::Trust;

/// Fetch what the filter would fetch, and say what it will see.
///
/// For each provider of the configuration: whether its documents can be had (name, connection, TLS, status), whether the
/// filter takes them, which keys serve and which do not and why, how far the clocks are apart, and which clusters the proxy
/// needs. The filter's own code judges. `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` are heeded.
///
/// Exit status: 0 if requests would find keys, and the token that was given would pass; 1 if something is wrong.
#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    /// The file that the configuration is in, in YAML, JSON or XML, as for check; - stands for standard input.
    #[arg(value_name = "CONFIG")]
    config: String,
    /// Trust the certificates of this PEM file as well, beside those that the system trusts.
    #[arg(long = "ca", value_name = "FILE")]
    authorities: Vec<String>,
    /// Reach a host at this address, whatever its name leads to: HOST[:PORT]=ADDRESS[:PORT]. TLS still asks for HOST.
    #[arg(long = "resolve", value_name = "HOST=ADDRESS", value_parser = Detour::parse)]
    detours: Vec<Detour>,
    /// A token to go on with to the filter's verdict; - stands for standard input.
    #[arg(long, value_name = "FILE")]
    token: Option<String>,
    /// The scheme, host and path of the request that the token comes with.
    #[arg(long, value_name = "URL", value_parser = sent::url, requires = "token")]
    url: Option<Url>,
    /// The request's method.
    #[arg(long, value_name = "METHOD", default_value = "GET", requires = "token")]
    method: String,
    /// The policy, instead of the one that the rules choose.
    #[arg(long, value_name = "NAME", requires = "token")]
    policy: Option<String>,
    /// What to print.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
}

impl Doctor {
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let config = input::configuration(&self.config)?.config()?;
        let asked = self.asked()?;
        let trust = Trust::of(&self.authorities)?;
        let documents = config.providers.iter().map(|provider| provider.document.url());
        let client = Client::new(&trust, self.detours.clone(), documents)?;
        let mut report = examine(&config, &trust, &client);
        report.verdict = asked.map(|asked| verdict::account(config, &report.providers, &asked));
        let code = match self.format {
            Format::Text => output::print(&report.to_string()),
            Format::Json => output::print_json(&report.json()),
        }?;
        Ok(if report.is_well() { code } else { ExitCode::FAILURE })
    }

    /// The request that the token comes with, where there is one.
    fn asked(&self) -> Result<Option<Asked>, Failure> {
        let Some(file) = &self.token else { return Ok(None) };
        Ok(Some(Asked {
            method: self.method.clone(),
            route: self.policy.clone(),
            token: Some(sent::token(file)?),
            ..self.url.as_ref().map_or_else(Asked::default, Asked::at)
        }))
    }
}

fn examine(config: &Config, trust: &Trust, client: &Client) -> Report {
    let mut keyring = Keyring::new(config.providers.len());
    let mut providers = Vec::new();
    for (at, settings) in config.providers.iter().enumerate() {
        let id = ProviderId(at);
        let provider = Provider::examine(settings, config, leeway(config, id), client);
        keyring.install(id, provider.view.clone());
        providers.push(provider);
    }
    let fetches = providers.iter().flat_map(|provider| &provider.documents).map(|document| &document.fetch);
    let clusters = Cluster::all(fetches);
    let mut findings: Vec<Finding> = clusters.iter().filter_map(Cluster::finding).collect();
    findings.extend(remarks(config, &keyring));
    if trust.of_system == 0 {
        findings.push(Finding::NoSystemTrust);
    }
    Report { providers, clusters, findings, verdict: None }
}

/// The smallest `clock_skew` that a token of this provider meets.
fn leeway(config: &Config, id: ProviderId) -> Duration {
    let requirements = config.policies.iter().flat_map(Policy::requirements);
    let own = requirements.filter(|requirement| requirement.keys.providers.contains(&id));
    own.map(|requirement| requirement.time.leeway).min().unwrap_or_default()
}

/// What the documents mean together, each thing once.
fn remarks(config: &Config, keyring: &Keyring) -> Vec<Finding> {
    let mut remarks = Vec::new();
    for requirement in config.policies.iter().flat_map(Policy::requirements) {
        for remark in requirement.owners.remarks(keyring) {
            if !remarks.contains(&remark) {
                remarks.push(remark);
            }
        }
    }
    remarks.into_iter().map(Finding::Remark).collect()
}
