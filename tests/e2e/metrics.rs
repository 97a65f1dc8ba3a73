//! What an operator's Prometheus sees.

use std::fs;

use serde_json::{Value, json};
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::echo::EchoApi;
use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options};
use validate_jwt_testbed::identity_provider::{CONTOSO, IdentityProvider};
use validate_jwt_testbed::{Error, workspace};

use crate::lab::{AUDIENCE, entra, filter};

/// With `stats_config` as `docs/monitoring.md` shows it.
pub(crate) fn with_the_documents_labels(bootstrap: Bootstrap) -> Value {
    let mut bootstrap = Value::from(bootstrap);
    bootstrap["stats_config"] = shown();
    bootstrap
}

fn shown() -> Value {
    let page = workspace::root().join("docs/monitoring.md");
    let page = fs::read_to_string(page).expect("docs/monitoring.md");
    let (_, block) = page.split_once("```yaml stats\n").expect("the block of stats_tags");
    let (block, _) = block.split_once("```").expect("its end");
    let mut block: Value = yaml_serde::from_str(block).expect("YAML");
    block["stats_config"].take()
}

#[tokio::test]
async fn the_documents_stats_tags_make_labels_of_policy_reason_and_provider() -> Result<(), Error> {
    let (idp, api) = (IdentityProvider::start()?, EchoApi::start()?);
    let configuration = json!({
        "policies": {
            "strict": entra(&idp, &json!({})),
            "trial-1": entra(&idp, &json!({"mode": "report_only"})),
        },
        "rules": [
            {"match": {"path": "/open"}, "allow": true},
            {"match": {"path": "/trial"}, "policy": "trial-1"},
            {"match": {}, "policy": "strict"},
        ],
    });
    let bootstrap = Bootstrap::new()
        .cluster(Cluster::new("api", api.address()))
        .cluster(Cluster::new("idp", idp.address()))
        .listener(Listener::new("main").filter(filter(configuration).await?));
    let bootstrap = with_the_documents_labels(bootstrap);
    let envoy = Envoy::start(bootstrap, Options::default()).await?;
    let address = envoy.address("main").await?;
    let key = idp.signing_key();
    let good = idp.token_v2(CONTOSO, AUDIENCE).sign(&key);
    let expired = idp.token_v2(CONTOSO, AUDIENCE).expires_in(-60).sign(&key);
    for (path, token, status) in [
        ("/", &good, 200),
        ("/", &good, 200),
        ("/", &expired, 401),
        ("/trial", &expired, 200),
        ("/open", &expired, 200),
    ] {
        assert_eq!(Request::get(path).bearer(token).send(address).await?.status, status, "{path}");
    }
    // The cache's lookups are counted with the next tick, which may come between two requests.
    envoy.wait_for_stat("wasmcustom.validate_jwt.strict.verdict_cache.hit", 1).await?;
    envoy.wait_for_stat("wasmcustom.validate_jwt.strict.verdict_cache.miss", 2).await?;
    let told = Request::get("/stats/prometheus").send(envoy.admin_address()).await?.text();
    let provider = "provider=\"127_0_0_1\"";
    for line in [
        "validate_jwt_allowed{policy=\"strict\"} 2",
        "validate_jwt_rejected{policy=\"strict\",reason=\"token_expired\"} 1",
        "validate_jwt_would_reject{policy=\"trial-1\",reason=\"token_expired\"} 1",
        "validate_jwt_exempt{policy=\"rules\"} 1",
        "validate_jwt_verdict_cache_hit{policy=\"strict\"} 1",
        "validate_jwt_verdict_cache_miss{policy=\"strict\"} 2",
        "validate_jwt_held_requests{} 0",
        &format!("validate_jwt_keys_fetch_success{{{provider}}} 1"),
        &format!("validate_jwt_keys_fetch_failure{{{provider}}} 0"),
        &format!("validate_jwt_keys_usable{{{provider}}} 1"),
    ] {
        assert!(told.lines().any(|found| found == line), "{line}\n{}", ours(&told));
    }
    assert!(told.contains(&format!("validate_jwt_keys_age_seconds{{{provider}}}")), "{}", ours(&told));
    Ok(())
}

/// The filter's lines.
fn ours(text: &str) -> String {
    text.lines().filter(|line| line.contains("validate_jwt")).collect::<Vec<_>>().join("\n")
}
