//! Everything at once: good and bad requests, clients that leave, faults, rotations and new configurations.

use std::time::Duration;

use serde_json::json;
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::{Connection, Request};
use validate_jwt_testbed::echo::EchoApi;
use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options};
use validate_jwt_testbed::identity_provider::{CONTOSO, Fault, IdentityProvider, paths};
use validate_jwt_testbed::load::{Load, Planned};
use validate_jwt_testbed::token::tamper;

use super::{HELD, RATE, Tokens, assert_all_good, assert_only, good_load, invented, keys_path, length};
use crate::lab::{AUDIENCE, Lab, entra, filter, with};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn load_faults_rotations_and_new_configurations_cost_no_request_and_no_memory() -> Result<(), Error> {
    let lab = reconfigurable(IdentityProvider::start()?).await?;
    lab.assert_alive().await?;
    let (tokens, seen) = (Tokens::of(&lab.idp), lab.api.count());
    let (good, bad) = (good_load(&lab, &tokens), Load::start(lab.address, RATE / 5, bad(&lab.idp, &tokens)));
    let leaving = tokio::spawn(leave(
        lab.address,
        lab.idp.token_v2(CONTOSO, AUDIENCE).key_id("nobody").sign(&lab.idp.signing_key()),
    ));
    let mut memory = Vec::new();
    for round in 0..length(5, 130) {
        fail_for_a_while(&lab, round).await?;
        rotate(&lab, &tokens).await?;
        reconfigure(&lab, round).await?;
        memory.push(lab.envoy.resident_bytes()?);
    }
    leaving.abort();
    let (good, bad) = (good.stop().await, bad.stop().await);
    println!("{} rounds: {:?} {:?}", memory.len(), good.all(), bad.all());
    println!("resident: {:?}", memory.iter().map(|bytes| bytes >> 20).collect::<Vec<_>>());
    println!(
        "slowest good request: {:?}, p99 {:?}",
        good.percentile("good", 200, 100),
        good.percentile("good", 200, 99)
    );
    assert_all_good(&lab, &good, seen);
    assert_only(&bad, "expired", &[(401, "token_expired")]);
    assert_only(&bad, "another's", &[(401, "audience_not_allowed")]);
    assert_only(&bad, "spoilt", &[(401, "signature_invalid")]);
    // One that waited while the provider hung, and gave up.
    assert_only(&bad, "invented", &[(401, "signature_key_not_found"), (503, "keys_unavailable")]);
    await_nothing_held(&lab).await?;
    let part = memory.len() * 2 / 5;
    let largest = |rounds: &[u64]| rounds.iter().copied().max().unwrap_or_default();
    let (warm, end) = (largest(&memory[..part]), largest(&memory[memory.len() - part..]));
    println!("resident at most {warm} bytes in the first four tenths, {end} in the last four");
    assert!(end <= warm + warm * length(15, 5) / 100, "{warm} bytes, then {end}");
    lab.assert_alive().await
}

/// A lab whose listener can be replaced; what it replaces is gone two seconds later.
async fn reconfigurable(idp: IdentityProvider) -> Result<Lab, Error> {
    let api = EchoApi::start()?;
    let bootstrap = Bootstrap::new()
        .cluster(Cluster::new("api", api.address()))
        .cluster(Cluster::new("idp", idp.address()))
        .dynamic_listeners();
    let options = Options::default().concurrency(2).drain_time(Duration::from_secs(2));
    let envoy = Envoy::start(bootstrap, options).await?;
    envoy.update_listeners([listener(&idp, "first", 0.5).await?]).await?;
    let address = envoy.address("main").await?;
    Ok(Lab { idp, api, envoy, address })
}

/// Another realm is another configuration with the same keys, another interval one with a provider of its own.
async fn listener(idp: &IdentityProvider, realm: &str, interval: f64) -> Result<Listener, Error> {
    let url = idp.url(&paths::discovery_v2(CONTOSO));
    let policy = entra(
        idp,
        &json!({
            "openid_config": [{"url": url, "cluster": "idp", "allow_http": true, "timeout": 0.5}],
            "failure": {"reason_header": crate::lab::REASON, "realm": realm},
        }),
    );
    let times = json!({
        "interval": interval, "key_ttl": 60, "unknown_kid_interval": 1, "retry_initial": 0.1, "retry_max": 0.4, "max_wait": 60,
    });
    let configuration = with(policy, &json!({"key_refresh": times}));
    Ok(Listener::new("main").filter(filter(configuration).await?).unobserved())
}

