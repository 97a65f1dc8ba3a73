//! Outages.

use std::time::{Duration, Instant};

use serde_json::json;
use validate_jwt_testbed::Error;

use super::{Tokens, assert_all_good, assert_only, good_load, keys_path, lab, length};
use crate::lab::Lab;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_costs_no_caller_anything_with_one_worker() -> Result<(), Error> {
    outage(1).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_costs_no_caller_anything_with_four_workers() -> Result<(), Error> {
    outage(4).await
}

async fn outage(workers: u32) -> Result<(), Error> {
    let lab = lab(workers, &json!({"interval": 2, "retry_initial": 0.5, "retry_max": 2})).await?;
    let (tokens, seen) = (Tokens::of(&lab.idp), lab.api.count());
    let load = good_load(&lab, &tokens);
    let begun = Instant::now();
    lab.idp.stop().await?;
    lab.envoy.wait_for_stat(FAILURES, 3).await?;
    load.wait_for("good", 200, length(250, 15_000)).await?;
    let (failures, down) = (lab.envoy.stat(FAILURES).await?, begun.elapsed());
    lab.idp.forget_requests();
    lab.idp.restart()?;
    lab.idp.wait_for_requests(&keys_path(), 1).await?;
    lab.envoy.wait_for_log("works again after").await?;
    let tally = load.stop().await;
    println!("{workers} workers, down for {down:?}, {failures} failed attempts: {:?}", tally.all());
    assert_all_good(&lab, &tally, seen);
    // Pauses of 0.5, 1, 2, 2 … s, after the refresh that failed first. A slow machine makes fewer.
    let most = 3 + down.as_secs() / 2 + down.as_secs() / 10;
    assert!(failures <= most, "{failures} failed attempts in {down:?}, at most {most}");
    assert_log_helps_at_three_in_the_morning(&lab.envoy.log());
    lab.assert_alive().await
}

/// Which provider, which URL and cluster, what came back, since when, until when the keys serve, when the next attempt is.
#[track_caller]
fn assert_log_helps_at_three_in_the_morning(log: &str) {
    let failed: Vec<_> = log.lines().filter(|line| line.contains("in a row since")).collect();
    let last = failed.last().expect("a failure in the log");
    for text in [
        "[warning]",
        "keys of provider 127_0_0_1: fetching http://127.0.0.1:",
        "/v2.0/.well-known/openid-configuration through cluster \"idp\" failed, ",
        " in a row since ",
        "status 503 from the proxy itself, ",
        "upstream_cx_connect_fail alone, nobody listens there",
        "the keys at hand serve for another ",
        "next attempt in ",
    ] {
        assert!(last.contains(text), "{text:?} in {last:?}");
    }
    let recovered = log.lines().find(|line| line.contains("works again after")).expect("the end in the log");
    for text in [
        "[info]",
        "keys of provider 127_0_0_1: 1 usable",
        "the last: status 503 from the proxy",
        "next refresh in ",
    ] {
        assert!(recovered.contains(text), "{text:?} in {recovered:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_max_stale_callers_get_503_and_200_within_one_back_off_of_the_return() -> Result<(), Error> {
    for workers in [1, 4] {
        stale(workers).await?;
    }
    Ok(())
}

async fn stale(workers: u32) -> Result<(), Error> {
    let times =
        json!({"interval": 1, "max_stale": 2.5, "retry_initial": 0.4, "retry_max": 0.8, "max_wait": 1});
    let lab = lab(workers, &times).await?;
    let (tokens, seen) = (Tokens::of(&lab.idp), lab.api.count());
    let load = good_load(&lab, &tokens);
    lab.idp.stop().await?;
    let fetched = last_fetch(&lab);
    lab.envoy.wait_for_log("the keys at hand are too old to serve").await?;
    let gone = Instant::now();
    lab.envoy.wait_until_stat_is(USABLE, 0).await?;
    let age = lab.envoy.stat("wasmcustom.validate_jwt.keys.127_0_0_1.age_seconds").await?;
    assert!(age >= 2, "age {age}");
    load.wait_for("good", 503, length(100, 2_500)).await?;
    let (failures, returned) = (lab.envoy.stat(FAILURES).await?, Instant::now());
    lab.idp.restart()?;
    lab.envoy.wait_for_log("works again after").await?;
    lab.envoy.wait_until_stat_is(USABLE, 1).await?;
    load.wait_for("good", 200, 50).await?;
    let tally = load.stop().await;
    println!("{workers} workers, stale after {:.1?}: {:?}", gone - fetched, tally.all());
    assert_only(&tally, "good", &[(200, ""), (503, "keys_unavailable")]);
    assert_eq!(u64::try_from(tally.count_of("good", 200)).ok(), Some(lab.api.count() - seen));
    let accepted = tally.timings("good", 200);
    let too_late = accepted.iter().filter(|answer| answer.sent >= gone && answer.at < returned);
    assert_eq!(too_late.count(), 0, "nothing passes once the keys are too old");
    let refused = tally.timings("good", 503);
    let first = refused.iter().map(|answer| answer.at).min().expect("503");
    assert!(
        first >= fetched + Duration::from_millis(2500),
        "keys serve for max_stale: {:?}",
        first - fetched
    );
    // The first attempt that meets the provider again is the last of the outage; another may have been under way.
    let more = lab.envoy.stat(FAILURES).await? - failures;
    assert!(more <= 1, "{more} attempts failed after the return");
    assert_pauses_at_most(&lab.envoy.log(), 0.8);
    lab.assert_alive().await
}

/// When the provider was asked for its keys the last time but one: that was answered before the next was sent.
fn last_fetch(lab: &Lab) -> Instant {
    let times = lab.idp.request_times(&keys_path());
    times[times.len().saturating_sub(2)]
}

/// Asserts that no pause after a failure is longer than this and its jitter, in seconds.
#[track_caller]
fn assert_pauses_at_most(log: &str, most: f64) {
    let pauses = log.lines().filter_map(|line| line.split_once("; next attempt in ")?.1.strip_suffix(" s"));
    let pauses: Vec<f64> = pauses.map(|text| text.parse().expect("seconds")).collect();
    // They are told with one decimal.
    assert!(!pauses.is_empty() && pauses.iter().all(|pause| *pause <= most * 1.1 + 0.05), "{pauses:?}");
}

const FAILURES: &str = "wasmcustom.validate_jwt.keys.127_0_0_1.fetch_failure";

const USABLE: &str = "wasmcustom.validate_jwt.keys.127_0_0_1.usable";
