//! The figures of growth as text.

use std::path::PathBuf;

use super::{Cache, Crowd, Results, Traffic, chart};
use crate::document::{self, with_section_alone};
use crate::report::Processor;
use validate_jwt_testbed::Error;

/// The tables for a terminal: those of the document.
pub fn table(results: &Results) -> String {
    tables(results).join("\n\n")
}

/// The document with this run's section in the place of an earlier one of the same processor, or behind the others.
pub fn renewed(document: &str, results: &Results, processor: &Processor) -> String {
    with_section_alone(document, section(results, processor))
}

/// Writes the document and this processor's chart into `docs`.
pub fn write(results: &Results) -> Result<[PathBuf; 2], Error> {
    let processor = Processor::here();
    let text = |earlier: &str| renewed(earlier, results, &processor);
    document::write(text, &format!("scale-{}.svg", processor.slug()), &chart(results))
}

fn section(results: &Results, processor: &Processor) -> String {
    format!(
        "## Scale: {model}\n\n\
         ![Start, memory and idle time as plugins grow; requests as live tokens grow](scale-{slug}.svg)\n\n\
         Written by `cargo bench-envoy --scale --write`, in one run; {rounds} rounds, median with the least and the most.\n\n\
         - **Envoy {envoy}**; {count} processors, Linux {kernel}. Each row is an Envoy of its own.\n\
         - **s ready**: processor time until Envoy says so. **s serving**: until every plugin has let a request pass.\n\
         - **MB**: resident then; where requests are measured, after them.\n\
         - **Idle**: percent of one processor in {watched} s after what follows a start is over.\n\
         - **Fetches** of the discovery document or of the keys, whichever were more, by all plugins and workers.\n\
         - **Added µs**: as above, at least {requests} requests per round, ES256. Tokens come in turn, all of them in every\n  \
           round, which no cache likes that is too small for all.\n\n\
         {tables}\n",
        model = processor.model,
        slug = processor.slug(),
        rounds = results.plan.rounds,
        envoy = results.envoy,
        count = processor.count,
        kernel = processor.kernel,
        watched = results.plan.watched.as_secs_f32(),
        requests = results.plan.requests,
        tables = tables(results).join("\n\n"),
    )
}

/// A table for everything that has grown.
fn tables(results: &Results) -> Vec<String> {
    let Results { listeners, plugins, workers, policies, tokens, .. } = results;
    let all = [
        listed(
            "Listeners without a filter, two workers",
            &["listeners", "s ready", "s serving", "MB", "idle %"],
            listeners.iter().map(|(count, crowd)| {
                let [ready, serving, resident, idle, _] = cells(crowd);
                vec![count.to_string(), ready, serving, resident, idle]
            }),
        ),
        listed(
            "Plugins with configurations of their own, one provider, two workers",
            &["plugins", "s ready", "s serving", "MB", "idle %", "fetches"],
            plugins.iter().map(|(count, crowd)| row(count.to_string(), crowd)),
        ),
        listed(
            "Workers, one plugin",
            &["workers", "s ready", "s serving", "MB", "idle %", "fetches"],
            workers.iter().map(|(count, crowd)| row(count.to_string(), crowd)),
        ),
        listed(
            "Policies in one plugin, one worker; requests to the last",
            &["policies", "s ready", "s serving", "MB", "idle %", "fetches", "added µs"],
            policies.iter().map(|(count, crowd, traffic)| {
                let mut cells = row(count.to_string(), crowd);
                cells.push(traffic.added.told(1));
                cells
            }),
        ),
        listed(
            "Live tokens in turn, one worker",
            &["tokens", "`verdict_cache`", "found %", "added µs", "MB"],
            tokens.iter().map(|(count, cache, traffic)| token_row(*count, *cache, traffic)),
        ),
    ];
    all.into_iter().flatten().collect()
}

/// A table under a heading; none without rows.
fn listed(title: &str, columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Option<String> {
    let rows: Vec<String> = rows.map(|cells| format!("| {} |", cells.join(" | "))).collect();
    let head = format!("### {title}\n\n| {} |\n|{}", columns.join(" | "), "---|".repeat(columns.len()));
    (!rows.is_empty()).then(|| format!("{head}\n{}", rows.join("\n")))
}

fn row(name: String, crowd: &Crowd) -> Vec<String> {
    [name].into_iter().chain(cells(crowd)).collect()
}

fn cells(crowd: &Crowd) -> [String; 5] {
    [
        crowd.ready.told(2),
        crowd.serving.told(2),
        crowd.resident.told(0),
        crowd.idle.told(2),
        crowd.fetches.to_string(),
    ]
}

fn token_row(count: usize, cache: Cache, traffic: &Traffic) -> Vec<String> {
    let Traffic { added, hits, resident } = traffic;
    vec![
        count.to_string(),
        cache.title().to_owned(),
        format!("{hits:.1}"),
        added.told(1),
        format!("{resident:.0}"),
    ]
}
