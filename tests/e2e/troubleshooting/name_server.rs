//! A name server (RFC 1035) that knows one name.

use std::net::SocketAddr;

use serde_json::json;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::envoy::Cluster;

/// It answers as long as it is kept.
pub(super) struct NameServer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl NameServer {
    /// Starts one to which this host is loopback, and every other name unknown.
    pub(super) async fn knowing(host: &str) -> Result<Self, Error> {
        let socket = UdpSocket::bind("127.0.0.1:0").await.map_err(Error::io("binding the name server"))?;
        let address = socket.local_addr().map_err(Error::io("asking for the name server's port"))?;
        let known = in_labels(host);
        let task = tokio::spawn(async move {
            let mut query = [0; 512];
            while let Ok((length, client)) = socket.recv_from(&mut query).await {
                if let Some(answer) = answer(&query[..length], &known) {
                    // A client that has gone asks no more.
                    let _ = socket.send_to(&answer, client).await;
                }
            }
        });
        Ok(Self { address, task })
    }

    /// A cluster of this host's, whose addresses are asked for here.
    pub(super) fn cluster(&self, name: &str, host: &str, port: u16) -> Cluster {
        let resolver = json!({"socket_address": {
            "protocol": "UDP",
            "address": self.address.ip().to_string(),
            "port_value": self.address.port(),
        }});
        Cluster::from_document(json!({
            "name": name,
            "type": "STRICT_DNS",
            "dns_lookup_family": "V4_ONLY",
            "typed_dns_resolver_config": {"name": "envoy.network.dns_resolver.cares", "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
                "resolvers": [resolver],
                "dns_resolver_options": {"no_default_search_domain": true},
            }},
            "load_assignment": {
                "cluster_name": name,
                "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {
                    "socket_address": {"address": host, "port_value": port},
                }}}]}],
            },
        }))
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers the one question of a query.
fn answer(query: &[u8], known: &[u8]) -> Option<Vec<u8>> {
    let end = HEADER + query.get(HEADER..)?.iter().position(|byte| *byte == 0)? + 1;
    let (name, question) = (query.get(HEADER..end)?, query.get(HEADER..end + 4)?);
    let is_known = name.eq_ignore_ascii_case(known);
    // An answer to a question like that one; of an unknown name, that it is (RFC 1035, 4.1.1).
    let flags: [u8; 2] = if is_known { [0x81, 0x80] } else { [0x81, 0x83] };
    let counts = [0, 1, 0, u8::from(is_known), 0, 0, 0, 0];
    let mut answer = [query.get(..2)?, &flags, &counts, question].concat();
    if is_known {
        // The name in the question, A, IN, a second, four bytes.
        answer.extend([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1]);
    }
    Some(answer)
}

/// A name as the protocol has it.
fn in_labels(host: &str) -> Vec<u8> {
    let labels = host.split('.').flat_map(|label| {
        let length = u8::try_from(label.len()).expect("a label is short");
        [&[length], label.as_bytes()].concat()
    });
    labels.chain([0]).collect()
}

/// How long a message's header is.
const HEADER: usize = 12;
