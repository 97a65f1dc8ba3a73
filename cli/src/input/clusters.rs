//! The clusters that a file defines: how a provider is reached.

use std::net::IpAddr;

use validate_jwt::config::{Warning, nearest};
use validate_jwt::keys::{ProviderSettings, Scheme, Url};

use super::located::Located;
use super::tree::Tree;
use super::walk::At;

/// Clusters.
#[derive(Debug, Default)]
pub(crate) struct Clusters {
    found: Vec<Cluster>,
    all: bool,
}

/// A cluster of Envoy.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) name: String,
    pub(crate) security: Security,
    line: usize,
    path: String,
}

/// How a cluster speaks to its endpoints.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Security {
    Plain,
    Tls {
        /// The name that it asks for.
        server_name: Option<String>,
        /// Whether it has authorities to check certificates against.
        verifies: bool,
        /// Whether it compares the names in a certificate.
        compares_names: bool,
    },
    /// Something else.
    Other,
}

impl Clusters {
    /// Those of all documents of a file.
    pub(super) fn of(documents: &[Tree]) -> Self {
        let mut found = Vec::new();
        for document in documents {
            search(&At::root(document, ""), &mut found);
        }
        Self { found, all: documents.iter().any(has_all) }
    }

    /// Whether the proxy can have no other.
    pub(crate) fn are_all(&self) -> bool {
        self.all
    }

    /// The cluster of this name.
    pub(crate) fn named(&self, name: &str) -> Option<&Cluster> {
        self.found.iter().find(|cluster| cluster.name == name)
    }

    /// The cluster whose name differs by a slip.
    pub(super) fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.found.iter().map(|cluster| cluster.name.as_str()))
    }

    /// All names, for a message.
    pub(super) fn names(&self) -> String {
        let names: Vec<String> = self.found.iter().map(|cluster| format!("{:?}", cluster.name)).collect();
        if names.is_empty() { "it defines none".to_owned() } else { names.join(", ") }
    }

    /// What to know about the clusters of a provider.
    pub(super) fn remarks(&self, provider: &ProviderSettings) -> Vec<Located<Warning>> {
        let url = provider.document.url();
        self.named(&provider.cluster).map(|cluster| cluster.remarks(url)).unwrap_or_default()
    }
}

impl Cluster {
    fn remarks(&self, url: &Url) -> Vec<Located<Warning>> {
        let mut texts = Vec::new();
        let host = url.bare_host();
        match &self.security {
            Security::Plain if url.scheme() == Scheme::Https => texts.push(format!(
                "speaks no TLS, and {url} wants it: give the cluster a transport_socket with an UpstreamTlsContext"
            )),
            Security::Tls { server_name, verifies, compares_names } => {
                match server_name {
                    // An address is no server name (RFC 6066, 3).
                    None if is_address(host) => {}
                    None => texts.push(format!("asks for no server name: sni should be {host}")),
                    Some(name) if !name.eq_ignore_ascii_case(host) => {
                        texts.push(format!("asks for the server {name:?}, and {url} is at {host}"));
                    }
                    Some(_) => {}
                }
                if !verifies {
                    texts.push(
                        "verifies no certificate: anybody between it and the provider can hand out keys of their own; \
                         set validation_context.trusted_ca"
                            .to_owned(),
                    );
                } else if !compares_names {
                    texts.push(format!(
                        "takes the certificate of any server: set match_typed_subject_alt_names to {host}"
                    ));
                }
            }
            Security::Plain | Security::Other => {}
        }
        texts
            .into_iter()
            .map(|text| Located::of(self.line, &self.path, format!("the cluster {:?} {text}", self.name)))
            .collect()
    }
}

fn is_address(host: &str) -> bool {
    host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok()
}

fn search(at: &At<'_>, found: &mut Vec<Cluster>) {
    if let Some(cluster) = cluster(at) {
        found.push(cluster);
        return;
    }
    at.children().for_each(|child| search(&child, found));
}

/// A cluster has endpoints, or says how it finds them.
fn cluster(at: &At<'_>) -> Option<Cluster> {
    let name = at.word("name")?;
    let has = |member: &str| at.member(member).is_some();
    let is_cluster = at.is_typed(".cluster.v3.Cluster")
        || has("load_assignment")
        || has("cluster_type")
        || has("eds_cluster_config")
        || (has("connect_timeout") && has("type"));
    is_cluster.then(|| Cluster {
        name: name.to_owned(),
        security: security(at),
        line: at.tree.line,
        path: at.path.clone(),
    })
}

fn security(cluster: &At<'_>) -> Security {
    let Some(socket) = cluster.member("transport_socket") else {
        let matches = cluster.member("transport_socket_matches").is_some();
        return if matches { Security::Other } else { Security::Plain };
    };
    let Some(tls) = socket.member("typed_config").filter(|config| config.is_typed(".UpstreamTlsContext"))
    else {
        return Security::Other;
    };
    let common = |name: &str| tls.below(&["common_tls_context", name]);
    let context = common("validation_context");
    let within = |name: &str| context.as_ref().is_some_and(|context| context.member(name).is_some());
    let elsewhere = ["validation_context_sds_secret_config", "combined_validation_context"]
        .iter()
        .any(|name| common(name).is_some());
    Security::Tls {
        server_name: tls.word("sni").filter(|name| !name.is_empty()).map(str::to_owned),
        verifies: elsewhere
            || ["trusted_ca", "system_root_certs", "verify_certificate_hash", "verify_certificate_spki"]
                .iter()
                .any(|name| within(name)),
        compares_names: elsewhere
            || within("match_typed_subject_alt_names")
            || within("verify_certificate_hash")
            || within("verify_certificate_spki")
            || tls.member("auto_sni_san_validation").and_then(|flag| flag.tree.flag()).unwrap_or_default(),
    }
}

/// Whether a document is a whole Envoy that asks nobody for clusters.
fn has_all(document: &Tree) -> bool {
    let root = At::root(document, "");
    let asks = ["cds_config", "ads_config"];
    root.member("static_resources").is_some()
        && !root
            .member("dynamic_resources")
            .is_some_and(|dynamic| asks.iter().any(|name| dynamic.member(name).is_some()))
}
