//! Growth as a picture.

use super::{Crowd, Results};
use crate::chart::{Bar, Group, Look, draw};
use crate::figures::Spread;

/// The chart, SVG.
pub fn chart(results: &Results) -> String {
    let Results { listeners, plugins, workers, policies, tokens, .. } = results;
    let of_plugins = |figure: fn(&Crowd) -> Spread| {
        let without = listeners.last().into_iter().map(|(count, crowd)| {
            bar(format!("{count} listeners without a filter"), Look::Native, figure(crowd))
        });
        let with =
            plugins.iter().map(|(count, crowd)| bar(format!("{count} plugins"), Look::Ours, figure(crowd)));
        with.chain(without).collect()
    };
    let groups = [
        group("Plugins: processor time until all serve", "s", 1, of_plugins(|one| one.serving)),
        group("Plugins: resident memory", "MB", 0, of_plugins(|one| one.resident)),
        group("Plugins: idle, percent of one processor", "%", 2, of_plugins(|one| one.idle)),
        group(
            "Workers: processor time until all serve",
            "s",
            1,
            workers
                .iter()
                .map(|(count, crowd)| bar(format!("{count} workers"), Look::Ours, crowd.serving))
                .collect(),
        ),
        group(
            "Policies: added processor time of a request to the last",
            "µs",
            1,
            policies
                .iter()
                .map(|(count, _, traffic)| bar(format!("{count} policies"), Look::Ours, traffic.added))
                .collect(),
        ),
        group(
            "Live tokens in turn: added processor time of a request",
            "µs",
            1,
            tokens
                .iter()
                .map(|(count, cache, traffic)| {
                    bar(format!("{count}, {}", cache.room()), Look::Ours, traffic.added)
                })
                .collect(),
        ),
    ];
    let grown: Vec<Group> = groups.into_iter().filter(|group| !group.bars.is_empty()).collect();
    draw("How validate-jwt grows with plugins, workers, policies and live tokens", TOLD, &grown)
}

fn group(title: &str, unit: &'static str, decimals: usize, bars: Vec<Bar>) -> Group {
    Group { title: title.to_owned(), unit, decimals, bars }
}

fn bar(name: String, look: Look, value: Spread) -> Bar {
    Bar { name, look, value }
}

const TOLD: &str = "Processor time of a start, memory and idle time by number of plugins and workers; processor time \
                    that a request costs more than without a filter by number of policies and live tokens";
