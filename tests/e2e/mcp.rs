//! The official client of the Model Context Protocol, from the challenge over the metadata to the provider and back
//! with a token: its Python SDK, a server written with it, and an authorization server, all in `tests/e2e/mcp`.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use validate_jwt_testbed::envoy::{Bootstrap, Cluster, Envoy, Listener, Options};
use validate_jwt_testbed::{Error, python, workspace};

use crate::lab::{REASON, filter};

/// The host is the proxy's: the client reaches it through Envoy, whatever Envoy's port.
const IDENTIFIER: &str = "http://mcp.example/mcp";

/// The server, the authorization server, and Envoy with the filter between.
struct World {
    python: PathBuf,
    _servers: Servers,
    envoy: Envoy,
    address: SocketAddr,
}

impl World {
    /// `arguments` are those of `servers.py`.
    async fn start(arguments: &[&str]) -> Result<Self, Error> {
        let requirements = script("requirements.txt");
        let python = tokio::task::spawn_blocking(move || python::environment("mcp", &requirements));
        let python = python.await.expect("no panic")?;
        let servers = Servers::start(&python, arguments)?;
        let listener = Listener::new("main").filter(filter(configuration(&servers)).await?);
        let bootstrap = Bootstrap::new()
            .cluster(Cluster::new("api", servers.mcp_server))
            .cluster(Cluster::new("idp", servers.authorization_server))
            .listener(listener);
        let envoy = Envoy::start(bootstrap, Options::default().component_log_level("wasm:debug")).await?;
        let address = envoy.address("main").await?;
        Ok(Self { python, _servers: servers, envoy, address })
    }

    /// What the client reports.
    async fn run_client(&self) -> Value {
        let mut client = Command::new(&self.python);
        client.arg("-B").arg(script("client.py")).args([
            IDENTIFIER,
            "--proxy",
            &format!("http://{}", self.address),
        ]);
        let output = tokio::task::spawn_blocking(move || client.output()).await.expect("no panic");
        let output = output.expect("the client runs");
        let told = String::from_utf8_lossy(&output.stderr);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{told}"))
    }
}

/// `servers.py`, which ends with its standard input.
struct Servers {
    child: Child,
    mcp_server: SocketAddr,
    authorization_server: SocketAddr,
}

