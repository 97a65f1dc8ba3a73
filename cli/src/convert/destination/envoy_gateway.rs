//! Envoy Gateway's `EnvoyExtensionPolicy`, and an `EnvoyPatchPolicy` for each cluster.

use serde_json::Value;
use validate_jwt::config::Config;

use super::template::fill;
use super::yaml::{block, scalar};
use super::{Open, ResourceNames, Written, cluster};

pub(super) fn write(configuration: &Value, config: &Config) -> Written {
    let (clusters, mut open) = cluster::clusters(config);
    let mut names = ResourceNames::default();
    let patches = clusters.iter().map(|cluster| {
        let patch = PATCH.replace("RESOURCE", &scalar(&names.name(&cluster.name)));
        fill(&patch.replace("CLUSTER", &scalar(&cluster.name)), &[("cluster", cluster::of_envoy(cluster))])
    });
    let patches = patches.collect();
    let text = fill(TEMPLATE, &[("configuration", block(configuration)), ("providers", patches)]);
    open.extend([
        Open::new("NAMESPACE", "write the namespace of the route and its Gateway"),
        Open::new("HTTPROUTE", "write the route that the filter stands in front of, or name its Gateway"),
        Open::new("GATEWAY", "write the Gateway that the route belongs to"),
        Open::new("REGISTRY", "write the registry that has the image"),
        Open::new("SHA256", "write the digest of the image's manifest, or leave sha256 out"),
    ]);
    Written { text, open }
}

const TEMPLATE: &str = include_str!("envoy_gateway.yaml");
const PATCH: &str = include_str!("envoy_gateway_cluster.yaml");
