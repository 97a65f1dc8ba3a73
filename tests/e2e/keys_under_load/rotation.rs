//! Rotations.

use std::time::Duration;

use serde_json::json;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::load::Tally;

use super::{Tokens, assert_all_good, good_load, keys_path, lab, length};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unannounced_rotations_cost_no_caller_a_wrong_answer_with_one_worker() -> Result<(), Error> {
    unannounced(1).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unannounced_rotations_cost_no_caller_a_wrong_answer_with_four_workers() -> Result<(), Error> {
    unannounced(4).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn announced_rotations_cost_no_caller_a_wrong_answer_with_one_worker() -> Result<(), Error> {
    announced(1).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn announced_rotations_cost_no_caller_a_wrong_answer_with_four_workers() -> Result<(), Error> {
    announced(4).await
}

/// The old key is gone at once, and tokens are signed with the new one at once; tokens of the old one go on coming.
async fn unannounced(workers: u32) -> Result<(), Error> {
    let lab = lab(workers, &json!({"unknown_kid_interval": 0.5})).await?;
    let (tokens, seen) = (Tokens::of(&lab.idp), lab.api.count());
    let load = good_load(&lab, &tokens);
    let rotations = length(3, 10);
    for rotation in 1..=rotations {
        // At least the time that the provider is left in peace after the one before.
        tokio::time::sleep(Duration::from_millis(900)).await;
        lab.idp.rotate_now();
        tokens.renew(&lab.idp);
        // The first fetch was for the first key.
        lab.idp.wait_for_requests(&keys_path(), 1 + rotation).await?;
        load.wait_for("good", 200, 100).await?;
    }
    let tally = load.stop().await;
    println!("{workers} workers, {rotations} unannounced rotations: {:?}", tally.all());
    show_latencies(&tally);
    assert_all_good(&lab, &tally, seen);
    assert_eq!(lab.idp.requests(&keys_path()), 1 + rotations, "one fetch per rotation for all workers");
    lab.assert_alive().await
}

/// The new key is published beside the old one first; tokens are signed with it once it was fetched.
async fn announced(workers: u32) -> Result<(), Error> {
    let lab = lab(workers, &json!({"interval": 0.5})).await?;
    let (tokens, seen) = (Tokens::of(&lab.idp), lab.api.count());
    let load = good_load(&lab, &tokens);
    let rotations = length(3, 10);
    for _ in 0..rotations {
        lab.idp.rotate_announced();
        // The second request from here on begins after the announcement, and when it comes the first was answered.
        lab.idp.wait_for_requests(&keys_path(), lab.idp.requests(&keys_path()) + 2).await?;
        lab.idp.promote();
        tokens.renew(&lab.idp);
        load.wait_for("good", 200, 100).await?;
    }
    let tally = load.stop().await;
    println!("{workers} workers, {rotations} announced rotations: {:?}", tally.all());
    show_latencies(&tally);
    assert_all_good(&lab, &tally, seen);
    lab.assert_alive().await
}

fn show_latencies(tally: &Tally) {
    let [slowest, p99] = [100, 99].map(|percent| tally.percentile("good", 200, percent));
    println!("slowest: {slowest:?}, p99 {p99:?}");
}
