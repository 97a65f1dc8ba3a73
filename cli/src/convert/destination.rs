//! What `convert --to` writes: a proxy's whole configuration, of which the filter's own is a part.
//!
//! ```text
//! configuration ─► clusters ─► template of the proxy, with configuration and clusters in their places
//!                              └──► what the configuration does not say: placeholders, which the proxy refuses
//! ```

mod cluster;
mod envoy;
mod envoy_gateway;
mod istio;
mod template;
mod yaml;

use clap::ValueEnum;
use serde_json::Value;
use validate_jwt::config::{Config, Problem};

/// What a configuration is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Destination {
    /// The configuration alone.
    Json,
    /// A whole configuration of Envoy.
    Envoy,
    /// A `WasmPlugin`, and what makes Istio reach the providers.
    Istio,
    /// An `EnvoyExtensionPolicy`, and what makes Envoy Gateway reach the providers.
    EnvoyGateway,
}

/// What was written.
pub(super) struct Written {
    pub(super) text: String,
    pub(super) open: Vec<Open>,
}

/// Something that the configuration does not say.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Open {
    /// What stands in its place.
    pub(super) what: String,
    /// What to do about it.
    pub(super) instead: String,
}

impl Open {
    fn new(what: impl Into<String>, instead: impl Into<String>) -> Self {
        Self { what: what.into(), instead: instead.into() }
    }
}

impl Destination {
    /// Writes a configuration for it.
    ///
    /// # Errors
    ///
    /// What is wrong with the configuration: no proxy is given what the filter refuses.
    pub(super) fn write(self, configuration: &Value) -> Result<Written, Vec<Problem>> {
        let write = match self {
            Self::Json => return Ok(Written { text: json(configuration), open: Vec::new() }),
            Self::Envoy => envoy::write,
            Self::Istio => istio::write,
            Self::EnvoyGateway => envoy_gateway::write,
        };
        let config = Config::parse(configuration.to_string().as_bytes())?;
        Ok(write(configuration, &config))
    }
}

/// Names of Kubernetes resources, each for one.
#[derive(Default)]
struct ResourceNames(Vec<String>);

impl ResourceNames {
    /// A name that reminds of this text.
    fn name(&mut self, of: &str) -> String {
        let plain = |char: char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '-' };
        let plain: String = of.chars().take(200).map(plain).collect();
        let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
        let base = if words.is_empty() { "provider".to_owned() } else { words.join("-") };
        let mut name = base.clone();
        let mut number = 1;
        while self.0.contains(&name) {
            number += 1;
            name = format!("{base}-{number}");
        }
        self.0.push(name.clone());
        name
    }
}

/// JSON for people.
fn json(configuration: &Value) -> String {
    format!("{configuration:#}\n")
}

#[cfg(test)]
mod tests;
