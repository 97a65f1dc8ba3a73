//! What a start of Envoy costs, with the filter and without.

use std::path::Path;

use serde_json::{Value, json};

use super::figures::Spread;
use super::setup::{MANY_POLICIES, MANY_RULES, policy, rules};
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
        let one = json!({"validate_jwt": policy(&provider)});
        let many = rules(&provider, MANY_RULES, MANY_RULES - 1, MANY_POLICIES);
        let mut seconds = [Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..rounds {
            for (seconds, configuration) in seconds.iter_mut().zip([None, Some(&one), Some(&many)]) {
                seconds.push(start(&provider, &module, configuration).await?);
            }
        }
        let [none, one, many] = seconds.map(|seconds| Spread::of(&seconds));
        Ok(Self { none, one, many })
    }

    /// As a sentence.
    pub(super) fn told(&self) -> String {
        let shown = |Spread { median, least, most }| format!("{median:.2} s ({least:.2} to {most:.2})");
        format!(
            "{} of processor time without the filter, {} with one policy, {} with {MANY_POLICIES} policies and \
             {MANY_RULES} rules",
            shown(self.none),
            shown(self.one),
            shown(self.many)
        )
    }
}

async fn start(
    provider: &IdentityProvider,
    module: &Path,
    configuration: Option<&Value>,
) -> Result<f64, Error> {
    let mut listener = Listener::new("main");
    if let Some(configuration) = configuration {
        listener = listener.filter(WasmFilter::new(module, configuration.clone()));
    }
    let bootstrap = ["few", "api"]
        .into_iter()
        .fold(Bootstrap::new(), |bootstrap, name| bootstrap.cluster(Cluster::new(name, provider.address())));
    let envoy = Envoy::start(bootstrap.listener(listener), Options::default()).await?;
    Ok(envoy.cpu_time()?.as_secs_f64())
}
