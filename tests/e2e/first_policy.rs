//! The README's "First policy of your own": its commands as printed, for every provider of `docs/providers.md`.

use std::fs;

use serde_json::{Value, json};
use validate_jwt_testbed::client::Request;
use validate_jwt_testbed::echo::EchoApi;
use validate_jwt_testbed::envoy::{self, Envoy, Options};
use validate_jwt_testbed::identity_provider::IdentityProvider;
use validate_jwt_testbed::{Error, workspace};

use crate::checkout::Checkout;

#[tokio::test]
async fn envoy_takes_what_comes_out_for_every_provider_of_the_page() -> Result<(), Error> {
    let checkout = Checkout::new("providers").await?;
    let binary = tokio::task::spawn_blocking(envoy::find).await.expect("no panic")?;
    let validate = format!("'{}' --mode validate --config-path my-envoy.yaml", binary.display());
    let configurations = blocks("docs/providers.md", "json validate-jwt");
    assert!(configurations.len() > 10, "{configurations:?}");
    for configuration in configurations {
        let configuration: Value = serde_json::from_str(&configuration).expect("JSON");
        make(&checkout, &configuration);
        checkout.run(&validate, &[]);
    }
    Ok(())
}

#[tokio::test]
async fn a_first_policy_ends_with_401_and_200() -> Result<(), Error> {
    let (idp, api) = (IdentityProvider::start()?, EchoApi::start()?);
    let checkout = Checkout::new("first-policy").await?;
    let here = |text: &str| text.replace("http://127.0.0.1:8081", idp.url("").trim_end_matches('/'));
    let policy = blocks("docs/providers.md", "json validate-jwt").pop().expect("one to try with");
    make(&checkout, &serde_json::from_str(&here(&policy)).expect("JSON"));
    let mut made: Value = yaml_serde::from_str(&checkout.read("my-envoy.yaml")).expect("YAML");
    let at = |port: u16| json!({"socket_address": {"address": "127.0.0.1", "port_value": port}});
    made["admin"]["address"] = at(0);
    made["static_resources"]["listeners"][0]["address"] = at(0);
    let clusters = made["static_resources"]["clusters"].as_array_mut().expect("clusters");
    let cluster = clusters.iter_mut().find(|cluster| cluster["name"] == "api").expect("the API's");
    let endpoint = &mut cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["address"];
    assert_eq!(*endpoint, at(8082));
    *endpoint = at(api.address().port());
    let envoy = Envoy::start(made, Options::default()).await?;
    let address = envoy.address("api").await?;
    let [provider, ask] = blocks("docs/providers.md", "sh stand-in").try_into().expect("two blocks");
    assert_eq!(provider, "cargo run --bin identity-provider -- --listen 127.0.0.1:8081 &\n");
    let token = checkout.run(&format!("{}\nprintf %s \"$TOKEN\"", here(&ask)), &[]);
    assert_eq!(Request::get("/orders").send(address).await?.status, 401);
    assert_eq!(Request::get("/orders").bearer(&token).send(address).await?.status, 200);
    Ok(())
}

#[test]
fn what_is_run_in_the_end_is_the_envoy_that_the_demonstration_fetches() {
    let block = blocks("README.md", "sh provider").remove(0);
    let run = format!("target/envoy/{}/envoy/_bin/envoy --config-path my-envoy.yaml", envoy::DEFAULT_VERSION);
    assert_eq!(block.lines().next_back(), Some(run.as_str()));
    let api = "cargo run --bin echo-api -- --listen 127.0.0.1:8082 &";
    assert_eq!(block.lines().rev().nth(1), Some(api));
}

/// Runs the README's commands up to those that start something, with the module and the command line program at hand.
fn make(checkout: &Checkout, configuration: &Value) {
    let written = validate_jwt_cli::write("envoy", configuration).expect("it is written");
    checkout.write("written.yaml", &written);
    let block = blocks("README.md", "sh provider").remove(0);
    let (making, _) = block.split_once("cargo run --bin echo-api").expect("the API");
    checkout.run(&format!("{CARGO}\n{making}"), &[]);
    let made = checkout.read("my-envoy.yaml");
    for left in ["filename: /etc/envoy/", "socket_address: { address: api.internal.example"] {
        assert!(!made.contains(left), "{left}");
    }
}

/// In Cargo's place: what it would build is there.
const CARGO: &str = r#"cargo() {
  case "$*" in
    wasm | "run --bin validate-jwt -- check policy.json") ;;
    "run --bin validate-jwt -- convert --to envoy policy.json") cat written.yaml ;;
    *) exit 1 ;;
  esac
}"#;

fn blocks(document: &str, mark: &str) -> Vec<String> {
    let text = fs::read_to_string(workspace::root().join(document)).expect(document);
    let start = format!("\n```{mark}\n");
    let found = text.split(&start).skip(1).filter_map(|rest| rest.split("```").next());
    found.map(str::to_owned).collect()
}
