//! The benchmark itself: that it compares what it says.

use std::time::Duration;

use validate_jwt_bench::scale::{self, Cache};
use validate_jwt_bench::{self as bench, Plan, Processor, Variant};
use validate_jwt_testbed::Error;

#[tokio::test(flavor = "multi_thread")]
async fn every_variant_of_the_benchmark_is_answered_as_it_should_be_and_measured() -> Result<(), Error> {
    let plan =
        Plan { rounds: 1, alike: 16, fresh: 16, filling: 16, sandbox: 2, rate: 1000, at_rate: 16, starts: 1 };
    // A wrong answer to any request is an error.
    let results = bench::run(plan, Variant::all(), None).await?;
    let measured: Vec<Variant> = results.measured.iter().map(|(variant, _)| *variant).collect();
    assert_eq!(measured, Variant::all());
    assert!(results.measured.iter().all(|(_, figures)| figures.added.len() == 1));
    let chart = bench::chart(&results);
    let first = bench::renewed("", &results, &processor("One"));
    let both = bench::renewed(&first, &results, &processor("Another(R) One"));
    let document = bench::renewed(&both, &results, &processor("One"));
    assert_eq!(document, both, "a processor's section is renewed in its place");
    let headings: Vec<_> = document.lines().filter(|line| line.starts_with('#')).collect();
    assert_eq!(headings, ["# Benchmarks", "## One", "## Another(R) One"]);
    assert!(document.contains("(benchmarks-another-one.svg)"), "{document}");
    for variant in measured {
        let row = format!("| {} | {} | ", variant.case.title(), variant.filter.title());
        assert!(document.contains(&row), "{row}");
    }
    assert!(chart.starts_with("<svg ") && chart.ends_with("</svg>\n"));
    Ok(())
}

/// More tokens than the default cache holds would take too long here: that they are found is what is shown.
#[tokio::test(flavor = "multi_thread")]
async fn growth_is_measured_with_one_fetch_for_all_plugins_and_workers() -> Result<(), Error> {
    let plan = scale::Plan {
        rounds: 1,
        plugins: vec![1, 5],
        workers: vec![1, 3],
        policies: vec![1, 20],
        tokens: vec![1, 50],
        requests: 100,
        settling: Duration::from_millis(200),
        watched: Duration::from_millis(100),
    };
    // A good token that is refused is an error.
    let results = scale::run(plan).await?;
    let crowds = results.plugins.iter().map(|(count, crowd)| (*count, crowd.fetches));
    assert_eq!(crowds.collect::<Vec<_>>(), [(1, 1), (5, 1)]);
    let crowds = results.workers.iter().map(|(count, crowd)| (*count, crowd.fetches));
    assert_eq!(crowds.collect::<Vec<_>>(), [(1, 1), (3, 1)]);
    assert_eq!(results.listeners.iter().map(|(_, crowd)| crowd.fetches).collect::<Vec<_>>(), [0, 0]);
    let policies = results.policies.iter().map(|(count, crowd, _)| (*count, crowd.fetches));
    assert_eq!(policies.collect::<Vec<_>>(), [(1, 1), (20, 1)]);
    let of_all_caches = |count| Cache::ALL.map(|cache| (count, cache, "100.0".to_owned()));
    let tokens =
        results.tokens.iter().map(|(count, cache, traffic)| (*count, *cache, format!("{:.1}", traffic.hits)));
    assert_eq!(tokens.collect::<Vec<_>>(), [of_all_caches(1), of_all_caches(50)].concat());

    let chart = scale::chart(&results);
    assert!(chart.starts_with("<svg ") && chart.ends_with("</svg>\n"));
    let earlier = "# Benchmarks\n\nWhat is said of all.\n\n## One\n\nFigures.\n";
    let first = scale::renewed(earlier, &results, &processor("One"));
    let document = scale::renewed(&first, &results, &processor("One"));
    assert_eq!(document, first, "a processor's section is renewed in its place");
    assert!(document.starts_with(earlier), "{document}");
    let headings: Vec<_> = document.lines().filter(|line| line.starts_with("## ")).collect();
    assert_eq!(headings, ["## One", "## Scale: One"]);
    assert!(document.contains("(scale-one.svg)") && document.contains("| 5 | "), "{document}");
    Ok(())
}

fn processor(model: &str) -> Processor {
    Processor { model: model.to_owned(), count: 2, kernel: "6".to_owned() }
}
