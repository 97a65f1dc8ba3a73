//! `cargo bench-envoy`: what a request costs with this filter and with Envoy's own, and how that grows. See
//! [`validate_jwt_bench`].
#![expect(clippy::print_stdout, reason = "this program talks to a person")]

use std::path::PathBuf;
use std::process::ExitCode;

use validate_jwt_bench::{self as bench, Plan, Variant, scale};
use validate_jwt_testbed::arguments::{Arguments, Usage};
use validate_jwt_testbed::{Error, service};

fn main() -> ExitCode {
    service::program(&USAGE, run)
}

async fn run(arguments: Arguments) -> Result<ExitCode, Error> {
    arguments.refuse_both("--only", "--write")?;
    arguments.refuse_both("--beside", "--write")?;
    if arguments.has("--scale") {
        arguments.refuse_both("--beside", "--scale")?;
        return grow(&arguments).await;
    }
    let usual = Plan::default();
    let plan = Plan {
        rounds: arguments.parsed("--rounds", usual.rounds)?.max(1),
        alike: arguments.parsed("--requests", usual.alike)?.max(1),
        ..usual
    };
    let variants = match arguments.value("--only") {
        None => Variant::all(),
        Some(words) => Variant::named(words)?,
    };
    let beside = arguments.value("--beside").map(PathBuf::from);
    let variants = if beside.is_some() { Variant::with_beside(variants) } else { variants };
    let results = bench::run(plan, variants, beside).await?;
    println!("\n{}", bench::table(&results));
    if arguments.has("--write") {
        tell(&bench::write(&results)?);
    }
    Ok(ExitCode::SUCCESS)
}

async fn grow(arguments: &Arguments) -> Result<ExitCode, Error> {
    let usual = scale::Plan::default();
    let plan = scale::Plan {
        rounds: arguments.parsed("--rounds", usual.rounds)?.max(1),
        requests: arguments.parsed("--requests", usual.requests)?.max(1),
        ..usual
    };
    let plan = match arguments.value("--only") {
        None => plan,
        Some(words) => plan.only(words)?,
    };
    let results = scale::run(plan).await?;
    println!("\n{}", scale::table(&results));
    if arguments.has("--write") {
        tell(&scale::write(&results)?);
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(written: &[PathBuf]) {
    for file in written {
        println!("wrote {}", file.display());
    }
}

const USAGE: Usage = Usage {
    help: "\
usage: cargo bench-envoy [--rounds N] [--requests N] [--only WORDS] [--beside MODULE] [--write]
       cargo bench-envoy --scale [--rounds N] [--requests N] [--only WORDS] [--write]

Measures what a request costs Envoy, in processor time, with this filter, with Envoy's own jwt_authn and with none.
With --scale, how start, memory, idle time and requests grow with plugins, workers, policies and live tokens.
Leave the machine alone meanwhile.

  --rounds N       how often everything has its turn (15; 3 with --scale)
  --requests N     requests per turn where they are all alike (3000); with --scale all of them (10000)
  --only WORDS     leave out what has none of these words in its request's or its filter's name: \"repeated|malformed\"
  --beside MODULE  measure another build of the filter in the same run: what a change costs or gains
  --scale          measure growth instead
  --write          renew this processor's section of docs/benchmarks.md, or that of its scale, and its chart
  --help           this text

Environment: ENVOY_BIN names an Envoy to use, ENVOY_VERSION one to fetch (such as 1.36.2).",
    flags: &["--help", "--scale", "--write"],
    options: &["--beside", "--only", "--requests", "--rounds"],
};
