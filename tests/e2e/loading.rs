//! What a VM and a large configuration cost when Envoy starts, against what the start costs anyway.
//!
//! Processor time, compared within one run: how fast the machine is, and what else it does, is in both. Seconds are in
//! `docs/benchmarks.md`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options};
use validate_jwt_testbed::identity_provider::IdentityProvider;

use crate::lab::{AUDIENCE, filter};

/// 50 policies, every one with a provider, a required claim and headers of its own, and 100 rules of every kind.
fn configuration(idp: &IdentityProvider) -> Value {
    let policy = |at: usize| {
        let url = idp.url(&format!("/tenant-{at}/v2.0/.well-known/openid-configuration"));
        json!({"validate_jwt": {
            "openid_config": [{"url": url, "cluster": "idp", "allow_http": true}],
            "audiences": [AUDIENCE, format!("api://{at}")],
            "required_claims": [{"name": "scp", "match": "any", "separator": " ", "values": ["a", "b", "c"]}],
            "authorize": {"roles": {"any": [format!("role-{at}")]}},
            "forward": {"claims_to_headers": [{"claim": "oid", "header": format!("x-user-{at}")}]},
        }})
    };
    let policies: BTreeMap<String, Value> = (0..50).map(|at| (format!("policy-{at}"), policy(at))).collect();
    let condition = |at: usize| match at % 4 {
        0 => json!({"path": format!("/exact/{at}")}),
        1 => json!({"path_prefix": format!("/prefix/{at}"), "methods": ["GET", "POST"]}),
        2 => json!({"path_regex": format!("/regex/{at}/[0-9]+(/items)?")}),
        _ => {
            json!({"path_prefix": "/", "hosts": [format!("host-{at}.example"), format!("*.of-{at}.example")]})
        }
    };
    let mut rules: Vec<Value> =
        (0..99).map(|at| json!({"match": condition(at), "policy": format!("policy-{}", at % 50)})).collect();
    rules.push(json!({"match": {}, "policy": "policy-0"}));
    json!({"policies": policies, "rules": rules})
}

/// `validate_jwt` for one tenant.
fn one_policy(idp: &IdentityProvider) -> Value {
    let url = idp.url("/tenant/v2.0/.well-known/openid-configuration");
    json!({"validate_jwt": {
        "openid_config": [{"url": url, "cluster": "idp", "allow_http": true}],
        "audiences": [AUDIENCE],
    }})
}

/// An Envoy with the filter, and the processor time until it is ready.
async fn started(
    idp: &IdentityProvider,
    workers: u32,
    configuration: Value,
) -> Result<(Envoy, Duration), Error> {
    // Nothing listens there: what a start costs has nothing of an answer in it.
    let api = ([127, 0, 0, 1], 9).into();
    let bootstrap = Bootstrap::new()
        .cluster(Cluster::new("api", api))
        .cluster(Cluster::new("idp", idp.address()))
        .listener(Listener::new("main").filter(filter(configuration).await?));
    let options = Options::default().concurrency(workers).component_log_level("wasm:trace");
    let envoy = Envoy::start(bootstrap, options).await?;
    let spent = envoy.cpu_time()?;
    Ok((envoy, spent))
}

/// How often a VM was given its configuration, as Envoy's own trace tells it.
fn configured(log: &str) -> usize {
    log.lines().filter(|line| line.contains("[host->vm] proxy_on_configure")).count()
}

/// The least of several starts of each kind, in turns: other programs only ever add to it.
async fn least(
    idp: &IdentityProvider,
    kinds: [(u32, &dyn Fn() -> Value); 2],
) -> Result<[Duration; 2], Error> {
    let mut least = [Duration::MAX; 2];
    for _ in 0..3 {
        for (least, (workers, kind)) in least.iter_mut().zip(kinds) {
            *least = (*least).min(started(idp, workers, kind()).await?.1);
        }
    }
    Ok(least)
}

#[tokio::test]
async fn a_hundred_rules_and_fifty_policies_cost_no_more_than_half_the_start_of_one() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    let (envoy, _) = started(&idp, 1, configuration(&idp)).await?;
    envoy.wait_for_log("50 policies, 50 providers").await?;
    assert_eq!(configured(&envoy.log()), VMS);
    drop(envoy);
    let [few, many] = least(&idp, [(1, &|| one_policy(&idp)), (1, &|| configuration(&idp))]).await?;
    println!("{few:?} of processor time with one policy, {many:?} with fifty");
    assert!(many < few + few / 2, "{few:?} with one policy, {many:?} with fifty");
    Ok(())
}

/// Compiling is done once for all VMs. What each of them costs beside that is what a worker more costs.
#[tokio::test]
async fn the_module_is_up_within_its_budget_in_every_vm() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    let (envoy, _) = started(&idp, 1, one_policy(&idp)).await?;
    assert_eq!(configured(&envoy.log()), VMS);
    drop(envoy);
    let one = || one_policy(&idp);
    let [few, many] = least(&idp, [(1, &one), (1 + MORE, &one)]).await?;
    let each = many.saturating_sub(few) / MORE;
    println!("{few:?} of processor time with one worker, {each:?} for each more");
    assert!(each < few / BUDGET, "{few:?} with one worker, {each:?} for each more");
    Ok(())
}

/// One to try the module, one of the main thread, one of the worker.
const VMS: usize = 3;

/// How many workers more.
const MORE: u32 = 8;

/// What part of a start with one worker another worker may cost.
const BUDGET: u32 = 20;
