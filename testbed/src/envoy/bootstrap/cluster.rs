//! Where Envoy sends requests.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::socket_address;

/// A cluster with one address.
#[derive(Clone, Debug)]
pub struct Cluster {
    pub(super) document: Value,
}

impl Cluster {
    /// A cluster of HTTP/1.1.
    pub fn new(name: &str, address: SocketAddr) -> Self {
        Self::from_document(json!({
            "name": name,
            "type": "STATIC",
            "connect_timeout": "30s",
            "load_assignment": {
                "cluster_name": name,
                "endpoints": [{"lb_endpoints": [{"endpoint": {"address": socket_address(address)}}]}],
            },
        }))
    }

    /// A cluster in Envoy's own words.
    pub fn from_document(document: Value) -> Self {
        Self { document }
    }

    /// Sets how long a connection may take to be there, as in `0.2s`.
    #[must_use]
    pub fn connect_timeout(mut self, time: &str) -> Self {
        self.document["connect_timeout"] = json!(time);
        self
    }

    /// Speaks HTTP/2 to it.
    #[must_use]
    pub fn http2(self) -> Self {
        self.speaking(&json!({"http2_protocol_options": {}}))
    }

    /// Speaks HTTP/1.1 to it, with trailers.
    #[must_use]
    pub fn http1_trailers(self) -> Self {
        self.speaking(&json!({"http_protocol_options": {"enable_trailers": true}}))
    }

    fn speaking(mut self, protocol: &Value) -> Self {
        self.document["typed_extension_protocol_options"] = json!({
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": protocol,
            },
        });
        self
    }
}
