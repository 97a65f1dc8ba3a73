//! What a host can do, and what it shows of a request.

use super::abi::{self, HostError};
use super::crypto::ProxyEngine;
use crate::config::HostCrypto;
use crate::filter::{Profile, Questions, RequestLine};
use crate::gate::{RouteChoice, SentTarget};

/// What this host can do, as its first request shows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct HostTraits {
    pub(super) profile: Profile,
    pub(super) engine: ProxyEngine,
    pub(super) fitness: Fitness,
}

/// Whether a host can do what the configuration demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fitness {
    Fit,
    /// Only its first request has shown that it cannot: none is let pass.
    Unfit,
}

/// A first look, in the root context. nginx ends a worker that asks for a property there, but is told by its shared
/// data: it refuses to create a value under a version, which nobody else does.
pub(super) fn at_load() -> Profile {
    let created = abi::set_shared_data(PROBE, b"1", abi::NO_VERSION);
    let guarded =
        created == Err(HostError::CasMismatch) && abi::shared_data(PROBE) == Err(HostError::NotFound);
    if guarded { Profile::NGINX } else { Profile::ENVOY }
}

impl HostTraits {
    /// Looks at the host in the context of a request.
    pub(super) fn found(crypto: HostCrypto) -> Self {
        let profile = if abi::property(&["ngx", "pid"]).is_ok() { Profile::NGINX } else { Profile::ENVOY };
        let engine = match (crypto, profile.questions) {
            (HostCrypto::Auto, Questions::Answered) => ProxyEngine::tested(),
            (HostCrypto::Auto, Questions::Punished) | (HostCrypto::Off, _) => ProxyEngine::off(),
        };
        Self { profile, engine, fitness: Fitness::Fit }
    }

    /// The policy that the active request's route names.
    pub(super) fn route_choice(self) -> RouteChoice {
        match self.profile.questions {
            Questions::Answered => abi::property(&ROUTE_POLICY).map_or(RouteChoice::None, RouteChoice::Named),
            Questions::Punished => RouteChoice::None,
        }
    }

    /// What the active request's client asked for, beside `:path`.
    pub(super) fn sent_target(self) -> SentTarget {
        match self.profile.request_line {
            RequestLine::AsSent => SentTarget::Shown,
            RequestLine::Rewritten => {
                abi::property(&["request", "path"]).map_or(SentTarget::Unknown, SentTarget::Beside)
            }
        }
    }
}

/// The key of shared data that tells hosts apart.
const PROBE: &str = "validate-jwt/probe";

/// Route metadata `validate-jwt` → `policy`, as Envoy exposes it.
const ROUTE_POLICY: [&str; 5] = ["xds", "route_metadata", "filter_metadata", "validate-jwt", "policy"];
