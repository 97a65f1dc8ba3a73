//! The parts of a configuration that a host cannot honour: a warning at load, or a refusal.

use super::profile::{Holding, Profile, Publishing, Questions};
use crate::gate::{CertificateRule, ForwardToken, Gate, HeaderRemoval, Requirement};
use crate::keys::WaitMode;

/// What a host cannot do of what a configuration asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shortcomings {
    /// Nobody may rely on these: the configuration is refused.
    pub refused: Vec<String>,
    /// These have no effect, and are warned of.
    pub idle: Vec<String>,
}

impl Shortcomings {
    /// Of a gate and `key_refresh.wait` on a host.
    pub fn of(gate: &Gate, wait: WaitMode, profile: Profile) -> Self {
        let mut found = Self::default();
        if wait == WaitMode::Hold && profile.holding == Holding::Refused {
            found.idle.push(
                "key_refresh.wait: this host cannot hold requests: they are answered 503 while keys are fetched"
                    .to_owned(),
            );
        }
        let requirements = gate
            .policies()
            .iter()
            .flat_map(|policy| policy.requirements().map(|requirement| (&*policy.name, requirement)));
        for (policy, requirement) in requirements {
            if profile.removal == HeaderRemoval::Unreliable && removes(requirement) {
                found.refused.push(format!(
                    "policy {policy:?}: forward.token: \"remove\" is not possible on this host, where the upstream \
                     would still see the token: leave it out, and have the proxy take the header out \
                     (nginx: proxy_set_header Authorization \"\")"
                ));
            }
            if profile.questions == Questions::Punished
                && requirement.possession.certificate == CertificateRule::Required
            {
                found.refused.push(format!(
                    "policy {policy:?}: proof_of_possession.certificate: \"required\" is not possible on this host, \
                     which does not show the client's certificate: no request would pass"
                ));
            }
            if profile.publishing == Publishing::Impossible && requirement.published_name.is_some() {
                found.idle.push(format!(
                    "policy {policy:?}: output_token_variable_name: this host takes no properties from a filter"
                ));
            }
        }
        found
    }
}

/// Whether a header or the request's target has to lose the token. Cookies are rewritten, not removed.
fn removes(requirement: &Requirement) -> bool {
    requirement.forward.token == ForwardToken::Remove && !requirement.places.are_cookies()
}
