//! `docs/benchmarks.md`: what is said of every run once, and a section for each processor that one was made on.

use super::report::{Processor, section};
use super::{Plan, Results};

/// The document with this run's section in the place of an earlier one of the same processor, or behind the others.
pub fn renewed(document: &str, results: &Results, processor: &Processor) -> String {
    let own = section(results, processor);
    let is_own = |section: &str| heading(section) == heading(&own);
    let mut sections: Vec<&str> = document.split_inclusive(HEADING).collect();
    // What stands before the first heading is written anew.
    if !sections.is_empty() {
        sections.remove(0);
    }
    let mut sections: Vec<String> = sections
        .into_iter()
        .map(|section| format!("## {}", section.trim_end_matches(HEADING).trim_end()))
        .collect();
    match sections.iter_mut().find(|section| is_own(section)) {
        Some(earlier) => *earlier = own,
        None => sections.push(own),
    }
    format!(
        "{}\n{}\n",
        head(results.plan),
        sections.iter().map(|one| one.trim_end()).collect::<Vec<_>>().join("\n\n")
    )
}

/// What a section begins with, behind the line before it.
const HEADING: &str = "\n## ";

fn heading(section: &str) -> Option<&str> {
    section.lines().next()
}

fn head(plan: Plan) -> String {
    let Plan { rounds, alike, fresh, sandbox, rate, .. } = plan;
    format!(
        "# Benchmarks\n\n\
         What a request costs Envoy, measured by `cargo bench-envoy --write` in one run; the file is written by it, a\n\
         section for each processor: ratios differ between processors more than between versions.\n\n\
         - **Added µs**: processor time of the Envoy process per request, by the operating system's accounting, less\n  \
           that of the same request to a listener without an auth filter. Median of {rounds} rounds, with the least and\n  \
           the most in parentheses: everything has its turn in each round, {alike} requests at a time ({fresh} where\n  \
           every token or proof is a new one, {sandbox} in the sandbox). Caches were full before.\n\
         - **The load** comes from a thread on another processor that never sleeps: waking it would be charged to Envoy,\n  \
           and to a slower filter more often.\n\
         - **× jwt_authn**: that divided by what Envoy's own filter, with its default settings, adds to the same\n  \
           request in the same round. It is told to check the same: signature, issuer, audience and expiry.\n\
         - **p50 and p99**: latency at {rate} requests per second over eight connections.\n\
         - **A start** is that of an Envoy with one worker, three VMs.\n\
         - Access tokens of 1.2 kB as Entra ID issues them; the listener answers itself (no upstream).\n"
    )
}
