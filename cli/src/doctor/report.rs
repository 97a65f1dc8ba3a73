//! All that was found out, as lines for people or as an object for programs.

use std::fmt;

use serde_json::{Value, json};
use validate_jwt::excerpt::Excerpt;
use validate_jwt::keys::FetchStep;

use super::cluster::Cluster;
use super::finding::{Finding, Severity};
use super::provider::{Document, Provider};
use crate::explain::Account;

/// What `doctor` says.
pub(super) struct Report {
    pub(super) providers: Vec<Provider>,
    pub(super) clusters: Vec<Cluster>,
    /// What concerns no provider alone.
    pub(super) findings: Vec<Finding>,
    /// On the token that was given.
    pub(super) verdict: Option<Account>,
}

impl Report {
    /// Whether requests would find keys, and the token that was given would pass.
    pub(super) fn is_well(&self) -> bool {
        self.count(Severity::Error) == 0 && self.verdict.as_ref().is_none_or(Account::goes_on)
    }

    fn count(&self, severity: Severity) -> usize {
        let of_providers = self.providers.iter().flat_map(Provider::findings);
        of_providers.chain(&self.findings).filter(|finding| finding.severity() == severity).count()
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        json!({
            "well": self.is_well(),
            "providers": self.providers.iter().map(Provider::json).collect::<Vec<_>>(),
            "clusters": self.clusters.iter().map(Cluster::json).collect::<Vec<_>>(),
            "findings": self.findings.iter().map(Finding::json).collect::<Vec<_>>(),
            "verdict": self.verdict.as_ref().map(Account::json),
        })
    }
}

impl Provider {
    fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.documents.iter().flat_map(|document| &document.findings).chain(&self.clock)
    }

    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "documents": self.documents.iter().map(Document::json).collect::<Vec<_>>(),
            "clock": self.clock.as_ref().map(Finding::json),
        })
    }
}

impl Document {
    /// What it is called.
    fn name(&self) -> &'static str {
        match self.fetch.step {
            FetchStep::Metadata => "discovery",
            FetchStep::Keys => "keys",
        }
    }

    fn json(&self) -> Value {
        json!({
            "document": self.name(),
            "url": self.fetch.url.to_string(),
            "cluster": self.fetch.cluster,
            "findings": self.findings.iter().map(Finding::json).collect::<Vec<_>>(),
        })
    }
}

impl Finding {
    fn json(&self) -> Value {
        json!({"severity": self.severity().word(), "code": self.code(), "text": self.to_string()})
    }
}

impl Severity {
    fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for provider in &self.providers {
            writeln!(f, "provider {}", provider.name)?;
            for document in &provider.documents {
                let url = Excerpt::address(&document.fetch.url.to_string());
                writeln!(f, "  {} {url}", document.name())?;
                for finding in &document.findings {
                    line(f, finding)?;
                }
            }
            if let Some(clock) = &provider.clock {
                writeln!(f, "  clock")?;
                line(f, clock)?;
            }
            writeln!(f)?;
        }
        if self.providers.is_empty() {
            writeln!(f, "nothing is fetched: the configuration has all its keys inline\n")?;
        }
        if !self.clusters.is_empty() {
            writeln!(f, "clusters that the proxy needs")?;
            for cluster in &self.clusters {
                writeln!(f, "  {cluster}")?;
            }
            writeln!(f)?;
        }
        if !self.findings.is_empty() {
            writeln!(f, "all together")?;
            for finding in &self.findings {
                line(f, finding)?;
            }
            writeln!(f)?;
        }
        if let Some(verdict) = &self.verdict {
            writeln!(f, "the token")?;
            for line in verdict.text().lines() {
                writeln!(f, "  {line}")?;
            }
            writeln!(f)?;
        }
        match (self.count(Severity::Error), self.count(Severity::Warning)) {
            (0, 0) if self.is_well() => writeln!(f, "all is well"),
            (errors, warnings) => {
                writeln!(f, "{}, {}", counted(errors, "error"), counted(warnings, "warning"))
            }
        }
    }
}

fn line(f: &mut fmt::Formatter<'_>, finding: &Finding) -> fmt::Result {
    writeln!(f, "    {:<8}{finding}", finding.severity().word())
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
