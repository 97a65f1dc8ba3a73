//! The benchmark: what a request costs Envoy with this filter, with Envoy's own, and with none. How that grows is measured
//! by [`scale`].
//!
//! One Envoy with one worker has a listener for everything that is compared. The measure is the processor time that
//! the Envoy process spends per request, by the operating system's accounting: what else runs on the machine moves
//! it far less than throughput. Everything is measured in turns, round after round, and compared within a round.

mod chart;
mod connection;
mod cpu;
mod document;
mod figures;
mod load;
mod report;
mod requests;
pub mod scale;
mod setup;
mod start;
mod variant;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;
use std::time::Duration;

pub use chart::chart;
pub use document::renewed;
pub use figures::{Figures, Spread};
pub use report::{Processor, table};
pub use start::Starts;
pub use variant::{Case, Filter, Variant};

use cpu::{CpuClock, Processors, give_own_processor};
use load::Load;
use requests::Supply;
use setup::Setup;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::latency::percentile;
use validate_jwt_testbed::progress::{blocking, step};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How often every variant has its turn.
    pub rounds: usize,
    /// Requests per turn of a variant whose requests are alike.
    pub alike: usize,
    /// Requests per turn of a variant whose every request has a token of its own.
    pub fresh: usize,
    /// Requests before the first turn of such a variant: enough to fill the caches, as they are in a proxy that has
    /// been running for a while.
    pub filling: usize,
    /// Requests per turn of a variant that verifies in the sandbox.
    pub sandbox: usize,
    /// Requests per second where latency is measured.
    pub rate: u32,
    /// How many requests at that rate.
    pub at_rate: usize,
    /// How often Envoy is started to measure what that costs.
    pub starts: usize,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            rounds: 15,
            alike: 3000,
            fresh: 1000,
            filling: 9000,
            sandbox: 100,
            rate: 1000,
            at_rate: 1000,
            starts: 5,
        }
    }
}

impl Plan {
    /// The first of the unique tokens for the round with this number. Round 0 is the one for warming up.
    fn first_fresh(&self, number: usize) -> usize {
        number.checked_sub(1).map_or(0, |before| self.filling + before * self.fresh)
    }
}

/// Writes the document and this processor's chart into `docs`.
pub fn write(results: &Results) -> Result<[PathBuf; 2], Error> {
    let processor = Processor::here();
    let text = |earlier: &str| renewed(earlier, results, &processor);
    document::write(text, &format!("benchmarks-{}.svg", processor.slug()), &chart(results))
}

/// Everything that was measured in one run.
#[derive(Clone, Debug)]
pub struct Results {
    /// How much was measured.
    pub plan: Plan,
    /// Microseconds that a request with a token costs without a filter, if any such was compared with it.
    pub base: Option<Spread>,
    /// What a start of Envoy costs.
    pub starts: Starts,
    /// The Envoy that was measured.
    pub envoy: String,
    /// What was compared, in that order.
    pub measured: Vec<(Variant, Figures)>,
}

impl Results {
    /// The figures of a variant.
    pub fn of(&self, variant: Variant) -> Option<&Figures> {
        self.measured.iter().find(|(measured, _)| *measured == variant).map(|(_, figures)| figures)
    }
}

/// Measures these variants, with progress on standard error; `beside` is the module of [`Filter::Beside`].
///
/// # Errors
///
/// What keeps the test bed from running; and an answer that is not the right one for its variant: then there is
/// nothing to compare.
pub async fn run(plan: Plan, variants: Vec<Variant>, beside: Option<PathBuf>) -> Result<Results, Error> {
    let runner = Runner::start(plan, &variants, beside).await?;
    // The engine of the VMs optimises what it is going to run often.
    step("Warming up", runner.round(&variants, 0)).await?;
    let mut rounds = Vec::new();
    for number in 1..=plan.rounds {
        let what = format!("Round {number} of {}", plan.rounds);
        rounds.push(step(&what, runner.round(&variants, number)).await?);
    }
    let latencies = step("Measuring latency", runner.latencies(&variants)).await?;
    let starts = step("Measuring starts", Starts::measure(plan.starts)).await?;
    let measured = variants.into_iter().zip(latencies).map(|(variant, latency)| {
        let turns = || rounds.iter().filter_map(|round: &Round| Some((round, round.turns.get(&variant)?)));
        let added =
            turns().filter_map(|(round, turn)| Some(turn.cpu - round.turns.get(&variant.base())?.cpu));
        let throughput: Vec<f64> = turns().map(|(_, turn)| turn.throughput).collect();
        let figures = Figures { added: added.collect(), throughput: Spread::of(&throughput), latency };
        (variant, figures)
    });
    let measured = measured.collect();
    let base =
        Variant { case: Case::Hot(validate_jwt_testbed::token::Algorithm::Rs256), filter: Filter::None };
    let base: Vec<f64> = rounds.iter().filter_map(|round| Some(round.turns.get(&base)?.cpu)).collect();
    let base = (!base.is_empty()).then(|| Spread::of(&base));
    Ok(Results { plan, base, starts, envoy: runner.setup.envoy.version().await?, measured })
}