impl Servers {
    fn start(python: &PathBuf, arguments: &[&str]) -> Result<Self, Error> {
        let mut command = Command::new(python);
        command
            .arg("-B")
            .arg(script("servers.py"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().map_err(Error::io("starting servers.py"))?;
        let mut line = String::new();
        let output = child.stdout.take().expect("standard output is a pipe");
        BufReader::new(output).read_line(&mut line).map_err(Error::io("reading from servers.py"))?;
        let told: Value = serde_json::from_str(&line).map_err(Error::http("starting servers.py"))?;
        let address =
            |name: &str| told[name].as_str().and_then(|text| text.parse().ok()).expect("an address");
        Ok(Self {
            child,
            mcp_server: address("mcp_server"),
            authorization_server: address("authorization_server"),
        })
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        // Both fail only where it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn script(name: &str) -> PathBuf {
    workspace::root().join("tests/e2e/mcp").join(name)
}

fn configuration(servers: &Servers) -> Value {
    let issuer = format!("http://{}", servers.authorization_server);
    json!({"validate_jwt": {
        "require_scheme": "Bearer",
        "openid_config": [{
            "url": format!("{issuer}/.well-known/oauth-authorization-server"),
            "cluster": "idp",
            "allow_http": true,
            "timeout": 60,
        }],
        "audiences": [IDENTIFIER],
        "token_types": ["at+jwt"],
        "authorize": {"scopes": {"all": ["notes.read"]}},
        "forward": {"token": "remove", "claims_to_headers": [{"claim": "sub", "header": "x-user-id"}]},
        "failure": {"reason_header": REASON},
        "resource": {"identifier": IDENTIFIER, "allow_http": true, "authorization_servers": [issuer]},
    }})
}

/// From a challenge to a token: metadata of the resource and of the authorization server, registration, token.
fn discovery() -> Vec<Value> {
    vec![
        json!(["GET", "/.well-known/oauth-protected-resource/mcp", 200]),
        json!(["GET", "/.well-known/oauth-authorization-server", 200]),
        json!(["POST", "/register", 201]),
        json!(["POST", "/token", 200]),
    ]
}

/// The first exchanges of a report.
#[track_caller]
fn assert_begins_with(report: &Value, expected: &[Value]) {
    let exchanges = report["exchanges"].as_array().expect("exchanges");
    assert_eq!(exchanges.get(..expected.len()), Some(expected), "{report:#}");
}

#[tokio::test]
async fn the_official_mcp_client_finds_its_way_from_the_challenge_to_a_token() -> Result<(), Error> {
    let world = World::start(&["--grant", "notes.read notes.write"]).await?;
    let report = world.run_client().await;
    let mut expected = vec![json!(["POST", "/mcp", 401])];
    expected.extend(discovery());
    expected.push(json!(["POST", "/mcp", 200]));
    assert_begins_with(&report, &expected);
    // What the challenge named, and the audience that the token has to have.
    assert_eq!(
        report["authorizations"],
        json!([{"resource": IDENTIFIER, "scope": "notes.read"}]),
        "{report:#}"
    );
    assert_eq!(report["tools"], json!(["whoami"]), "{report:#}");
    assert_eq!(report["result"], json!({"user": "alice", "authorization": null}), "{report:#}");
    assert_eq!(report["error"], Value::Null, "{report:#}");
    let (token, log) = (report["token"].as_str().expect("a token"), world.envoy.log());
    assert!(token.split('.').all(|part| !log.contains(part)), "the log holds the token:\n{log}");
    assert_eq!(world.envoy.stat("wasmcustom.validate_jwt.validate_jwt.rejected.token_not_present").await?, 1);
    Ok(())
}

#[tokio::test]
async fn the_official_mcp_client_comes_back_with_the_scope_that_it_was_told() -> Result<(), Error> {
    let world = World::start(&["--grant", "notes.write", "--grant", "notes.read notes.write"]).await?;
    let report = world.run_client().await;
    let mut expected = vec![json!(["POST", "/mcp", 401])];
    expected.extend(discovery());
    expected.extend([
        // The client has just authorized: it gives up the first message, and asks again for the second.
        json!(["POST", "/mcp", 403]),
        json!(["POST", "/mcp", 403]),
        json!(["POST", "/token", 200]),
        json!(["POST", "/mcp", 200]),
    ]);
    assert_begins_with(&report, &expected);
    assert_eq!(report["result"]["user"], json!("alice"), "{report:#}");
    Ok(())
}

#[tokio::test]
async fn the_official_mcp_client_stops_where_the_scope_or_the_audience_is_never_the_right_one()
-> Result<(), Error> {
    for (arguments, status, reason) in [
        (&["--grant", "notes.write"][..], 403, "insufficient_scope"),
        (&["--grant", "notes.read", "--audience", "http://other.example/mcp"], 401, "audience_not_allowed"),
    ] {
        let world = World::start(arguments).await?;
        let report = world.run_client().await;
        assert!(report["error"].is_string() && report["tools"].is_null(), "{report:#}");
        let exchanges = report["exchanges"].as_array().expect("exchanges");
        let calls: Vec<_> = exchanges.iter().filter(|exchange| exchange[1] == "/mcp").collect();
        assert_eq!(calls[0], &json!(["POST", "/mcp", 401]), "{report:#}");
        assert!(calls[1..].iter().all(|call| call[2] == status), "{report:#}");
        let refused = format!("wasmcustom.validate_jwt.validate_jwt.rejected.{reason}");
        assert!(world.envoy.stat(&refused).await? > 0, "{report:#}");
    }
    Ok(())
}
