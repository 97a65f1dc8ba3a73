//! What is the same for everything that grows: a provider, its key, and the module.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::requests::{good, mint_many};
use crate::setup::{policy, rules};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::build;
use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options, Route, WasmFilter};
use validate_jwt_testbed::identity_provider::{CONTOSO, IdentityProvider, paths};
use validate_jwt_testbed::progress::{blocking, step};
use validate_jwt_testbed::token::{Algorithm, SigningKey};

/// One provider and the filter's module.
pub(super) struct Site {
    pub(super) provider: IdentityProvider,
    /// ES256: with RSA, making a hundred thousand tokens would take longer than measuring them.
    key: SigningKey,
    module: PathBuf,
}

impl Site {
    pub(super) async fn open() -> Result<Self, Error> {
        let module = step("Building the filter", blocking(build::filter_module)).await?;
        let provider = IdentityProvider::start()?;
        let key = SigningKey::p256();
        provider.publish_key(&key);
        Ok(Self { provider, key, module })
    }

    /// An Envoy with a listener for each of these configurations, by name; a listener without one has no filter. All
    /// filters share a `vm_id`, as those of one team do.
    pub(super) async fn envoy(
        &self,
        listeners: impl IntoIterator<Item = (String, Option<Value>)>,
        workers: u32,
    ) -> Result<Envoy, Error> {
        let clusters = Bootstrap::new().cluster(Cluster::new("few", self.provider.address()));
        let bootstrap = listeners.into_iter().fold(clusters, |bootstrap, (name, configuration)| {
            let direct = json!({"match": {"prefix": "/"}, "direct_response": {"status": 200}});
            let listener = Listener::new(&name).unobserved().route(Route::from_document(direct));
            bootstrap.listener(match configuration {
                None => listener,
                Some(configuration) => {
                    listener.filter(WasmFilter::new(&self.module, configuration).name(&name))
                }
            })
        });
        Envoy::start(bootstrap, Options::default().concurrency(workers).log_level("warning")).await
    }

    /// The configuration of a plugin of its own: all ask the same provider, each takes another audience besides.
    pub(super) fn plugin(&self, number: usize) -> Value {
        let mut policy = policy(&self.provider);
        if let Some(audiences) = policy["audiences"].as_array_mut() {
            audiences.push(json!(format!("api://{number}")));
        }
        json!({"validate_jwt": policy})
    }

    /// A configuration with so many policies, and a rule for each; the last one is for the benchmark's requests.
    pub(super) fn policies(&self, count: usize) -> Value {
        rules(&self.provider, count, count - 1, count)
    }

    /// Requests with tokens that differ, all good.
    pub(super) async fn requests(&self, count: usize) -> Result<Vec<Vec<u8>>, Error> {
        let key = self.key.clone();
        blocking(move || Ok(mint_many(&key, Algorithm::Es256, count))).await
    }

    /// A good token.
    pub(super) fn token(&self) -> String {
        good(Algorithm::Es256).sign(&self.key)
    }

    /// The version of the Envoys.
    pub(super) async fn version(&self) -> Result<String, Error> {
        self.envoy([], 1).await?.version().await
    }

    /// How often each of the provider's documents was asked for since it was told to forget.
    pub(super) fn fetches(&self) -> BTreeMap<String, usize> {
        let documents = [paths::discovery_v2(CONTOSO), paths::keys_v2(CONTOSO)];
        documents.into_iter().map(|path| (path.clone(), self.provider.requests(&path))).collect()
    }
}
