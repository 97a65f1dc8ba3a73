//! `docs/entra.md` from the module on: its commands as printed, the file that they make, and the calls to it, with a
//! provider that answers under Microsoft's name in Microsoft's place.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use validate_jwt_testbed::echo::EchoApi;
use validate_jwt_testbed::envoy::{self, Envoy, Options};
use validate_jwt_testbed::identity_provider::{CONTOSO, IdentityProvider, Names};
use validate_jwt_testbed::{Error, workspace};

use crate::checkout::Checkout;
use crate::lab::AUDIENCE;

/// One who has registered an API and a client.
const REGISTERED: [(&str, &str); 6] = [
    ("TENANT", CONTOSO),
    ("API", AUDIENCE),
    ("CLIENT", "orders-client"),
    ("SECRET", "a+b&c=d"),
    ("TENANT_ID", CONTOSO),
    ("API_ID", AUDIENCE),
];

/// What the page makes of `deploy/envoy-entra.yaml`.
fn made(checkout: &Checkout) -> String {
    // The module is there.
    let script = format!("cargo() {{ [ \"$*\" = wasm ]; }}\n{}", blocks("sh entra")[0]);
    checkout.run(&script, &REGISTERED);
    checkout.read("envoy-entra.yaml")
}

#[tokio::test]
async fn the_first_hour_ends_with_401_and_200() -> Result<(), Error> {
    let checkout = Checkout::new("call").await?;
    let mut document: Value = yaml_serde::from_str(&made(&checkout)).expect("YAML");
    let names = Names::of_cloud("login.microsoftonline.com", "sts.windows.net");
    let idp = IdentityProvider::start_on(([127, 0, 0, 1], 0).into(), names)?;
    let api = EchoApi::start()?;
    let at = |port: u16| json!({"socket_address": {"address": "127.0.0.1", "port_value": port}});
    document["admin"]["address"] = at(0);
    document["static_resources"]["listeners"][0]["address"] = at(0);
    for (cluster, port) in [("api", api.address().port()), ("entra", idp.address().port())] {
        let clusters = document["static_resources"]["clusters"].as_array_mut().expect("clusters");
        let found = clusters.iter_mut().find(|found| found["name"] == cluster).expect(cluster);
        // The stand-in speaks no TLS.
        found.as_object_mut().expect("a cluster").remove("transport_socket");
        found["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["address"] = at(port);
    }
    let envoy = Envoy::start(document, Options::default()).await?;
    let address = envoy.address("api").await?;
    let call = blocks("sh call")[0]
        .replace("http://localhost:8080/", &format!("http://{address}/"))
        .replace("https://login.microsoftonline.com/", &format!("http://{}/", idp.address()));
    let answers =
        tokio::task::spawn_blocking(move || checkout.run(&call, &REGISTERED)).await.expect("no panic");
    // A body need not end with a line's end.
    let statuses = answers.split("HTTP/1.1 ").skip(1).filter_map(|answer| answer.lines().next());
    let statuses: Vec<&str> = statuses.map(str::trim).collect();
    assert_eq!(statuses, ["401 Unauthorized", "200 OK"], "{answers}");
    assert!(answers.contains("www-authenticate: Bearer"), "{answers}");
    assert_eq!(api.last().map(|seen| seen.path).as_deref(), Some("/orders"));
    Ok(())
}

#[tokio::test]
async fn nothing_of_the_example_is_left_and_envoy_takes_what_comes_out() -> Result<(), Error> {
    let checkout = Checkout::new("validate").await?;
    let text = made(&checkout);
    assert!(text.contains("address: 127.0.0.1, port_value: 8082"), "{text}");
    assert_is_mine(&text);
    let commands = &blocks("sh entra")[1];
    let shown = format!("ENVOY=target/envoy/{}/envoy/_bin/envoy\n", envoy::DEFAULT_VERSION);
    assert!(commands.starts_with(&shown), "{commands}");
    let binary = tokio::task::spawn_blocking(envoy::find).await.expect("no panic")?;
    let validate = commands.lines().nth(1).expect("a second command");
    assert!(validate.contains("--mode validate"), "{validate}");
    checkout.run(&format!("ENVOY='{}'\n{validate}", binary.display()), &REGISTERED);
    Ok(())
}

#[tokio::test]
async fn the_compose_file_makes_the_same_of_the_environment() -> Result<(), Error> {
    let file = workspace::root().join("deploy/entra/docker-compose.yml");
    let file: Value = yaml_serde::from_str(&fs::read_to_string(file).expect("it is there")).expect("YAML");
    let envoy_service = &file["services"]["envoy"];
    assert_eq!(envoy_service["entrypoint"], json!(["bash", "-euc"]));
    assert_eq!(envoy_service["volumes"], json!(["../envoy-entra.yaml:/etc/envoy/envoy-entra.yaml:ro"]));
    for (name, setting) in envoy_service["environment"].as_object().expect("variables") {
        let setting = setting.as_str().expect("a text");
        assert!(setting.starts_with(&format!("${{{name}:?")), "{setting}: without it nothing starts");
        let env = blocks("sh compose entra")[0].clone();
        assert!(env.contains(&format!("{name}=%s")), "{name}: {env}");
    }
    let checkout = Checkout::new("compose").await?;
    let command = envoy_service["command"][0].as_str().expect("a script").replace("$$", "$");
    let here = |path: &str| checkout.path().join(path).display().to_string();
    let command = command
        .replace("/etc/envoy/envoy-entra.yaml", &here("deploy/envoy-entra.yaml"))
        .replace("/tmp/envoy-entra.yaml", &here("made.yaml"));
    // What it ends with is Envoy.
    let told = checkout.run(&command.replace("exec envoy", "echo envoy"), &REGISTERED);
    assert_eq!(told.trim(), format!("envoy --config-path {}", here("made.yaml")));
    let written = checkout.read("made.yaml");
    let module = here("target/wasm32-wasip1/module/validate_jwt.wasm");
    let placed = written.replace("/etc/envoy/validate_jwt.wasm", &module);
    assert_is_mine(&placed);
    let api = placed.replace("address: api, port_value: 8082", "address: 127.0.0.1, port_value: 8082");
    assert_eq!(api, made(&checkout).replace(&link(checkout.path()), &checkout.path().display().to_string()));
    Ok(())
}

/// The folder as a shell in it names it.
fn link(folder: &Path) -> String {
    fs::canonicalize(folder).expect("it is there").display().to_string()
}

fn assert_is_mine(text: &str) {
    for example in ["aaaabbbb-", "00001111-", "api.internal.example", "/etc/envoy/validate_jwt.wasm"] {
        // What the head of the file says of them stays.
        let left = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .find(|line| line.contains(example));
        assert_eq!(left, None, "{example}");
    }
}

/// The page's blocks of a kind.
fn blocks(mark: &str) -> Vec<String> {
    let page = fs::read_to_string(workspace::root().join("docs/entra.md")).expect("docs/entra.md");
    let start = format!("\n```{mark}\n");
    let found = page.split(&start).skip(1).filter_map(|rest| rest.split("```").next());
    let found: Vec<String> = found.map(str::to_owned).collect();
    assert!(!found.is_empty(), "{mark}");
    found
}
