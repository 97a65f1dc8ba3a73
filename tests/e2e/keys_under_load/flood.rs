//! Floods of `kid`s that nobody ever published.

use std::time::{Duration, Instant};

use serde_json::json;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::identity_provider::Fault;
use validate_jwt_testbed::load::Load;

use super::{HELD, RATE, Tokens, assert_only, good_load, invented, keys_path, lab, length};

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
    let times = json!({"unknown_kid_interval": interval.as_secs()});
    let lab = lab(workers, &times).await?;
    let tokens = Tokens::of(&lab.idp);
    let warm = good_load(&lab, &tokens);
    let first = Load::start(lab.address, FLOOD_RATE, invented(&lab.idp));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (_, mut all) = (first.stop().await, warm.stop().await);

    let quiet = good_load(&lab, &tokens);
    tokio::time::sleep(Duration::from_secs(length(4, 20))).await;
    let quiet = quiet.stop().await;

    let (memory, seen) = (lab.envoy.resident_bytes()?, lab.api.count());
    lab.idp.forget_requests();
    let count = length(5_000, 100_000);
    let begun = Instant::now();
    let (hostile, beside) =
        (Load::start(lab.address, FLOOD_RATE, invented(&lab.idp)), good_load(&lab, &tokens));
    tokio::time::sleep(Duration::from_secs(u64::from(count / FLOOD_RATE)) + Duration::from_millis(200)).await;
    let (hostile, beside, time) = (hostile.stop().await, beside.stop().await, begun.elapsed());
    let after = lab.envoy.resident_bytes()?;
    let fetches = lab.idp.requests(&keys_path());
    let [calm, busy] = [&quiet, &beside].map(|tally| tally.percentile("good", 200, 99));
    println!(
        "{workers} workers, {time:.1?}: {:?} {:?}; {fetches} fetches; p99 of good requests {calm:.1?} before, {busy:.1?} beside; \
         resident {memory} before, {after} after",
        hostile.all(),
        beside.all()
    );
    assert!(
        hostile.count_of("invented", 401) >= usize::try_from(count).unwrap_or(usize::MAX),
        "{:?}",
        hostile.all()
    );
    assert_eq!(hostile.all_but("invented", 401, "signature_key_not_found"), []);
    let most = time.as_secs() / interval.as_secs() + 1;
    assert!(
        fetches >= 1 && u64::try_from(fetches).unwrap_or(u64::MAX) <= most,
        "{fetches} fetches in {time:?}, at most {most}"
    );
    let passed = u64::try_from(beside.count_of("good", 200)).unwrap_or_default();
    assert_eq!(lab.api.count() - seen, passed, "what the API saw");
    assert!(after <= memory + memory / 20, "{memory} bytes before, {after} after");
    // Where other tests compete for the processor, the scheduler's slice is more than what is measured.
    assert!(busy <= 2 * calm + SLICE, "p99 of good requests {calm:?} before, {busy:?} beside");
    for tally in [quiet, beside] {
        all.add(tally);
    }
    assert_eq!(all.all_but("good", 200, ""), []);
    lab.assert_alive().await
}

/// While the provider hangs, every request of the flood would wait: as many do as may, and no good one with them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_while_the_provider_hangs_holds_a_bounded_number_and_no_good_request() -> Result<(), Error> {
    let lab = lab(1, &json!({"unknown_kid_interval": 0.5, "max_wait": 1})).await?;
    let tokens = Tokens::of(&lab.idp);
    lab.idp.set_fault(&keys_path(), Fault::Hang);
    let (hostile, beside) = (Load::start(lab.address, RATE, invented(&lab.idp)), good_load(&lab, &tokens));
    lab.envoy.wait_for_stat(HELD, 20).await?;
    tokio::time::sleep(Duration::from_secs(length(3, 20))).await;
    lab.idp.clear_faults();
    let (hostile, beside) = (hostile.stop().await, beside.stop().await);
    println!("{:?} {:?}", hostile.all(), beside.all());
    assert_eq!(beside.all_but("good", 200, ""), []);
    assert_only(&hostile, "invented", &[(401, "signature_key_not_found"), (503, "keys_unavailable")]);
    assert!(hostile.count_of("invented", 503) > 0, "held for max_wait: {:?}", hostile.all());
    assert_eq!(lab.envoy.stat(HELD).await?, 0, "requests still held");
    lab.assert_alive().await
}

const SLICE: Duration = Duration::from_millis(20);
