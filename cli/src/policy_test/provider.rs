//! Providers of the configuration under test: each has a test key, and documents that publish it.

use std::collections::BTreeMap;

use serde_json::json;
use validate_jwt::config::Config;
use validate_jwt::gate::{Policy, Requirement};
use validate_jwt::keys::{ProviderId, ProviderSettings};
use validate_jwt::token::{Algorithm, IssuerPattern};

use super::file::{TestAlgorithm, WrittenProvider};
use super::key::TestKey;
use super::wrong::Wrong;
use crate::evaluation::ProviderDocuments;

/// A provider that tokens can be had from.
pub(super) struct TestProvider {
    pub(super) name: String,
    pub(super) key: TestKey,
    pub(super) algorithm: TestAlgorithm,
    issuer: IssuerPattern,
    url: String,
}

/// Every provider of a configuration.
pub(super) fn providers(
    config: &Config,
    written: &BTreeMap<String, WrittenProvider>,
) -> Result<Vec<TestProvider>, Wrong> {
    let known: Vec<String> = config.providers.iter().map(|one| one.name.clone()).collect();
    if let Some(found) = written.keys().find(|name| !known.contains(name)) {
        return Err(Wrong::UnknownProvider { place: "providers", found: found.clone(), known });
    }
    let provider = |(at, settings): (usize, &ProviderSettings)| {
        let own = written.get(&settings.name);
        TestProvider::of(settings, own, || usual_algorithm(config, ProviderId(at)))
    };
    config.providers.iter().enumerate().map(provider).collect()
}

impl TestProvider {
    fn of(
        settings: &ProviderSettings,
        written: Option<&WrittenProvider>,
        usual: impl FnOnce() -> TestAlgorithm,
    ) -> Result<Self, Wrong> {
        let name = settings.name.clone();
        let issuer = written.and_then(|own| own.issuer.clone()).or_else(|| settings.expected_issuer());
        let Some(issuer) = issuer else { return Err(Wrong::NoIssuer(name)) };
        let algorithm = written.and_then(|own| own.algorithm).unwrap_or_else(usual);
        let key = TestKey::of(&name, algorithm).ok_or(Wrong::NoRandomNumbers)?;
        let url = settings.document.url().to_string();
        Ok(Self { name, key, algorithm, issuer: IssuerPattern::parse(&issuer), url })
    }

    /// What it publishes.
    pub(super) fn documents(&self) -> ProviderDocuments {
        let mut jwk = self.key.jwk();
        jwk["kid"] = json!(self.name);
        let discovery = json!({"issuer": self.issuer.text(), "jwks_uri": self.url});
        ProviderDocuments {
            discovery: Some(discovery.to_string().into_bytes()),
            keys: Some(json!({"keys": [jwk]}).to_string().into_bytes()),
        }
    }

    /// The issuer of its tokens, and the tenant where there are many.
    pub(super) fn issuer_for(&self, tenant: Option<&str>) -> (String, Option<String>) {
        let tenant = self.issuer.is_template().then(|| tenant.unwrap_or(TENANT).to_owned());
        let issuer = self.issuer.stated_for(tenant.as_deref()).unwrap_or_else(|| self.issuer.text());
        (issuer, tenant)
    }
}

/// What a provider's tokens may be signed with in every policy that names it.
fn usual_algorithm(config: &Config, id: ProviderId) -> TestAlgorithm {
    let requirements = config.policies.iter().flat_map(Policy::requirements);
    let mut own = requirements.filter(|one| one.keys.providers.contains(&id));
    let takes = |one: &Requirement| one.algorithms.iter().any(|algorithm| algorithm == Algorithm::Es256);
    if own.all(takes) { TestAlgorithm::Es256 } else { TestAlgorithm::Rs256 }
}

/// The tenant of a multi-tenant provider's tokens that name none.
const TENANT: &str = "11111111-1111-4111-8111-111111111111";