async fn reconfigure(lab: &Lab, round: usize) -> Result<(), Error> {
    let interval =
        if round % 3 == 2 { 0.5 + f64::from(u32::try_from(round % 30).unwrap_or(0)) / 1000.0 } else { 0.5 };
    let fresh = listener(&lab.idp, &format!("round {round}"), interval).await?;
    lab.envoy.update_listeners([fresh]).await?;
    assert_eq!(lab.envoy.address("main").await?, lab.address, "clients go on where they are");
    // Until then the old configuration refreshes its keys too.
    lab.envoy.wait_until_stat_is("listener_manager.total_filter_chains_draining", 0).await
}

/// One fault, until three attempts have met it, and then until two have gone well.
async fn fail_for_a_while(lab: &Lab, round: usize) -> Result<(), Error> {
    let faults = [
        Fault::Status(500),
        Fault::Hang,
        Fault::CutMidBody,
        Fault::Html,
        Fault::EmptyKeySet,
        Fault::Drip(Duration::from_millis(30)),
        Fault::OtherTenantsKeys,
        Fault::Reset,
        Fault::Oversized(2_000_000),
        Fault::PartialKeySet,
        Fault::Status(204),
        Fault::Flap(Box::new(Fault::Status(404))),
        Fault::Redirect("/elsewhere".to_owned()),
        Fault::Gzip,
        Fault::WrongIssuer,
        Fault::NoBody,
    ];
    let fault = faults[round % faults.len()].clone();
    let path = if fault == Fault::WrongIssuer || round / faults.len() % 2 == 1 {
        paths::discovery_v2(CONTOSO)
    } else {
        keys_path()
    };
    lab.idp.set_fault(&path, fault);
    lab.idp.wait_for_requests(&path, lab.idp.requests(&path) + 3).await?;
    lab.idp.clear_faults();
    await_refreshes(lab).await
}

/// A new key, announced; those that no token of the load needs any more are withdrawn.
async fn rotate(lab: &Lab, tokens: &Tokens) -> Result<(), Error> {
    lab.idp.rotate_announced();
    await_refreshes(lab).await?;
    lab.idp.promote();
    tokens.renew(&lab.idp);
    let published = lab.idp.published_key_ids();
    for outdated in published.iter().rev().skip(5) {
        lab.idp.remove_key(outdated);
    }
    Ok(())
}

/// When the last of three more requests comes, the second was answered, and it began after now.
async fn await_refreshes(lab: &Lab) -> Result<(), Error> {
    lab.idp.wait_for_requests(&keys_path(), lab.idp.requests(&keys_path()) + 3).await
}

async fn await_nothing_held(lab: &Lab) -> Result<(), Error> {
    lab.envoy.wait_until_stat_is(HELD, 0).await
}

fn bad(idp: &IdentityProvider, tokens: &Tokens) -> impl Fn(u64) -> Planned + Send + Sync + 'static {
    let (invented, key) = (invented(idp), idp.signing_key());
    let recipe = idp.token_v2(CONTOSO, AUDIENCE);
    let expired = recipe.clone().expires_in(-60).sign(&key);
    let another = recipe.clone().audience("another").sign(&key);
    let tokens = tokens.clone();
    move |number| {
        let planned = |kind, token: &str| Planned {
            kind,
            request: Request::get(&format!("/{kind}/{number}")).bearer(token),
        };
        match number % 4 {
            0 => planned("expired", &expired),
            1 => planned("another's", &another),
            2 => planned("spoilt", &tamper::flip_signature_bit(&tokens.pick(number), 9)),
            _ => invented(number),
        }
    }
}

/// Clients that leave without waiting for their answer.
async fn leave(to: std::net::SocketAddr, token: String) {
    let request = Request::get("/leaving").bearer(&token);
    let mut pause = tokio::time::interval(Duration::from_millis(200));
    loop {
        pause.tick().await;
        if let Ok(mut connection) = Connection::open(to).await {
            let _ = connection.write_head(&request).await;
        }
    }
}
