//! Floods of `kid`s that nobody ever published.

use std::time::{Duration, Instant};

use serde_json::json;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::identity_provider::Fault;
use validate_jwt_testbed::load::{Load, Tally};

use super::{HELD, RATE, Tokens, assert_only, good_load, invented, keys_path, lab, length};
use crate::lab::Lab;

/// Invented tokens per second, beside the good ones.
const FLOOD_RATE: u32 = 1000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_invented_key_ids_costs_good_requests_nothing_with_one_worker() -> Result<(), Error> {
    flood(1).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_invented_key_ids_costs_good_requests_nothing_with_four_workers() -> Result<(), Error> {
    flood(4).await
}

async fn flood(workers: u32) -> Result<(), Error> {
    let interval = Duration::from_secs(length(2, 20));
    let lab = lab(workers, &json!({"unknown_kid_interval": interval.as_secs()})).await?;
    let tokens = Tokens::of(&lab.idp);
    let (first, warm) = both(&lab, &tokens);
    first.wait_for("invented", 401, 2_000).await?;
    let (_, mut all) = (first.stop().await, warm.stop().await);

    let begun = lab.envoy.cpu_time()?;
    let quiet = good_load(&lab, &tokens);
    quiet.wait_for("good", 200, length(1_000, 5_000)).await?;
    let quiet = quiet.stop().await;
    let calm = lab.envoy.cpu_time()?.saturating_sub(begun) / requests(&quiet);

    let (memory, seen) = (lab.envoy.resident_bytes()?, lab.api.count());
    lab.idp.forget_requests();
    let (begun, at) = (lab.envoy.cpu_time()?, Instant::now());
    let (hostile, beside) = both(&lab, &tokens);
    hostile.wait_for("invented", 401, length(5_000, 100_000)).await?;
    // The flood goes on until one of its tokens has cost a fetch.
    lab.idp.wait_for_requests(&keys_path(), 1).await?;
    let (hostile, beside, time) = (hostile.stop().await, beside.stop().await, at.elapsed());
    let busy = lab.envoy.cpu_time()?.saturating_sub(begun) / (requests(&hostile) + requests(&beside));
    let after = lab.envoy.resident_bytes()?;
    let fetches = lab.idp.requests(&keys_path());
    let [before, during] = [&quiet, &beside].map(|tally| tally.percentile("good", 200, 99));
    println!(
        "{workers} workers, {time:.1?}: {:?} {:?}; {fetches} fetches; p99 of good requests {before:.1?} before, {during:.1?} \
         beside; a request costs {calm:.1?} before, {busy:.1?} of all; resident {memory} before, {after} after",
        hostile.all(),
        beside.all()
    );
    assert_eq!(hostile.all_but("invented", 401, "signature_key_not_found"), []);
    // One may have been under way at the beginning.
    let most = time.as_secs() / interval.as_secs() + 2;
    assert!(
        u64::try_from(fetches).unwrap_or(u64::MAX) <= most,
        "{fetches} fetches in {time:?}, at most {most}"
    );
    let passed = u64::try_from(beside.count_of("good", 200)).unwrap_or_default();
    assert_eq!(lab.api.count() - seen, passed, "what the API saw");
    assert!(after <= memory + memory / 20, "{memory} bytes before, {after} after");
    // An invented one is cheaper than a good one, which is passed on.
    assert!(busy < calm * 2, "a request costs {calm:?} before, {busy:?} of all in the flood");
    for tally in [quiet, beside] {
        all.add(tally);
    }
    assert_eq!(all.all_but("good", 200, ""), []);
    lab.assert_alive().await
}

/// The flood, and good requests beside it.
fn both(lab: &Lab, tokens: &Tokens) -> (Load, Load) {
    (Load::start(lab.address, FLOOD_RATE, invented(&lab.idp)), good_load(lab, tokens))
}

/// How many requests were answered.
fn requests(tally: &Tally) -> u32 {
    let count: usize = tally.all().iter().map(|(_, count)| count).sum();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// While the provider hangs, every request of the flood would wait: as many do as may, and no good one with them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_while_the_provider_hangs_holds_a_bounded_number_and_no_good_request() -> Result<(), Error> {
    let lab = lab(1, &json!({"unknown_kid_interval": 0.5, "max_wait": 1})).await?;
    let tokens = Tokens::of(&lab.idp);
    lab.idp.set_fault(&keys_path(), Fault::Hang);
    let (hostile, beside) = (Load::start(lab.address, RATE, invented(&lab.idp)), good_load(&lab, &tokens));
    lab.envoy.wait_for_stat(HELD, 20).await?;
    hostile.wait_for("invented", 503, length(100, 1_000)).await?;
    beside.wait_for("good", 200, length(100, 5_000)).await?;
    lab.idp.clear_faults();
    let (hostile, beside) = (hostile.stop().await, beside.stop().await);
    println!("{:?} {:?}", hostile.all(), beside.all());
    assert_eq!(beside.all_but("good", 200, ""), []);
    assert_only(&hostile, "invented", &[(401, "signature_key_not_found"), (503, "keys_unavailable")]);
    lab.envoy.wait_until_stat_is(HELD, 0).await?;
    lab.assert_alive().await
}
