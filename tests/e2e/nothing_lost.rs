//! Nothing is lost by waiting or by changing: providers that come late, and configurations that change.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use validate_jwt_testbed::Error;
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::echo::EchoApi;
use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options};
use validate_jwt_testbed::identity_provider::{CONTOSO, IdentityProvider, paths};
use validate_jwt_testbed::load::{Load, Planned, Tally};

use crate::lab::{AUDIENCE, Lab, REASON, entra, filter, with};

/// The filter's own `max_wait` is six seconds; here it leaves room for a machine that is busy.
const PATIENT: u64 = 30;

const KEY_SET: &str = "wasmcustom.validate_jwt.keys.127_0_0_1.key_set";

const USABLE: &str = "wasmcustom.validate_jwt.keys.127_0_0_1.usable";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_two_seconds_later_than_the_proxy_costs_no_caller_a_503() -> Result<(), Error> {
    for workers in [1, 4] {
        let idp = IdentityProvider::start()?;
        let configuration = with(entra(&idp, &json!({})), &json!({"key_refresh": {"max_wait": PATIENT}}));
        idp.stop().await?;
        let lab = Lab::around(idp, workers, configuration).await?;
        let load = good_load(lab.address, lab.token());
        // Two of the filter's own attempts fail in this time, by the clock of the filter's pauses.
        lab.envoy.wait_for_stat("wasmcustom.validate_jwt.keys.127_0_0_1.fetch_failure", 3).await?;
        lab.idp.restart()?;
        lab.envoy.wait_for_stat(USABLE, 1).await?;
        let tally = load.stop().await;
        println!("{workers} workers: {:?}", tally.all());
        assert_only_passed(&tally);
        lab.assert_alive().await?;
    }
    Ok(())
}

/// A name that cannot be resolved is a cluster without a host: the proxy sends no callout at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_server_that_is_silent_at_first_costs_no_caller_a_503() -> Result<(), Error> {
    let (idp, api) = (IdentityProvider::start()?, EchoApi::start()?);
    let name_server = SilentNameServer::start();
    let configuration = with(entra(&idp, &json!({})), &json!({"key_refresh": {"max_wait": PATIENT}}));
    let token = idp.token_v2(CONTOSO, AUDIENCE).sign(&idp.signing_key());
    let cluster = name_server.cluster("idp", idp.address());
    let bootstrap = Bootstrap::new()
        .cluster(Cluster::new("api", api.address()))
        .cluster(cluster)
        .listener(Listener::new("main").filter(filter(configuration).await?));
    let envoy = Envoy::start(bootstrap, Options::default().component_log_level("wasm:debug")).await?;
    let load = good_load(envoy.address("main").await?, token);
    envoy.wait_for_log("the proxy could not send the request").await?;
    envoy.wait_for_stat("wasmcustom.validate_jwt.keys.127_0_0_1.fetch_failure", 2).await?;
    name_server.speak();
    envoy.wait_for_stat(USABLE, 1).await?;
    let tally = load.stop().await;
    println!("{:?}", tally.all());
    assert_only_passed(&tally);
    Ok(())
}

#[tokio::test]
async fn a_changed_configuration_keeps_the_keys_while_the_provider_is_down() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    let url = idp.url(&paths::discovery_v2(CONTOSO));
    let issuer = idp.token_v2(CONTOSO, AUDIENCE).claims()["iss"].clone();
    let provider = |more: Value| {
        let mut provider = json!({"url": url, "cluster": "idp", "allow_http": true});
        for (name, value) in more.as_object().into_iter().flatten() {
            provider[name] = value.clone();
        }
        json!([provider])
    };
    let configuration =
        |providers: Value, more: Value| with(entra(&idp, &json!({"openid_config": providers})), &more);
    let short = json!({"key_refresh": {"max_stale": 2, "interval": 1}});
    let changes = [
        ("max_stale", provider(json!({})), json!({"key_refresh": {"max_stale": 7200, "interval": 1}})),
        ("interval", provider(json!({})), json!({"key_refresh": {"max_stale": 7200, "interval": 600}})),
        ("limits.keys", provider(json!({})), json!({"limits": {"keys": 50}})),
        ("limits.document_bytes", provider(json!({})), json!({"limits": {"document_bytes": 100_000}})),
        ("timeout", provider(json!({"timeout": 2})), json!({})),
        ("issuer", provider(json!({"issuer": issuer})), json!({})),
        ("key_ttl", provider(json!({})), json!({"key_refresh": {"key_ttl": 3600}})),
    ];
    let api = EchoApi::start()?;
    let bootstrap = Bootstrap::new()
        .dynamic_listeners()
        .cluster(Cluster::new("api", api.address()))
        .cluster(Cluster::new("idp", idp.address()));
    let options = Options::default().component_log_level("wasm:debug").drain_time(Duration::from_secs(1));
    let envoy = Envoy::start(bootstrap, options).await?;
    let request = Request::get("/").bearer(&idp.token_v2(CONTOSO, AUDIENCE).sign(&idp.signing_key()));
    let listener = async |configuration: Value| {
        Ok::<_, Error>(Listener::new("main").filter(filter(configuration).await?))
    };
    envoy.update_listeners([listener(configuration(provider(json!({})), short)).await?]).await?;
    assert_eq!(request.send(envoy.address("main").await?).await?.status, 200);
    idp.stop().await?;
    envoy.wait_for_log("the keys at hand are too old to serve").await?;
    for (what, providers, more) in changes {
        envoy.update_listeners([listener(configuration(providers, more)).await?]).await?;
        let answer = request.send(envoy.address("main").await?).await?;
        assert_eq!(answer.status, 200, "{what}: {:?}", answer.header(REASON));
    }
    Ok(())
}

