//! An Envoy in which something is wrong, and the same when it is mended.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::echo::EchoApi;
use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options, WasmFilter};
use validate_jwt_testbed::identity_provider::{CONTOSO, IdentityProvider, Names, paths};

use super::alarms::{Alarms, Scrape};
use super::page::{Count, Page, Row};
use crate::lab::{AUDIENCE, REASON, module, summary};
use crate::metrics::with_the_documents_labels;

/// What an Envoy is started with.
pub(super) struct Setting {
    clusters: Vec<Cluster>,
    listeners: Vec<Listener>,
    filter: WasmFilter,
}

/// A running Envoy in front of an API.
pub(super) struct Scene {
    pub(super) idp: IdentityProvider,
    pub(super) envoy: Envoy,
    pub(super) token: String,
    api: EchoApi,
    alarms: Alarms,
    row: Row,
    /// What was counted when it began.
    before: Scrape,
}

/// The provider: addresses in its documents begin with `https://`, as in a deployment.
pub(super) fn provider() -> Result<IdentityProvider, Error> {
    let names = Names { endpoints: "https://{host}".to_owned(), ..Names::default() };
    IdentityProvider::start_on(([127, 0, 0, 1], 0).into(), names)
}

/// `validate_jwt` for the tenant's v2.0 tokens, with fields of the policy that differ.
pub(super) fn policy(fields: &Value) -> Value {
    let mut policy = json!({
        "openid_config": [{"url": url(CONTOSO), "cluster": "entra"}],
        "audiences": [AUDIENCE],
        "failure": {"reason_header": REASON},
    });
    for (name, value) in fields.as_object().into_iter().flatten() {
        policy[name] = value.clone();
    }
    json!({
        "validate_jwt": policy,
        "key_refresh": {"retry_initial": 0.1, "retry_max": 0.3, "max_wait": 0.5},
    })
}

/// Where a tenant's discovery document is.
pub(super) fn url(tenant: &str) -> String {
    format!("https://login.example{}", paths::discovery_v2(tenant))
}

impl Setting {
    /// The filter, with these clusters beside the API's.
    pub(super) async fn new<const N: usize>(
        configuration: Value,
        clusters: [Cluster; N],
    ) -> Result<Self, Error> {
        let filter = WasmFilter::new(&module().await?, configuration);
        Ok(Self { clusters: clusters.into(), listeners: Vec::new(), filter })
    }

    /// The same configuration, with the provider behind a cluster as it should be.
    pub(super) async fn sound(configuration: Value, idp: &IdentityProvider) -> Result<Self, Error> {
        Self::new(configuration, [Cluster::new("entra", idp.address())]).await
    }

    pub(super) fn listener(mut self, listener: Listener) -> Self {
        self.listeners.push(listener);
        self
    }

    pub(super) fn filter(mut self, filter: WasmFilter) -> Self {
        self.filter = filter;
        self
    }

    async fn start(self, api: &EchoApi) -> Result<Envoy, Error> {
        let bootstrap = Bootstrap::new()
            .cluster(Cluster::new("api", api.address()))
            .listener(Listener::new("api").filter(self.filter));
        let bootstrap = self.clusters.into_iter().fold(bootstrap, Bootstrap::cluster);
        let bootstrap = self.listeners.into_iter().fold(bootstrap, Bootstrap::listener);
        let bootstrap = with_the_documents_labels(bootstrap);
        Envoy::start(bootstrap, Options::default().component_log_level("wasm:debug")).await
    }
}

impl Scene {
    pub(super) async fn start(row: Row, idp: IdentityProvider, setting: Setting) -> Result<Self, Error> {
        let api = EchoApi::start()?;
        let envoy = setting.start(&api).await?;
        let before = Scrape::of(&envoy).await?;
        let token = idp.token_v2(CONTOSO, AUDIENCE).sign(&idp.signing_key());
        Ok(Self { idp, envoy, token, api, alarms: Alarms::of(&Page::read().alarms), row, before })
    }

    /// Has requests come with this token.
    pub(super) fn with_token(mut self, token: String) -> Self {
        self.token = token;
        self
    }

    /// Asserts that a caller gets what the row says, and that the operator sees what it says.
    pub(super) async fn shows_the_row(&self) -> Result<(), Error> {
        self.answers(&self.row.answer).await?;
        let is_told = async || Ok(self.envoy.log().lines().any(|line| self.row.is_told_by(line)));
        self.awaited(&format!("{:?} in the log", self.row.log), is_told).await?;
        for count in &self.row.counts {
            match count {
                Count::Some(name) => self.envoy.wait_for_stat(name, 1).await?,
                Count::Zero(name) => {
                    assert!(self.envoy.stats(name).await?.contains_key(name), "no {name}");
                    self.envoy.wait_until_stat_is(name, 0).await?;
                }
            }
        }
        for alarm in &self.row.alarms {
            let (mut before, mut last) = (self.before.clone(), self.before.clone());
            let fires = async || {
                self.answer().await?;
                let now = Scrape::of(&self.envoy).await?;
                let fires = self.alarms.fires(alarm, [&before, &last], &now);
                last = now.clone();
                before.learn(now);
                Ok(fires)
            };
            self.awaited(&format!("the alarm {alarm}"), fires).await?;
        }
        Ok(())
    }

    /// Asserts that requests pass now, and that no alarm is left.
    pub(super) async fn is_mended(&self) -> Result<(), Error> {
        self.answers(&(200, String::new())).await?;
        let calm = async || {
            let before = Scrape::of(&self.envoy).await?;
            assert_eq!(self.answer().await?, (200, String::new()));
            let now = Scrape::of(&self.envoy).await?;
            Ok(!self.row.alarms.iter().any(|alarm| self.alarms.fires(alarm, [&before, &before], &now)))
        };
        self.awaited("the end of the alarms", calm).await
    }

    /// Asserts that requests pass in an Envoy that is started like this instead.
    pub(super) async fn mended_by(mut self, setting: Setting) -> Result<(), Error> {
        self.envoy = setting.start(&self.api).await?;
        self.is_mended().await
    }

    /// Waits for an answer of this status and reason.
    pub(super) async fn answers(&self, expected: &(u16, String)) -> Result<(), Error> {
        self.awaited(&format!("{expected:?}"), async || Ok(self.answer().await? == *expected)).await
    }

    /// What a request gets: status and reason.
    pub(super) async fn answer(&self) -> Result<(u16, String), Error> {
        let address = self.envoy.address("api").await?;
        Ok(summary(&Request::get("/").bearer(&self.token).send(address).await?))
    }

    async fn awaited(
        &self,
        what: &str,
        mut happened: impl AsyncFnMut() -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let begun = Instant::now();
        while !happened().await? {
            let row = &self.row.title;
            assert!(begun.elapsed() < PATIENCE, "{row}: still no {what}; the log:\n{}", self.envoy.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

/// How long to wait for what has to happen.
const PATIENCE: Duration = Duration::from_secs(120);
