//! What a start of Envoy costs, with the filter and without.

use serde_json::json;

use super::figures::Spread;
use super::setup::{MANY_POLICIES, MANY_RULES, empty_modules, policy, rules};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::build;
use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options, WasmFilter};
use validate_jwt_testbed::identity_provider::IdentityProvider;
use validate_jwt_testbed::progress::blocking;

/// Seconds of processor time until an Envoy with one worker is ready.
#[derive(Clone, Copy, Debug)]
pub struct Starts {
    /// Without a filter.
    pub none: Spread,
    /// With a Wasm filter that does nothing, built like ours.
    pub empty: Spread,
    /// With one policy: the module is compiled, and a VM made to try it, one for the main thread and one for the worker.
    pub one: Spread,
    /// The same with many policies and rules.
    pub many: Spread,
}

impl Starts {
    /// Starts Envoy so many times with each, in turns.
    pub(super) async fn measure(rounds: usize) -> Result<Self, Error> {
        let module = blocking(build::filter_module).await?;
        let provider = IdentityProvider::start()?;
        let empty = blocking(empty_modules).await?;
        let many = rules(&provider, MANY_RULES, MANY_RULES - 1, MANY_POLICIES);
        let filters = [
            None,
            Some(WasmFilter::new(&empty.lean, json!({}))),
            Some(WasmFilter::new(&module, json!({"validate_jwt": policy(&provider)}))),
            Some(WasmFilter::new(&module, many)),
        ];
        let mut seconds = [const { Vec::new() }; 4];
        for _ in 0..rounds {
            for (seconds, filter) in seconds.iter_mut().zip(&filters) {
                seconds.push(start(&provider, filter.clone()).await?);
            }
        }
        let [none, empty, one, many] = seconds.map(|seconds| Spread::of(&seconds));
        Ok(Self { none, empty, one, many })
    }

    /// As a sentence.
    pub(super) fn told(&self) -> String {
        let shown = |Spread { median, least, most }| format!("{median:.2} s ({least:.2} to {most:.2})");
        format!(
            "{} of processor time without the filter, {} with an empty one, {} with one policy, {} with \
             {MANY_POLICIES} policies and {MANY_RULES} rules",
            shown(self.none),
            shown(self.empty),
            shown(self.one),
            shown(self.many)
        )
    }
}

async fn start(provider: &IdentityProvider, filter: Option<WasmFilter>) -> Result<f64, Error> {
    let mut listener = Listener::new("main");
    if let Some(filter) = filter {
        listener = listener.filter(filter);
    }
    let bootstrap = ["few", "api"]
        .into_iter()
        .fold(Bootstrap::new(), |bootstrap, name| bootstrap.cluster(Cluster::new(name, provider.address())));
    let envoy = Envoy::start(bootstrap.listener(listener), Options::default()).await?;
    Ok(envoy.cpu_time()?.as_secs_f64())
}