#[tokio::test]
async fn what_is_said_at_load_is_said_once_for_all_vms() -> Result<(), Error> {
    let lab = Lab::with_workers(4, |idp| {
        let mut configuration = entra(idp, &json!({}));
        configuration["validate_jwt"].as_object_mut().expect("an object").remove("audiences");
        configuration
    })
    .await?;
    assert_eq!(lab.verdict(&lab.token()).await?.0, 200);
    let log = lab.envoy.log();
    for line in
        ["no audiences: tokens for any audience", "1 policies, 1 providers", "signatures: the proxy verifies"]
    {
        let said = log.lines().filter(|logged| logged.contains(line)).count();
        assert_eq!(said, 1, "{line:?} in\n{log}");
    }
    Ok(())
}

#[tokio::test]
async fn the_age_of_keys_that_never_came_is_counted_from_loading() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    let configuration = entra(&idp, &json!({}));
    idp.stop().await?;
    let lab = Lab::around(idp, 1, configuration).await?;
    lab.envoy.wait_for_stat("wasmcustom.validate_jwt.keys.127_0_0_1.age_seconds", 2).await?;
    assert_eq!(lab.envoy.stat(USABLE).await?, 0);
    Ok(())
}

#[tokio::test]
async fn proxies_that_hold_the_same_keys_show_the_same_key_set() -> Result<(), Error> {
    let idp = IdentityProvider::start()?;
    let configuration = entra(&idp, &json!({}));
    let one = Lab::around(idp, 2, configuration.clone()).await?;
    let bootstrap = Bootstrap::new()
        .cluster(Cluster::new("api", one.api.address()))
        .cluster(Cluster::new("idp", one.idp.address()))
        .listener(Listener::new("main").filter(filter(configuration).await?));
    let other = Envoy::start(bootstrap, Options::default()).await?;
    one.envoy.wait_for_stat(KEY_SET, 1).await?;
    let before = one.envoy.stat(KEY_SET).await?;
    other.wait_until_stat_is(KEY_SET, before).await?;
    one.idp.rotate_now();
    assert_eq!(one.verdict(&one.token()).await?.0, 200);
    assert_ne!(one.envoy.stat(KEY_SET).await?, before);
    one.envoy.wait_for_histogram("wasmcustom.validate_jwt.keys.127_0_0_1.fetch_milliseconds").await?;
    Ok(())
}

/// Fifty good requests a second.
fn good_load(address: SocketAddr, token: String) -> Load {
    Load::start(address, 50, move |number| Planned {
        kind: "good",
        request: Request::get(&format!("/{number}")).bearer(&token),
    })
}

#[track_caller]
fn assert_only_passed(tally: &Tally) {
    assert_eq!(tally.all_but("good", 200, ""), []);
    assert!(tally.count_of("good", 200) > 0);
}

/// A name server that answers no question until it is told to.
struct SilentNameServer {
    address: SocketAddr,
    speaking: Arc<AtomicBool>,
}

impl SilentNameServer {
    fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let address = socket.local_addr().expect("bound");
        let speaking = Arc::new(AtomicBool::new(false));
        let spoken = speaking.clone();
        std::thread::spawn(move || {
            let mut question = [0; 512];
            // Ends with the process.
            while let Ok((length, from)) = socket.recv_from(&mut question) {
                if spoken.load(Ordering::Relaxed)
                    && let Some(answer) = loopback(&question[..length])
                {
                    let _ = socket.send_to(&answer, from);
                }
            }
        });
        Self { address, speaking }
    }

    fn speak(&self) {
        self.speaking.store(true, Ordering::Relaxed);
    }

    /// A cluster whose only host has to be asked for here.
    fn cluster(&self, name: &str, host: SocketAddr) -> Cluster {
        let at = |address: SocketAddr| json!({"socket_address": {"address": address.ip().to_string(), "port_value": address.port()}});
        Cluster::from_document(json!({
            "name": name,
            "type": "STRICT_DNS",
            "connect_timeout": "2s",
            "dns_lookup_family": "V4_ONLY",
            "dns_failure_refresh_rate": {"base_interval": "0.2s", "max_interval": "0.2s"},
            "typed_dns_resolver_config": {
                "name": "envoy.network.dns_resolver.cares",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
                    "resolvers": [at(self.address)],
                    "query_timeout_seconds": 1,
                    "query_tries": 1,
                    "dns_resolver_options": {"no_default_search_domain": true},
                },
            },
            "load_assignment": {
                "cluster_name": name,
                "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {"socket_address": {
                    "address": "idp.test", "port_value": host.port(),
                }}}}]}],
            },
        }))
    }
}

/// The answer "127.0.0.1" to a question (RFC 1035, 4).
fn loopback(question: &[u8]) -> Option<Vec<u8>> {
    let name = question.get(12..)?;
    let end = 12 + name.iter().position(|byte| *byte == 0)? + 5;
    let mut answer = question.get(..end)?.to_vec();
    let kind = question.get(end - 4..end - 2)?;
    let is_address = kind == [0, 1];
    // A response without error; one answer, or none to what is not asked for an IPv4 address; nothing else.
    answer[2..4].copy_from_slice(&[0x81, 0x80]);
    answer[6..12].copy_from_slice(&[0, u8::from(is_address), 0, 0, 0, 0]);
    if is_address {
        // The name of the question; class IN; a minute; four bytes.
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    }
    Some(answer)
}
