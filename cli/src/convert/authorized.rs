//! Policies that demand something of a genuine token, for those who authorize apart from authentication.

use serde_json::{Map, Value, json};

use super::policies::Policies;
use super::provider::{Demand, Provider};

/// What is demanded of a token: claims, all of them, and scopes, all of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Demands {
    /// Entries of `authorize.claims`.
    pub(super) claims: Vec<Value>,
    pub(super) scopes: Vec<String>,
}

impl Demands {
    fn authorize(&self) -> Map<String, Value> {
        let mut authorize = Map::new();
        if !self.claims.is_empty() {
            authorize.insert("claims".into(), self.claims.clone().into());
        }
        if !self.scopes.is_empty() {
            authorize.insert("scopes".into(), json!({"all": self.scopes}));
        }
        authorize
    }
}

/// The names of the policies, one of which accepts every authenticated caller.
pub(super) fn everybody(policies: &mut Policies, providers: &[Provider], demand: Demand) -> Vec<String> {
    let names = providers.iter().map(|provider| {
        let name = format!("{}{}", provider.name, demand.suffix());
        policies.name_of(&name, provider.policy(demand))
    });
    names.collect()
}

/// The name of a policy that accepts a provider's tokens which meet demands.
pub(super) fn policy(policies: &mut Policies, provider: &Provider, name: &str, demands: &Demands) -> String {
    let mut policy = provider.policy(Demand::Token);
    policy.insert("authorize".into(), demands.authorize().into());
    policies.name_of(name, policy)
}

/// Where rules name only what cannot be said, the policies that they may name instead.
pub(super) fn offer(policies: &mut Policies, providers: &[Provider]) {
    if policies.is_empty() {
        everybody(policies, providers, Demand::Token);
    }
}

/// The names of policies, or of one that accepts no token. Nothing here denies by itself, so it demands what no claim can
/// be.
pub(super) fn or_nobody(names: Vec<String>, policies: &mut Policies, providers: &[Provider]) -> Vec<String> {
    let ([], [provider, ..]) = (names.as_slice(), providers) else { return names };
    let nothing = json!({"name": "iss", "patterns": ["[^\\s\\S]"]});
    let demands = Demands { claims: vec![nothing], scopes: Vec::new() };
    vec![policy(policies, provider, "deny", &demands)]
}
