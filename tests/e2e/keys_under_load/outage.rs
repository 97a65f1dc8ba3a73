//! Outages.

use std::time::{Duration, Instant};

use serde_json::json;
use validate_jwt_testbed::Error;

use super::{Tokens, assert_all_good, assert_only, good_load, keys_path, lab, length};

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
    let (tokens, seen, begun) = (Tokens::of(&lab.idp), lab.api.count(), Instant::now());
    let load = good_load(&lab, &tokens);
    let down = Duration::from_secs(length(6, 60));
    lab.idp.stop().await?;
    tokio::time::sleep(down).await;
    let failures = lab.envoy.stat("wasmcustom.validate_jwt.keys.127_0_0_1.fetch_failure").await?;
    lab.idp.forget_requests();
    lab.idp.restart()?;
    lab.idp.wait_for_requests(&keys_path(), 1).await?;
    lab.envoy.wait_for_log("works again after").await?;
    let (tally, time) = (load.stop().await, begun.elapsed());
    println!("{workers} workers, down for {down:?}, {failures} failed attempts: {:?}", tally.all());
    assert_all_good(&lab, &tally, seen, time);
    // Pauses of 0.5, 1, 2, 2 … s, after the refresh that failed first.
    let most = 3 + down.as_secs() / 2 + down.as_secs() / 10;
    assert!((2..=most).contains(&failures), "{failures} failed attempts in {down:?}, at most {most}");
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
        "status 503, which is also what the proxy says when it cannot connect",
        "the keys at hand serve for another ",
        "next attempt in ",
    ] {
        assert!(last.contains(text), "{text:?} in {last:?}");
    }
    let recovered = log.lines().find(|line| line.contains("works again after")).expect("the end in the log");
    for text in ["[info]", "keys of provider 127_0_0_1: 1 usable", "the last: status 503", "next refresh in "]
    {
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
    let times = json!({"interval": 1, "max_stale": 2.5, "retry_initial": 0.4, "retry_max": 0.8});
    let lab = lab(workers, &times).await?;
    let (tokens, seen, begun) = (Tokens::of(&lab.idp), lab.api.count(), Instant::now());
    let load = good_load(&lab, &tokens);
    lab.idp.stop().await?;
    // Longer than keys serve that were fetched just before.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    lab.envoy.wait_for_log("the keys at hand are too old to serve").await?;
    let gone = Instant::now();
    lab.envoy.wait_until_stat_is(USABLE, 0).await?;
    let age = lab.envoy.stat("wasmcustom.validate_jwt.keys.127_0_0_1.age_seconds").await?;
    assert!((2..=5).contains(&age), "age {age}");
    tokio::time::sleep(Duration::from_secs(length(1, 10))).await;
    lab.idp.restart()?;
    let returned = Instant::now();
    lab.idp.wait_for_requests(&keys_path(), 2).await?;
    lab.envoy.wait_until_stat_is(USABLE, 1).await?;
    tokio::time::sleep(Duration::from_millis(700)).await;
    let (tally, time) = (load.stop().await, begun.elapsed());
    println!("{workers} workers, stale after {:.1?}, up to {time:.1?}: {:?}", gone - begun, tally.all());
    assert_only(&tally, "good", &[(200, ""), (503, "keys_unavailable")]);
    assert_eq!(u64::try_from(tally.count_of("good", 200)).ok(), Some(lab.api.count() - seen));
    let accepted = |from: Instant, to: Instant| {
        tally.timings("good", 200).iter().filter(|answer| (from..to).contains(&answer.at)).count()
    };
    assert_eq!(accepted(gone, returned), 0, "nothing passes once the keys are too old");
    let refused = tally.timings("good", 503);
    let (first, last) = (refused.iter().map(|one| one.at).min(), refused.iter().map(|one| one.at).max());
    let (first, last) = (first.expect("503"), last.expect("503"));
    assert!(first >= begun + Duration::from_millis(1400), "keys serve for max_stale: {:?}", first - begun);
    // A pause of at most 0.8 s and a tenth, then two callouts, and as long as a request is held.
    let back = last.saturating_duration_since(returned);
    println!("200 again {back:?} after the return");
    assert!(back < Duration::from_millis(880 + 500), "503 until {back:?} after the return");
    assert!(accepted(last, Instant::now()) > 50, "200 again");
    lab.assert_alive().await
}

const USABLE: &str = "wasmcustom.validate_jwt.keys.127_0_0_1.usable";
