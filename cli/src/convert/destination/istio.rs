//! Istio's `WasmPlugin`, and a `ServiceEntry` and a `DestinationRule` for each provider's host.

use std::fmt::Write as _;

use serde_json::Value;
use validate_jwt::config::Config;
use validate_jwt::keys::{Scheme, Url};

use super::cluster::{self, Cluster, Host};
use super::template::fill;
use super::yaml::{block, scalar};
use super::{Open, ResourceNames, Written};

pub(super) fn write(configuration: &Value, config: &Config) -> Written {
    let mut configuration = configuration.clone();
    name_clusters(&mut configuration);
    // Only names of clusters have changed: what was accepted still is.
    let renamed = Config::parse(configuration.to_string().as_bytes());
    let (clusters, mut open) = cluster::clusters(renamed.as_ref().unwrap_or(config));
    let mut hosts: Vec<(&str, Vec<&Host>)> = Vec::new();
    for cluster in &clusters {
        let Cluster { name, host } = cluster;
        let told = match how(cluster) {
            Reached::Here => None,
            Reached::AsService => continue,
            Reached::Misnamed => {
                Some(format!("write cluster=\"{}\" for {} into the XML", name_of(host), host.name))
            }
            Reached::Never(instead) => {
                open.push(Open::new(format!("the cluster {name}"), instead));
                continue;
            }
        };
        open.extend(told.map(|instead| Open::new(format!("the cluster {name}"), instead)));
        match hosts.iter_mut().find(|(name, _)| *name == host.name) {
            Some((_, ports)) => ports.push(host),
            None => hosts.push((&host.name, vec![host])),
        }
    }
    let annotations = annotations(hosts.iter().map(|(host, _)| *host));
    let mut names = ResourceNames::default();
    let resources = hosts.iter().map(|(host, ports)| resources(&names.name(host), host, ports)).collect();
    let parts =
        [("configuration", block(&configuration)), ("annotations", annotations), ("providers", resources)];
    let text = fill(TEMPLATE, &parts);
    open.extend([
        Open::new("NAMESPACE", "write the namespace of the workloads"),
        Open::new("WORKLOAD*", "write the label of the workloads, or targetRefs for a gateway or a waypoint"),
        Open::new("REGISTRY", "write the registry that has the image"),
        Open::new("SHA256", "write the digest of the image's manifest, or leave sha256 out"),
    ]);
    Written { text, open }
}

