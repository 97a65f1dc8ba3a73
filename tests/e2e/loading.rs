//! How long a large configuration takes to load in each of Envoy's VMs.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::echo::EchoApi;
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

/// How long each call of the VM's `proxy_on_configure` took, as Envoy's own trace tells it.
fn loading_times(log: &str) -> Vec<Duration> {
    let mut begun = BTreeMap::new();
    let mut times = Vec::new();
    for line in log.lines().filter(|line| line.contains("proxy_on_configure")) {
        let Some((at, thread)) = milliseconds_and_thread(line) else { continue };
        if line.contains("[host->vm]") {
            begun.insert(thread, at);
        } else if let Some(start) = begun.remove(thread) {
            // Past midnight the clock starts anew.
            times.push(Duration::from_millis((at + DAY - start) % DAY));
        }
    }
    times
}

/// Of `[2026-01-31 23:59:59.123][4711][trace][wasm] …`: milliseconds since midnight, and the thread.
fn milliseconds_and_thread(line: &str) -> Option<(u64, &str)> {
    let (time, rest) = line.strip_prefix('[')?.split_once("][")?;
    let (seconds, milliseconds) = time.split_once(' ')?.1.split_once('.')?;
    let seconds = seconds.split(':').try_fold(0, |sum, part| Some(sum * 60 + part.parse::<u64>().ok()?))?;
    Some((seconds * 1000 + milliseconds.parse::<u64>().ok()?, rest.split(']').next()?))
}

#[tokio::test]
async fn a_hundred_rules_and_fifty_policies_load_within_50_ms_in_each_vm() -> Result<(), Error> {
    let (idp, api) = (IdentityProvider::start()?, EchoApi::start()?);
    let bootstrap = Bootstrap::new()
        .cluster(Cluster::new("api", api.address()))
        .cluster(Cluster::new("idp", idp.address()))
        .listener(Listener::new("main").filter(filter(configuration(&idp)).await?));
    let options = Options::default().concurrency(1).component_log_level("wasm:trace");
    let envoy = Envoy::start(bootstrap, options).await?;
    envoy.wait_for_log("50 policies, 50 providers").await?;
    let times = loading_times(&envoy.log());
    // One VM to try the module, one of the main thread, one of the worker.
    assert_eq!(times.len(), 3, "{times:?}");
    // Other tests share the processors: the VM that was disturbed least tells what loading costs.
    let least = times.iter().min().copied().unwrap_or(Duration::MAX);
    assert!(least < Duration::from_millis(50), "{times:?}");
    Ok(())
}

/// Compiling is done once for all VMs; everything that a VM costs at its start is in the difference.
#[tokio::test]
async fn the_module_is_up_within_its_budget_in_every_vm() -> Result<(), Error> {
    let (idp, api) = (IdentityProvider::start()?, EchoApi::start()?);
    let url = idp.url("/tenant/v2.0/.well-known/openid-configuration");
    let policy = json!({"validate_jwt": {
        "openid_config": [{"url": url, "cluster": "idp", "allow_http": true}],
        "audiences": [AUDIENCE],
    }});
    let cost = async |listener: Listener| {
        let bootstrap = Bootstrap::new()
            .cluster(Cluster::new("api", api.address()))
            .cluster(Cluster::new("idp", idp.address()))
            .listener(listener);
        let envoy = Envoy::start(bootstrap, Options::default().concurrency(1)).await?;
        envoy.cpu_time()
    };
    let without = cost(Listener::new("main")).await?;
    let with = cost(Listener::new("main").filter(filter(policy).await?)).await?;
    let each = with.saturating_sub(without) / VMS;
    println!("{each:?} of processor time per VM");
    assert!(each < START_BUDGET, "{each:?} per VM: {with:?} with the filter, {without:?} without");
    Ok(())
}

/// One to try the module, one of the main thread, one of the worker.
const VMS: u32 = 3;

/// Processor time per VM, as much again as on a machine of its own: other tests share the processors' caches.
const START_BUDGET: Duration = Duration::from_millis(600);

const DAY: u64 = 24 * 60 * 60 * 1000;