/// One turn of everything.
struct Round {
    turns: HashMap<Variant, Turn>,
}

/// One turn of one variant.
#[derive(Clone, Copy)]
struct Turn {
    /// Microseconds of the Envoy process per request.
    cpu: f64,
    /// Requests per second.
    throughput: f64,
}

/// A running Envoy, and what is sent to it.
struct Runner {
    setup: Setup,
    clock: CpuClock,
    /// For the load.
    processors: Processors,
    supply: Supply,
    plan: Plan,
}

impl Runner {
    async fn start(plan: Plan, variants: &[Variant], beside: Option<PathBuf>) -> Result<Self, Error> {
        let setup = Setup::start(beside).await?;
        let keys = setup.keys.clone();
        let fresh = plan.filling + plan.fresh * plan.rounds + plan.at_rate;
        let cases = variants.iter().flat_map(|variant| [variant.case, variant.base().case]).collect();
        let supply = step("Minting tokens", blocking(move || Supply::mint(&keys, cases, fresh))).await?;
        let process = setup.envoy.process_id();
        let processors = give_own_processor(process)?;
        Ok(Self { clock: CpuClock::of(process), processors, setup, supply, plan })
    }

    /// Gives every variant its turn, and the listener without a filter one before and one after them all.
    async fn round(&self, variants: &[Variant], number: usize) -> Result<Round, Error> {
        let mut turns = HashMap::new();
        for &variant in variants {
            let base = variant.base();
            if let Entry::Vacant(vacant) = turns.entry(base) {
                vacant.insert(self.turn(base, number).await?);
            }
            turns.insert(variant, self.turn(variant, number).await?);
        }
        let bases: Vec<Variant> = turns.keys().copied().filter(|one| one.filter == Filter::None).collect();
        for base in bases {
            let again = self.turn(base, number).await?;
            turns.entry(base).and_modify(|first| first.cpu = f64::midpoint(first.cpu, again.cpu));
        }
        Ok(Round { turns })
    }

    async fn turn(&self, variant: Variant, number: usize) -> Result<Turn, Error> {
        let count = match variant {
            Variant { filter: Filter::OursInSandbox, .. } => self.plan.sandbox,
            Variant { case: Case::Cold(_), .. } if number == 0 => self.plan.filling,
            Variant { case: Case::Cold(_) | Case::HotWithProof, .. } => self.plan.fresh,
            _ => self.plan.alike,
        };
        let requests = self.supply.requests(variant.case, count, self.plan.first_fresh(number))?;
        let load = self.load(variant)?;
        let clock = self.clock.clone();
        blocking(move || {
            let before = clock.read()?;
            let took = load.as_fast_as_it_goes(&requests)?;
            let spent = clock.read()?.saturating_sub(before);
            let count = f64::from(u32::try_from(requests.len()).unwrap_or(u32::MAX));
            Ok(Turn { cpu: spent.as_secs_f64() * 1e6 / count, throughput: count / took.as_secs_f64() })
        })
        .await
    }

    /// The median and the 99th percentile of every variant that can keep up with the rate.
    async fn latencies(&self, variants: &[Variant]) -> Result<Vec<Option<[Duration; 2]>>, Error> {
        let Plan { rate, at_rate, .. } = self.plan;
        let mut all = Vec::new();
        for &variant in variants {
            if variant.filter == Filter::OursInSandbox {
                all.push(None);
                continue;
            }
            let from = self.plan.first_fresh(self.plan.rounds + 1);
            let requests = self.supply.requests(variant.case, at_rate, from)?;
            let load = self.load(variant)?;
            let mut latencies = blocking(move || load.at_rate(&requests, rate)).await?;
            all.push(Some([50, 99].map(|percent| percentile(&mut latencies, percent))));
        }
        Ok(all)
    }

    fn load(&self, variant: Variant) -> Result<Load, Error> {
        let none =
            || Error::configuration(format!("the benchmark has no listener {}", variant.filter.listener()));
        let address = *self.setup.addresses.get(&variant.filter).ok_or_else(none)?;
        Ok(Load { address, expected: variant.status(), processors: self.processors })
    }
}
