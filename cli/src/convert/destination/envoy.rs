//! Envoy's whole configuration.

use serde_json::Value;
use validate_jwt::config::Config;

use super::template::fill;
use super::{Open, Written, cluster, json};

pub(super) fn write(configuration: &Value, config: &Config) -> Written {
    let (clusters, mut open) = cluster::clusters(config);
    let listed = clusters.iter().map(|cluster| as_item(&cluster::of_envoy(cluster))).collect();
    let parts = [("stats", stats().to_owned()), ("configuration", json(configuration)), ("clusters", listed)];
    let text = fill(TEMPLATE, &parts);
    open.push(Open::new(
        "/etc/envoy/validate_jwt.wasm",
        "where Envoy finds the module: put it there, or write its path",
    ));
    open.push(Open::new("api.internal.example, port 8080", "write the address of your API"));
    Written { text, open }
}

/// A block as an item of a list, with a blank line before it.
fn as_item(block: &str) -> String {
    format!("\n- {}\n", block.trim_end().replace('\n', "\n  "))
}

/// What `stats_config` is in the deployment.
fn stats() -> &'static str {
    let (_, behind) = DEPLOYMENT.split_once("\nstats_config:\n").unwrap_or_default();
    behind.split("\n\n").next().unwrap_or_default()
}

const DEPLOYMENT: &str = include_str!("../../../../deploy/envoy-entra.yaml");
const TEMPLATE: &str = include_str!("envoy.yaml");
