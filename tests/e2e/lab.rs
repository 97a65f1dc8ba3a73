//! One Envoy with the filter, an identity provider and an API.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use validate_jwt_testbed::client::{Request, Response};
use validate_jwt_testbed::echo::EchoApi;
use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options, WasmFilter};
use validate_jwt_testbed::identity_provider::{CONTOSO, IdentityProvider, paths};
use validate_jwt_testbed::{Error, build};

/// The audience of the API.
pub(crate) const AUDIENCE: &str = "7a0c1d2e-3f4a-5b6c-7d8e-9f0a1b2c3d4e";

/// The response header in which tests read the reason.
pub(crate) const REASON: &str = "x-token-reason";

pub(crate) struct Lab {
    pub(crate) idp: IdentityProvider,
    pub(crate) api: EchoApi,
    pub(crate) envoy: Envoy,
    pub(crate) address: SocketAddr,
}

impl Lab {
    /// Starts everything with one worker.
    pub(crate) async fn start(configuration: impl FnOnce(&IdentityProvider) -> Value) -> Result<Self, Error> {
        Self::with_workers(1, configuration).await
    }

    /// Starts everything; `configuration` is the filter's, as text where it is a string.
    pub(crate) async fn with_workers(
        workers: u32,
        configuration: impl FnOnce(&IdentityProvider) -> Value,
    ) -> Result<Self, Error> {
        let idp = IdentityProvider::start()?;
        let configuration = configuration(&idp);
        Self::around(idp, workers, configuration).await
    }

    /// Starts Envoy and the API around an identity provider.
    pub(crate) async fn around(
        idp: IdentityProvider,
        workers: u32,
        configuration: Value,
    ) -> Result<Self, Error> {
        let listener = Listener::new("main").filter(filter(configuration).await?);
        Self::with_listener(idp, workers, listener).await
    }

    /// Starts Envoy and the API around an identity provider and a listener `main`.
    pub(crate) async fn with_listener(
        idp: IdentityProvider,
        workers: u32,
        listener: Listener,
    ) -> Result<Self, Error> {
        let options = Options::default().concurrency(workers).component_log_level("wasm:debug");
        Self::with_options(idp, listener, options).await
    }

    /// Starts Envoy, run like this, and the API around an identity provider and a listener `main`.
    pub(crate) async fn with_options(
        idp: IdentityProvider,
        listener: Listener,
        options: Options,
    ) -> Result<Self, Error> {
        let api = EchoApi::start()?;
        let bootstrap = Bootstrap::new()
            .cluster(Cluster::new("api", api.address()))
            .cluster(Cluster::new("idp", idp.address()))
            .listener(listener);
        let envoy = Envoy::start(bootstrap, options).await?;
        let address = envoy.address("main").await?;
        Ok(Self { idp, api, envoy, address })
    }

    /// A good token.
    pub(crate) fn token(&self) -> String {
        self.idp.token_v2(CONTOSO, AUDIENCE).sign(&self.idp.signing_key())
    }

    pub(crate) async fn send(&self, request: &Request) -> Result<Response, Error> {
        request.send(self.address).await
    }

    /// Sends a token; gives the status and the reason of a refusal.
    pub(crate) async fn verdict(&self, token: &str) -> Result<(u16, String), Error> {
        Ok(summary(&self.send(&Request::get("/").bearer(token)).await?))
    }

    /// Sends a request until it gets this status, at most two minutes long; gives the answer.
    pub(crate) async fn await_status(&self, request: &Request, status: u16) -> Result<Response, Error> {
        let begun = Instant::now();
        loop {
            let answer = self.send(request).await?;
            if answer.status == status {
                return Ok(answer);
            }
            assert!(begun.elapsed() < Duration::from_mins(2), "still {:?}", summary(&answer));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Asserts that no VM trapped, and that a good request still passes.
    pub(crate) async fn assert_alive(&self) -> Result<(), Error> {
        assert_eq!(self.verdict(&self.token()).await?, (200, String::new()));
        let reloads: u64 = self.envoy.stats("vm_reload").await?.values().sum();
        assert_eq!(reloads, 0, "a VM was restarted");
        let log = self.envoy.log();
        let trap = log
            .lines()
            .find(|line| ["panicked", "Uncaught", "unreachable"].iter().any(|word| line.contains(word)));
        assert_eq!(trap, None);
        Ok(())
    }
}

/// The filter with a configuration: JSON as a `Struct`, a string as it is. Where it does not say how long requests are
/// held for keys, they are for as long as may be: a loaded machine may stall for longer than the default.
pub(crate) async fn filter(configuration: Value) -> Result<WasmFilter, Error> {
    Ok(WasmFilter::new(&module().await?, patient(configuration)))
}

/// The module, built.
pub(crate) async fn module() -> Result<PathBuf, Error> {
    tokio::task::spawn_blocking(build::filter_module).await.expect("the build does not panic")
}

/// `validate_jwt` for the tenant's v2.0 tokens, with more fields.
pub(crate) fn entra(idp: &IdentityProvider, more: &Value) -> Value {
    let mut policy = json!({
        "openid_config": [{"url": idp.url(&paths::discovery_v2(CONTOSO)), "cluster": "idp", "allow_http": true, "timeout": 60}],
        "audiences": [AUDIENCE],
        "failure": {"reason_header": REASON},
    });
    merge(&mut policy, more);
    json!({"validate_jwt": policy})
}

/// Adds top-level fields to a configuration.
pub(crate) fn with(mut configuration: Value, more: &Value) -> Value {
    merge(&mut configuration, more);
    configuration
}

fn merge(into: &mut Value, more: &Value) {
    for (name, value) in more.as_object().into_iter().flatten() {
        into[name] = value.clone();
    }
}

fn patient(mut configuration: Value) -> Value {
    if let Some(fields) = configuration.as_object_mut().filter(|fields| !fields.is_empty()) {
        let times = fields.entry("key_refresh").or_insert_with(|| json!({}));
        if times.get("max_wait").is_none() {
            times["max_wait"] = json!(60);
        }
    }
    configuration
}

/// Status and reason of an answer.
pub(crate) fn summary(answer: &Response) -> (u16, String) {
    (answer.status, answer.header(REASON).unwrap_or_default().to_owned())
}
