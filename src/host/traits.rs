//! What a host can do, and what it shows of a route.

use super::abi;
use super::crypto::ProxyEngine;
use crate::config::HostCrypto;
use crate::filter::{Holding, Profile};
use crate::gate::RouteChoice;
use crate::keys::WaitMode;

/// What this host can do. Only asked in the context of a request: asking earlier ends an nginx worker.
#[derive(Debug, Clone, Copy)]
pub(super) struct HostTraits {
    pub(super) profile: Profile,
    pub(super) publishing: Publishing,
    pub(super) engine: ProxyEngine,
    routes: RouteMetadata,
}

/// Whether a host lets a filter publish properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Publishing {
    Possible,
    /// nginx: setting an unknown property is a trap.
    Impossible,
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
        let profile = if nginx { Profile::NGINX } else { Profile::ENVOY };
        let holding = match wait {
            WaitMode::Auto => profile.holding,
            WaitMode::Hold => Holding::Possible,
            WaitMode::Refuse => Holding::Refused,
        };
        Self {
            profile: Profile { holding, ..profile },
            publishing: if nginx { Publishing::Impossible } else { Publishing::Possible },
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

/// Route metadata `validate-jwt` → `policy`, as Envoy exposes it.
const ROUTE_POLICY: [&str; 5] = ["xds", "route_metadata", "filter_metadata", "validate-jwt", "policy"];
