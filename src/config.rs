//! Configuration: from what a user wrote to types that cannot be wrong.
//!
//! [`Config::parse`] reads JSON or an APIM policy in XML, reports every problem it finds with the path
//! of the field, what was expected and what was found, and is the only place that knows a default.

#[cfg(not(target_family = "wasm"))]
pub mod apim;
mod azure_ad;
mod check;
mod choice;
mod claims;
mod encoding;
mod failure;
mod field;
mod forward;
mod header_match;
mod host_rule;
mod inline_keys;
mod json;
mod named;
mod node;
mod object;
mod paths;
mod possession;
mod presentation;
mod problem;
mod protobuf;
mod providers;
mod quote;
mod resource;
mod rules;
#[cfg(not(target_family = "wasm"))]
mod schema;
mod settings;
mod shadow;
mod source;
mod step_up;
mod suggest;
mod tenant;
mod text;
mod tokens;
mod top;
mod validate_jwt;
mod xml;

use problem::Report;
#[cfg(test)]
mod tests;

pub use encoding::is_utf_16;
pub use problem::{Language, Problem, Warning};
pub use quote::member_name;
pub use suggest::nearest;

use crate::gate::{CacheBounds, Policy, Rule, ServerPaths};
use crate::keys::{ProviderSettings, RefreshSettings};

/// A checked configuration.
#[derive(Debug)]
pub struct Config {
    /// Every policy; `rules` refer to them by index.
    pub policies: Vec<Policy>,
    /// Ordered rules; the last one matches every request.
    pub rules: Vec<Rule>,
    /// `paths`.
    pub paths: ServerPaths,
    /// Every provider of every policy, each once.
    pub providers: Vec<ProviderSettings>,
    /// `key_refresh`.
    pub key_refresh: RefreshSettings,
    /// `limits`.
    pub limits: Limits,
    /// `verdict_cache`; `None` is off.
    pub verdict_cache: Option<CacheBounds>,
    /// `host_crypto`.
    pub host_crypto: HostCrypto,
    /// Whether policies have names of the operator's.
    pub naming: Naming,
    /// `publish`.
    pub outcome_state: OutcomeState,
    /// What is accepted, but worth a line in the log.
    pub warnings: Vec<Warning>,
}

/// `limits`: bounds on what a stranger can make large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest token, bytes.
    pub token_bytes: usize,
    /// Longest discovery document or JWKS, bytes.
    pub document_bytes: usize,
    /// Most usable keys of one provider.
    pub keys: usize,
    /// Most requests held for keys, per worker.
    pub held_requests: usize,
}

/// Whether policies have names of the operator's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// There is one, at the top level: its name says nothing, and no route chooses it.
    Single,
    /// `policies`: a route may name one, and the one that decided is published.
    Named,
}

/// `publish`: whether the outcome of every request is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeState {
    /// As filter state, where the host can.
    Published,
    /// Not at all.
    Unpublished,
}

/// `host_crypto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostCrypto {
    /// The proxy's own signature verification, where it passes its self-test.
    Auto,
    /// The sandbox only.
    Off,
}

impl Config {
    /// Reads a configuration: JSON, or an APIM policy if the first character that is not blank is `<`. A byte order
    /// mark before either is skipped.
    ///
    /// # Errors
    ///
    /// Every problem that was found, in the order of the text as far as there is one.
    pub fn parse(text: &[u8]) -> Result<Self, Vec<Problem>> {
        let text = encoding::text(text)?;
        if xml::is_xml(text) {
            return Self::parse_xml(text);
        }
        let mut report = Report::new(Language::Json);
        let config = json::read(text, &mut report).map(|root| {
            check::check(&root, &top::CONFIGURATION, &mut report);
            let statements = top::policy_xml(&root, &mut report);
            let named = statements.as_ref().map_or_else(|| top::policies(&root), xml::policy);
            top::assemble(&named, &root, &mut report)
        });
        Self::checked(config, report)
    }

    /// The JSON Schema (2020-12) of the JSON form.
    #[cfg(not(target_family = "wasm"))]
    pub fn json_schema() -> serde_json::Value {
        schema::schema()
    }

    fn parse_xml(text: &[u8]) -> Result<Self, Vec<Problem>> {
        let mut report = Report::new(Language::Xml);
        let statements = xml::read(text, "", &xml::NamedValues::Unknown, &mut report).unwrap_or_default();
        let config = top::assemble(&xml::policy(&statements), &top::EMPTY, &mut report);
        Self::checked(Some(config), report)
    }

    fn checked(config: Option<Self>, report: Report) -> Result<Self, Vec<Problem>> {
        match config {
            Some(config) if report.problems.is_empty() => Ok(Self { warnings: report.warnings, ..config }),
            _ => Err(report.problems),
        }
    }
}