/// How the proxies reach a cluster.
enum Reached {
    /// By resources that are written here.
    Here,
    /// Likewise, once the configuration names it as Istio does.
    Misnamed,
    /// It is a Service of the mesh, or the operator's own.
    AsService,
    /// Not at all: what to do.
    Never(&'static str),
}

fn how(cluster: &Cluster) -> Reached {
    let Cluster { name, host } = cluster;
    if !name.starts_with(OUTBOUND) {
        return if has_name(host) {
            // A policy in XML within the configuration is left as it was written.
            Reached::Misnamed
        } else if host.is_address() {
            Reached::Never(
                "Istio has clusters for names alone: give the address one by a ServiceEntry, and write outbound|PORT||NAME",
            )
        } else {
            Reached::Never(
                "Istio knows a Service by its whole name: write outbound|PORT||SERVICE.NAMESPACE.svc.cluster.local",
            )
        };
    }
    let is_service = host.name.ends_with(SERVICES);
    match host.scheme {
        _ if *name != name_of(host) => Reached::AsService,
        _ if !is_service => Reached::Here,
        Scheme::Http => Reached::AsService,
        Scheme::Https => Reached::Never(
            "the filter speaks plain HTTP to the sidecar: a DestinationRule has to make TLS of it",
        ),
    }
}

/// Whether Istio has a name for it: whole names of hosts have dots.
fn has_name(host: &Host) -> bool {
    host.name.contains('.') && !host.is_address()
}

/// How names of Istio's clusters for other workloads begin.
const OUTBOUND: &str = "outbound|";

const SERVICES: &str = ".svc.cluster.local";

/// How Istio calls the cluster of a host. The filter speaks plain HTTP to the sidecar, which speaks TLS to the host: on port 80
/// where it is HTTPS' own port, so that whoever speaks TLS himself may go on to do so on 443.
fn name_of(host: &Host) -> String {
    format!("{OUTBOUND}{}||{}", port(host), host.name)
}

fn port(host: &Host) -> u16 {
    if host.port == 443 { 80 } else { host.port }
}

/// Writes Istio's names into every provider whose cluster has another one.
fn name_clusters(configuration: &mut Value) {
    match configuration {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match name.as_str() {
                    "openid_config" => {
                        member.as_array_mut().into_iter().flatten().for_each(name_clusters_of_entry);
                    }
                    "validate_azure_ad_token" => name_cluster_of_tenant(member),
                    _ => name_clusters(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(name_clusters),
        _ => {}
    }
}

fn name_clusters_of_entry(entry: &mut Value) {
    let url = ["url", "jwks_uri"].iter().find_map(|name| Url::parse(entry.get(name)?.as_str()?).ok());
    let Some(url) = url else { return };
    set(entry, "cluster", &Host::of(&url));
    if let Some(host) = Host::of_keys(&url).filter(|_| entry.get("url").is_some()) {
        set(entry, "jwks_cluster", &host);
    }
}

/// A tenant's documents are all on one host, which its policy alone tells.
fn name_cluster_of_tenant(policy: &mut Value) {
    let alone = serde_json::json!({"validate_azure_ad_token": policy});
    let Ok(config) = Config::parse(alone.to_string().as_bytes()) else { return };
    if let Some(provider) = config.providers.first() {
        set(policy, "cluster", &Host::of(provider.document.url()));
    }
}

/// Leaves alone what has a name of Istio's, and what Istio has no name for.
fn set(object: &mut Value, field: &str, host: &Host) {
    let is_istios = |name: &Value| name.as_str().is_some_and(|name| name.starts_with(OUTBOUND));
    let is_named = object.get(field).is_some_and(is_istios);
    if let Value::Object(members) = object
        && !is_named
        && has_name(host)
    {
        members.insert(field.to_owned(), name_of(host).into());
    }
}

/// What gives the clusters of these hosts to proxies that are given what their routes need alone.
fn annotations<'a>(hosts: impl Iterator<Item = &'a str>) -> String {
    let hosts = hosts.collect::<Vec<_>>().join(",");
    if hosts.is_empty() {
        return String::new();
    }
    format!(
        "annotations:
  # Waypoints, and gateways where istiod has PILOT_FILTER_GATEWAY_CLUSTER_CONFIG, are given no cluster that none of their
  # routes needs. This gives them the identity providers'.
  envoyfilter.istio.io/referenced-services: {}
",
        scalar(&hosts)
    )
}

/// What makes the proxies reach a host.
fn resources(name: &str, host: &str, hosts: &[&Host]) -> String {
    let (name, host) = (scalar(name), scalar(host));
    let mut ports = String::new();
    let mut settings = String::new();
    for of_port in hosts {
        let number = port(of_port);
        let label = if number == 80 { "http".to_owned() } else { format!("http-{number}") };
        let _ = writeln!(ports, "    - number: {number}\n      name: {label}\n      protocol: HTTP");
        if number != of_port.port {
            let _ = writeln!(ports, "      targetPort: {}", of_port.port);
            ports.push_str("    - number: 443\n      name: tls\n      protocol: TLS\n");
        }
        if of_port.scheme == Scheme::Https {
            let _ = write!(
                settings,
                "      - port:
          number: {number}
        tls:
          mode: SIMPLE
          sni: {host}
          # The trust store in Istio's proxy image. Older versions verify nothing unless told what to verify with.
          caCertificates: /etc/ssl/certs/ca-certificates.crt
          subjectAltNames:
            - {host}
"
            );
        }
    }
    let mut text = format!(
        "---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata:
  name: {name}
  namespace: NAMESPACE
spec:
  hosts:
    - {host}
  exportTo:
    - \".\"
  location: MESH_EXTERNAL
  resolution: DNS
  ports:
{ports}"
    );
    if !settings.is_empty() {
        let _ = write!(
            text,
            "---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: {name}
  namespace: NAMESPACE
spec:
  host: {host}
  exportTo:
    - \".\"
  trafficPolicy:
    portLevelSettings:
{settings}"
        );
    }
    text
}

const TEMPLATE: &str = include_str!("istio.yaml");
