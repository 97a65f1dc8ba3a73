//! Bootstrap documents for tests: what differs between tests is said, the rest is as in `envoy.yaml`.

use std::net::SocketAddr;

use serde_json::{Value, json};

mod cluster;
mod listener;
mod mutual_tls;
mod wasm_filter;

pub use cluster::Cluster;
pub(super) use listener::access_log_name;
pub use listener::{Listener, Paths};
pub use wasm_filter::WasmFilter;

/// A bootstrap document in the making.
#[derive(Clone, Debug, Default)]
pub struct Bootstrap {
    clusters: Vec<Value>,
    listeners: Vec<Value>,
    dynamic: Dynamic,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Dynamic {
    #[default]
    Nothing,
    Listeners,
}

impl Bootstrap {
    /// Nothing but an administration interface.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a cluster.
    #[must_use]
    pub fn cluster(mut self, cluster: Cluster) -> Self {
        self.clusters.push(cluster.document);
        self
    }

    /// Adds a listener.
    #[must_use]
    pub fn listener(mut self, listener: Listener) -> Self {
        self.listeners.push(listener.into_document());
        self
    }

    /// Takes more listeners, none at first, from [`Envoy::update_listeners`](super::Envoy::update_listeners).
    #[must_use]
    pub fn dynamic_listeners(mut self) -> Self {
        self.dynamic = Dynamic::Listeners;
        self
    }
}

impl From<Bootstrap> for Value {
    fn from(bootstrap: Bootstrap) -> Self {
        let mut document = json!({
            "node": {"id": "testbed", "cluster": "testbed"},
            "admin": {"address": socket_address(SocketAddr::from(([127, 0, 0, 1], 0)))},
            "static_resources": {"clusters": bootstrap.clusters, "listeners": bootstrap.listeners},
        });
        mutual_tls::prepare(&mut document);
        if bootstrap.dynamic == Dynamic::Listeners {
            document["dynamic_resources"] = json!({"lds_config": {
                "path_config_source": {"path": format!("{{folder}}/{LISTENERS_FILE}")},
            }});
        }
        document
    }
}

/// A route to a cluster.
#[derive(Clone, Debug)]
pub struct Route {
    document: Value,
}

impl Route {
    /// Everything below a path goes to a cluster.
    pub fn prefix(prefix: &str, cluster: &str) -> Self {
        Self::from_document(
            json!({"match": {"prefix": prefix}, "route": {"cluster": cluster, "timeout": "60s"}}),
        )
    }

    /// A route in Envoy's own words.
    pub fn from_document(document: Value) -> Self {
        Self { document }
    }

    /// Adds route metadata.
    #[must_use]
    pub fn metadata(mut self, namespace: &str, fields: Value) -> Self {
        self.document["metadata"]["filter_metadata"][namespace] = fields;
        self
    }

    /// Turns a filter off on this route.
    #[must_use]
    pub fn without_filter(mut self, name: &str) -> Self {
        self.document["typed_per_filter_config"][name] =
            json!({"@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": true});
        self
    }
}

/// What the listener file says.
pub(super) fn listener_resources(listeners: impl IntoIterator<Item = Listener>) -> Value {
    let typed = |listener: Listener| {
        let mut document = listener.into_document();
        document["@type"] = json!("type.googleapis.com/envoy.config.listener.v3.Listener");
        document
    };
    json!({"resources": listeners.into_iter().map(typed).collect::<Vec<_>>()})
}

fn extension(name: &str, kind: &str, mut config: Value) -> Value {
    config["@type"] = json!(format!("type.googleapis.com/envoy.extensions.{kind}"));
    json!({"name": name, "typed_config": config})
}

fn socket_address(address: SocketAddr) -> Value {
    json!({"socket_address": {"address": address.ip().to_string(), "port_value": address.port()}})
}

/// The file that listeners are read from.
pub(super) const LISTENERS_FILE: &str = "listeners.json";
