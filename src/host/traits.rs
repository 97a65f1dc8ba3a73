//! What a host can do, and what it shows of a connection and a route.

use super::abi;
use super::apply::Publishing;
use super::crypto::ProxyEngine;
use super::journal;
use crate::config::HostCrypto;
use crate::gate::{CertificateDigest, HeaderRemoval, RouteChoice};
use crate::keys::WaitMode;

/// What this host can do. Found out in the context of a request: asking earlier ends an nginx worker.
#[derive(Debug, Clone, Copy)]
pub(super) struct HostTraits {
    pub(super) removal: HeaderRemoval,
    pub(super) publishing: Publishing,
    /// Never [`WaitMode::Auto`].
    pub(super) holding: WaitMode,
    pub(super) engine: ProxyEngine,
    routes: RouteMetadata,
}

/// Whether a route can choose a policy on this host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RouteMetadata {
    Exposed,
    /// nginx: asking would write an alert for every request.
    Unknown,
}

impl HostTraits {
    /// Looks at the host.
    pub(super) fn found(crypto: HostCrypto, wait: WaitMode) -> Self {
        let nginx = abi::property(&["ngx", "pid"]).is_ok();
        let engine = match crypto {
            HostCrypto::Auto if !nginx => ProxyEngine::tested(),
            HostCrypto::Auto | HostCrypto::Off => ProxyEngine::off(),
        };
        journal::engines(engine.served());
        let safest = if nginx { WaitMode::Refuse } else { WaitMode::Hold };
        Self {
            removal: if nginx { HeaderRemoval::Unreliable } else { HeaderRemoval::Works },
            publishing: if nginx { Publishing::Impossible } else { Publishing::Possible },
            holding: if wait == WaitMode::Auto { safest } else { wait },
            engine,
            routes: if nginx { RouteMetadata::Unknown } else { RouteMetadata::Exposed },
        }
    }

    /// The policy that the active request's route names.
    pub(super) fn route_choice(self) -> RouteChoice {
        match self.routes {
            RouteMetadata::Exposed => {
                abi::property(&ROUTE_POLICY).map_or(RouteChoice::None, RouteChoice::Named)
            }
            RouteMetadata::Unknown => RouteChoice::None,
        }
    }
}

/// The SHA-256 of the client certificate of the effective context's connection, as Envoy shows it: 64
/// hexadecimal digits.
pub(super) fn client_certificate() -> Option<CertificateDigest> {
    let hex = abi::property(&["connection", "sha256_peer_certificate_digest"]).ok()?;
    let mut digest = [0; 32];
    let mut pairs = hex.chunks_exact(2);
    for (byte, pair) in digest.iter_mut().zip(&mut pairs) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    (hex.len() == 64).then_some(digest)
}

/// Route metadata `validate-jwt` → `policy`, as Envoy exposes it.
const ROUTE_POLICY: [&str; 5] = ["xds", "route_metadata", "filter_metadata", "validate-jwt", "policy"];
