//! TLS within one Envoy: a listener that only its own clusters reach, and clusters that connect to it, with a client
//! certificate or without, particular about the server's or not. So no test needs a TLS client or server of its own.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Cluster;
use crate::token::RsaFixture;

impl Cluster {
    /// A listener of [`Listener::mutual_tls`](super::Listener::mutual_tls), reached with this client certificate, or with none.
    pub fn by_mutual_tls(name: &str, listener: &str, client: Option<RsaFixture>) -> Self {
        let certificates: Vec<Value> = client.into_iter().map(certificate).collect();
        let context = json!({"common_tls_context": {"tls_certificates": certificates}});
        Self::within(name, listener).speaking_tls(&context)
    }

    /// A listener of [`Listener::mutual_tls`](super::Listener::mutual_tls), reached in plain, until the cluster is told otherwise.
    pub fn within(name: &str, listener: &str) -> Self {
        Self::from_document(json!({
            "name": name,
            "load_assignment": {
                "cluster_name": name,
                "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {
                    "envoy_internal_address": {"server_listener_name": listener},
                }}}]}],
            },
        }))
    }

    /// Speaks TLS to it, with a server whose certificate this key has signed for this host. That of a listener within is
    /// signed by the third one, for `login.example`.
    #[must_use]
    pub fn tls(self, trusted: RsaFixture, host: &str) -> Self {
        self.speaking_tls(&json!({
            "sni": host,
            "common_tls_context": {"validation_context": {
                "trusted_ca": {"inline_string": pem(trusted.certificate())},
                "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": host}}],
            }},
        }))
    }

    fn speaking_tls(mut self, context: &Value) -> Self {
        self.document["transport_socket"] = transport_socket("UpstreamTlsContext", context);
        self
    }
}

/// The listener's document around its connection manager.
pub(super) fn listener(name: &str, manager: &Value) -> Value {
    let trusted: String = CLIENTS.into_iter().map(|client| pem(client.certificate())).collect();
    json!({
        "name": name,
        "internal_listener": {},
        "filter_chains": [{
            "filters": [manager],
            "transport_socket": transport_socket("DownstreamTlsContext", &json!({
                "common_tls_context": {
                    "tls_certificates": [{
                        "certificate_chain": {"inline_string": pem(SERVER)},
                        "private_key": {"inline_string": RsaFixture::Third.private_pem()},
                    }],
                    "validation_context": {"trusted_ca": {"inline_string": trusted}},
                },
            })),
        }],
    })
}

/// Lets a bootstrap document have such listeners.
pub(super) fn prepare(document: &mut Value) {
    let listeners = document["static_resources"]["listeners"].as_array();
    if listeners.is_some_and(|all| all.iter().any(|listener| !listener["internal_listener"].is_null())) {
        document["bootstrap_extensions"] = json!([{
            "name": "envoy.bootstrap.internal_listener",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener",
            },
        }]);
    }
}

fn transport_socket(kind: &str, context: &Value) -> Value {
    let mut context = context.clone();
    context["@type"] = json!(format!("type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.{kind}"));
    json!({"name": "envoy.transport_sockets.tls", "typed_config": context})
}

fn certificate(fixture: RsaFixture) -> Value {
    json!({
        "certificate_chain": {"inline_string": pem(fixture.certificate())},
        "private_key": {"inline_string": fixture.private_pem()},
    })
}

fn pem(certificate: &[u8]) -> String {
    let text = STANDARD.encode(certificate);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

/// Whose certificates the listener trusts.
const CLIENTS: [RsaFixture; 2] = [RsaFixture::First, RsaFixture::Second];

/// The listener's certificate: of the third RSA key, and signed with it, for `login.example`.
const SERVER: &[u8] = include_bytes!("../../../keys/login-example.cer");
