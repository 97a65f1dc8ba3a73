//! The benchmark itself: that it compares what it says.

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
    let processor = |model: &str| Processor { model: model.to_owned(), count: 2, kernel: "6".to_owned() };
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
