//! `cargo bench-envoy --scale`: how the filter grows with plugins, workers, policies and live tokens, in seconds of
//! Envoy's processor time and bytes of its memory.
//!
//! Every row is an Envoy of its own. Everything has its turn in each round, so that a disturbance of the machine meets
//! one round and not one row.

mod crowd;
mod picture;
mod plan;
mod report;
mod site;
mod traffic;

use serde_json::Value;

pub use crowd::Crowd;
pub use picture::chart;
pub use plan::{Cache, Plan};
pub use report::{renewed, table, write};
pub use traffic::Traffic;

use crate::requests::bearer;
use crowd::Sample;
use site::Site;
use traffic::InTurn;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::progress::step;

/// Everything that was measured in one run.
#[derive(Clone, Debug)]
pub struct Results {
    /// How much was measured.
    pub plan: Plan,
    /// The Envoy that was measured.
    pub envoy: String,
    /// So many listeners without a filter, in an Envoy with two workers.
    pub listeners: Vec<(usize, Crowd)>,
    /// So many plugins, in an Envoy with two workers.
    pub plugins: Vec<(usize, Crowd)>,
    /// So many workers, with one plugin.
    pub workers: Vec<(u32, Crowd)>,
    /// So many policies in one plugin: an Envoy with one worker, and what a request to the last policy costs.
    pub policies: Vec<(usize, Crowd, Traffic)>,
    /// So many tokens in turn.
    pub tokens: Vec<(usize, Cache, Traffic)>,
}

/// Measures, with progress on standard error.
///
/// # Errors
///
/// What keeps the test bed from running, and a good token that is refused: then there is nothing to measure.
pub async fn run(plan: Plan) -> Result<Results, Error> {
    let site = Site::open().await?;
    let own = |count: usize| (0..count).map(|number| Some(site.plugin(number))).collect();
    let row = |count: usize, listeners, workers| Row { count, listeners, workers, samples: Vec::new() };
    let mut rows = [
        plan.plugins.iter().map(|&count| row(count, vec![None; count], PLUGIN_WORKERS)).collect(),
        plan.plugins.iter().map(|&count| row(count, own(count), PLUGIN_WORKERS)).collect(),
        plan.workers.iter().map(|&count| row(1, own(1), count)).collect(),
        plan.policies
            .iter()
            .map(|&count| row(count, vec![Some(site.policies(count))], 1))
            .collect::<Vec<_>>(),
    ];
    for round in 1..=plan.rounds {
        for row in rows.iter_mut().flatten() {
            let Row { listeners, workers, samples, .. } = row;
            let what = format!("Round {round}: {} listeners, {workers} workers", listeners.len());
            samples.push(step(&what, Sample::take(&site, listeners, *workers, &plan)).await?);
        }
    }
    let [listeners, plugins, workers, crowds] = rows;
    let counted = |rows: Vec<Row>| rows.iter().map(|row| (row.count, row.crowd())).collect();
    let mut policies = Vec::new();
    for row in crowds {
        let requests = [bearer(&site.token())];
        let what = format!("Requests to the last of {} policies", row.count);
        let traffic = Traffic::measure(&site, site.policies(row.count), InTurn::new(&requests), &plan);
        policies.push((row.count, row.crowd(), step(&what, traffic).await?));
    }
    Ok(Results {
        envoy: site.version().await?,
        listeners: counted(listeners),
        plugins: counted(plugins),
        workers: workers.iter().map(|row| (row.workers, row.crowd())).collect(),
        policies,
        tokens: tokens(&site, &plan).await?,
        plan,
    })
}

/// What tokens in turn cost with each cache.
async fn tokens(site: &Site, plan: &Plan) -> Result<Vec<(usize, Cache, Traffic)>, Error> {
    let most = plan.tokens.iter().copied().max().unwrap_or_default();
    let requests = step("Minting tokens", site.requests(most)).await?;
    let mut measured = Vec::new();
    for &count in &plan.tokens {
        for cache in Cache::ALL {
            let configuration = cache.in_configuration(site.plugin(0));
            let in_turn = InTurn::new(requests.get(..count).unwrap_or(&requests));
            let what = format!("{count} tokens in turn, {}", cache.title());
            let traffic = step(&what, Traffic::measure(site, configuration, in_turn, plan)).await?;
            measured.push((count, cache, traffic));
        }
    }
    Ok(measured)
}

/// An Envoy whose start is measured, again and again.
struct Row {
    count: usize,
    /// Their filters' configurations.
    listeners: Vec<Option<Value>>,
    workers: u32,
    samples: Vec<Sample>,
}

impl Row {
    fn crowd(&self) -> Crowd {
        Crowd::of(&self.samples)
    }
}

/// Of the Envoy that the plugins are in.
const PLUGIN_WORKERS: u32 = 2;
