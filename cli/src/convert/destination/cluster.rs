//! What a proxy needs to reach the providers: their hosts, and how they are spoken to.

use std::fmt::Write as _;
use std::net::IpAddr;

use validate_jwt::config::Config;
use validate_jwt::keys::{ProviderDocument, ProviderSettings, Scheme, Url};

use super::Open;
use super::yaml::scalar;

/// A cluster of the proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cluster {
    /// Its name in the configuration.
    pub(super) name: String,
    /// Where it leads.
    pub(super) host: Host,
}

/// A host, and how it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    /// A name without the dot that may end it, or an address without brackets.
    pub(super) name: String,
    pub(super) port: u16,
    pub(super) scheme: Scheme,
}

impl Host {
    /// Where a URL leads.
    pub(super) fn of(url: &Url) -> Self {
        let name = url.bare_host().trim_start_matches('[').trim_end_matches(']').to_owned();
        Self { name, port: url.port(), scheme: url.scheme() }
    }

    /// Where the keys are, of a discovery document that is known to name them on another host than its own.
    pub(super) fn of_keys(url: &Url) -> Option<Self> {
        let name = KEYS.iter().find(|(document, _)| *document == url.bare_host())?.1;
        Some(Self { name: name.to_owned(), port: 443, scheme: Scheme::Https })
    }

    /// Whether it is an address, which no certificate's DNS name and no SNI can name.
    pub(super) fn is_address(&self) -> bool {
        self.name.parse::<IpAddr>().is_ok()
    }
}

/// Hosts of discovery documents, and those of their keys.
const KEYS: [(&str, &str); 1] = [("accounts.google.com", "www.googleapis.com")];

/// The clusters that a configuration names, each once, and those of which it does not say where they lead.
pub(super) fn clusters(config: &Config) -> (Vec<Cluster>, Vec<Open>) {
    let mut known: Vec<Cluster> = Vec::new();
    let mut open = Vec::new();
    let documents = config.providers.iter().map(of_document);
    for cluster in documents.chain(config.providers.iter().filter_map(of_keys)) {
        match known.iter().find(|other| other.name == cluster.name) {
            None => known.push(cluster),
            Some(other) if *other == cluster => {}
            Some(other) => open.push(Open::new(
                format!("the cluster {}", cluster.name),
                format!(
                    "{} and {} are behind it: it has to lead to both",
                    other.host.name, cluster.host.name
                ),
            )),
        }
    }
    for name in config.providers.iter().filter_map(|provider| provider.jwks_cluster.as_ref()) {
        if !known.iter().any(|cluster| cluster.name == *name) {
            open.push(Open::new(
                format!("the cluster {name}"),
                "it is not written, since the host of the keys stands in the provider's document alone",
            ));
        }
    }
    (known, open)
}

fn of_document(provider: &ProviderSettings) -> Cluster {
    Cluster { name: provider.cluster.clone(), host: Host::of(provider.document.url()) }
}

fn of_keys(provider: &ProviderSettings) -> Option<Cluster> {
    let ProviderDocument::Discovery { url, .. } = &provider.document else { return None };
    let host = Host::of_keys(url)?;
    Some(Cluster { name: provider.jwks_cluster.clone().unwrap_or_else(|| host.name.clone()), host })
}

/// The cluster as Envoy has it: over TLS the certificate is checked against the system's trust store, and has to name the very
/// host.
pub(super) fn of_envoy(cluster: &Cluster) -> String {
    let Cluster { name, host: Host { name: host, port, scheme } } = cluster;
    let is_address = cluster.host.is_address();
    let (name, host) = (scalar(name), scalar(host));
    let kind = if is_address { "STATIC" } else { "LOGICAL_DNS\ndns_lookup_family: V4_PREFERRED" };
    let mut text = format!(
        "name: {name}
type: {kind}
connect_timeout: 2s
load_assignment:
  cluster_name: {name}
  endpoints:
    - lb_endpoints:
        - endpoint:
            address:
              socket_address: {{ address: {host}, port_value: {port} }}
"
    );
    if *scheme == Scheme::Https {
        let sni = if is_address { String::new() } else { format!("    sni: {host}\n") };
        let san_type = if is_address { "IP_ADDRESS" } else { "DNS" };
        let _ = write!(
            text,
            "transport_socket:
  name: envoy.transport_sockets.tls
  typed_config:
    \"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
{sni}    common_tls_context:
      validation_context:
        # Where Debian, Ubuntu and Envoy's images keep the system's trust store.
        trusted_ca: {{ filename: /etc/ssl/certs/ca-certificates.crt }}
        match_typed_subject_alt_names:
          - san_type: {san_type}
            matcher: {{ exact: {host} }}
"
        );
    }
    text
}
