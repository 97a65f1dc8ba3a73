//! `docs/benchmarks.md`: what is said of every run once, and a section for each processor that one was made on.

use std::fs;
use std::path::PathBuf;

use super::report::{Processor, section};
use super::{Plan, Results};
use validate_jwt_testbed::{Error, workspace};

/// Writes the document, made of the one that is there, and a chart beside it.
pub(crate) fn write(
    renewed: impl Fn(&str) -> String,
    chart_name: &str,
    chart: &str,
) -> Result<[PathBuf; 2], Error> {
    let folder = workspace::root().join("docs");
    let files = [folder.join("benchmarks.md"), folder.join(chart_name)];
    let [document, _] = &files;
    let earlier =
        fs::read_to_string(document).map_err(Error::io(format!("reading {}", document.display())))?;
    for (file, text) in files.iter().zip([renewed(&earlier).as_str(), chart]) {
        fs::write(file, text).map_err(Error::io(format!("writing {}", file.display())))?;
    }
    Ok(files)
}

/// The document with this run's section in the place of an earlier one of the same processor, or behind the others.
/// What stands before the first section is written anew.
pub fn renewed(document: &str, results: &Results, processor: &Processor) -> String {
    with_section(&head(results.plan), document, section(results, processor))
}

/// The same with a section of any kind, which leaves what stands before the first one.
pub(crate) fn with_section_alone(document: &str, own: String) -> String {
    let head = document.split_once(HEADING).map_or(document, |(head, _)| head);
    with_section(&format!("{}\n", head.trim_end()), document, own)
}

fn with_section(head: &str, document: &str, own: String) -> String {
    let is_own = |section: &str| heading(section) == heading(&own);
    let mut sections: Vec<String> =
        document.split(HEADING).skip(1).map(|section| format!("## {}", section.trim_end())).collect();
    match sections.iter_mut().find(|section| is_own(section)) {
        Some(earlier) => *earlier = own,
        None => sections.push(own),
    }
    let sections = sections.iter().map(|one| one.trim_end()).collect::<Vec<_>>().join("\n\n");
    format!("{head}\n{sections}\n")
}

/// What a section begins with, behind the line before it.
const HEADING: &str = "\n## ";

fn heading(section: &str) -> Option<&str> {
    section.lines().next()
}

fn head(plan: Plan) -> String {
    let Plan { alike, fresh, sandbox, rate, .. } = plan;
    format!(
        "# Benchmarks\n\n\
         What a request costs Envoy, measured by `cargo bench-envoy --write` in one run; the file is written by it, a\n\
         section for each processor: ratios differ between processors more than between versions. `--scale` measures what\n\
         grows with plugins, workers, policies and live tokens, in sections of its own.\n\n\
         - **Added µs**: processor time of the Envoy process per request, by the operating system's accounting, less\n  \
           that of the same request to a listener without an auth filter. Median of all rounds, with the least and\n  \
           the most in parentheses: everything has its turn in each round, {alike} requests at a time ({fresh} where\n  \
           every token or proof is a new one, {sandbox} in the sandbox). Caches were full before.\n\
         - **The load** comes from a thread on another processor that never sleeps: waking it would be charged to Envoy,\n  \
           and to a slower filter more often.\n\
         - **× jwt_authn**: that divided by what Envoy's own filter, with its default settings, adds to the same\n  \
           request in the same round. It is told to check the same: signature, issuer, audience and expiry.\n\
         - **p50 and p99**: latency at {rate} requests per second over eight connections.\n\
         - **A start** is that of an Envoy with one worker, three VMs.\n\
         - Access tokens of 1.2 kB as Entra ID issues them; the listener answers itself (no upstream).\n\
         - Refusals come faster here than the log [explains](reasons.md#what-the-log-adds) them.\n"
    )
}
