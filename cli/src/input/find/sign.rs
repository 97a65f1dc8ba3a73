//! Whose configuration it is.

use validate_jwt::config::nearest;

use super::super::place::Sign;
use super::super::tree::{Text, Tree};

/// Whether an object is a configuration of this filter.
pub(in crate::input) fn is_configuration(tree: &Tree) -> bool {
    of_object(tree).is_some()
}

/// What of an object says that it is this filter's configuration: a field that only this filter has, with or without a slip.
pub(super) fn of_object(tree: &Tree) -> Option<Sign> {
    let names = || tree.members().iter().map(|(name, _)| name.as_str());
    let has = |wanted: &str| names().any(|name| name == wanted);
    let own = names().find(|name| nearest(name, OWN.into_iter()).is_some());
    let together = || (has("policies") && has("rules")).then_some("policies");
    own.or_else(together).map(|name| Sign::Field(name.to_owned()))
}

/// What of a text says so.
pub(super) fn of_text(text: &Text) -> Option<Sign> {
    let text = text.text.trim_start();
    if text.starts_with('<') {
        return POLICIES.iter().any(|name| text.contains(name)).then_some(Sign::Policy);
    }
    let says = |name: &&&str| text.contains(&format!("\"{name}\"")) || text.contains(&format!("{name}:"));
    OWN.iter().find(says).map(|name| Sign::Field((*name).to_owned()))
}

/// What of a name, an address or a file says so.
pub(super) fn of_name(name: &str) -> Option<Sign> {
    let plain: String = name.chars().filter(|char| char.is_alphanumeric()).collect();
    plain.to_ascii_lowercase().contains("validatejwt").then(|| Sign::Name(name.to_owned()))
}

const OWN: [&str; 6] =
    ["validate_jwt", "validate_azure_ad_token", "policy_xml", "key_refresh", "verdict_cache", "host_crypto"];
const POLICIES: [&str; 2] = ["<validate-jwt", "<validate-azure-ad-token"];
