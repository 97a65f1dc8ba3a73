//! Every Envoy file of the repository, as Envoy itself judges it: `--mode validate` runs the filter's own checks too.

use std::fs;
use std::process::{self, Command};

use serde_json::{Value, json};
use validate_jwt_testbed::identity_provider::IdentityProvider;
use validate_jwt_testbed::{Error, build, envoy, kustomize, workspace};

use crate::lab::{Lab, entra};

#[test]
fn envoy_accepts_the_file_of_demo_and_compose() -> Result<(), Error> {
    assert_valid("envoy", &read("envoy.yaml"))
}

#[test]
fn envoy_accepts_every_envoy_file_of_deploy() -> Result<(), Error> {
    let folder = fs::read_dir(workspace::root().join("deploy")).expect("deploy/ is there");
    let mut count = 0;
    for entry in folder {
        let entry = entry.expect("an entry");
        if entry.path().is_dir() {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        let text = read(&format!("deploy/{name}"));
        if is_envoys(&text) {
            assert_valid(&name, &text)?;
            count += 1;
        }
    }
    assert!(count > 0, "no Envoy file in deploy/");
    Ok(())
}

/// What Istio and Envoy Gateway make of an overlay, as far as the overlay says it: the filter, its cluster, and what the
/// connection manager has to do.
#[test]
fn envoy_accepts_what_every_overlay_for_kubernetes_asks_of_it() -> Result<(), Error> {
    for (name, resources) in kustomize::overlays()? {
        let of_kind = |kind: &str| {
            resources.iter().find(|resource| resource["kind"] == kind).map(|found| &found["spec"])
        };
        let mut manager = json!({
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "api",
            "route_config": {"virtual_hosts": [{"name": "api", "domains": ["*"],
                "routes": [{"match": {"prefix": "/"}, "direct_response": {"status": 200}}]}]},
        });
        if let Some(filter) = of_kind("EnvoyFilter") {
            let patch = &filter["configPatches"][0]["patch"]["value"]["typed_config"];
            patch
                .as_object()
                .expect("an object")
                .iter()
                .for_each(|(field, value)| manager[field] = value.clone());
        }
        let istios = of_kind("WasmPlugin").or_else(|| of_kind("TrafficExtension").map(|spec| &spec["wasm"]));
        let gateways = || &of_kind("EnvoyExtensionPolicy").expect("a filter")["wasm"][0];
        let (configuration, failure) = match istios {
            Some(plugin) => (&plugin["pluginConfig"], plugin["failStrategy"].clone()),
            None => (&gateways()["config"], json!("FAIL_CLOSED")),
        };
        manager["http_filters"] = json!([
            {"name": "validate_jwt", "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
                "config": {
                    "failure_policy": failure,
                    "vm_config": {"runtime": "envoy.wasm.runtime.v8", "code": {"local": {"filename": MODULE}}},
                    "configuration": {
                        "@type": "type.googleapis.com/google.protobuf.StringValue",
                        "value": configuration.to_string(),
                    },
                },
            }},
            {"name": "envoy.filters.http.router", "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}},
        ]);
        let cluster = match of_kind("EnvoyPatchPolicy") {
            Some(policy) => policy["jsonPatches"][0]["operation"]["value"].clone(),
            None => istios_cluster(
                of_kind("ServiceEntry").expect("the provider"),
                of_kind("DestinationRule").expect("its TLS"),
            ),
        };
        let bootstrap = json!({"static_resources": {
            "listeners": [{
                "name": "api",
                "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
                "filter_chains": [{"filters": [
                    {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}],
            }],
            "clusters": [cluster],
        }});
        assert_valid(&name.replace('/', "-"), &bootstrap.to_string())?;
    }
    Ok(())
}

/// The cluster that Istio makes of a `ServiceEntry`'s first port and a `DestinationRule`.
fn istios_cluster(entry: &Value, rule: &Value) -> Value {
    let (host, port) = (&entry["hosts"][0], &entry["ports"][0]);
    let tls = &rule["trafficPolicy"]["portLevelSettings"][0]["tls"];
    let names: Vec<Value> = tls["subjectAltNames"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|name| json!({"san_type": "DNS", "matcher": {"exact": name}}))
        .collect();
    assert_eq!(host, &rule["host"]);
    json!({
        "name": format!("outbound|{}||{}", port["number"], host.as_str().expect("a host")),
        "type": "STRICT_DNS",
        "load_assignment": {"cluster_name": "entra", "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {
            "socket_address": {"address": host, "port_value": port["targetPort"]}}}}]}]},
        "transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
            "sni": tls["sni"],
            "common_tls_context": {"validation_context": {
                "trusted_ca": {"filename": tls["caCertificates"]}, "match_typed_subject_alt_names": names}},
        }},
    })
}

#[test]
fn envoy_accepts_the_china_variant() -> Result<(), Error> {
    let text = read("deploy/envoy-entra.yaml");
    let (rest, cluster) = text.split_once("    # Azure China (21Vianet).\n").expect("the variant's cluster");
    let lines: Vec<String> = cluster.lines().map(|line| line.replacen("# ", "", 1)).collect();
    let cluster = lines.join("\n") + "\n";
    let china =
        rest.replace("\"https://login.microsoftonline.com/", "\"https://login.partner.microsoftonline.cn/");
    assert_valid(
        "china",
        &format!("{}{cluster}", china.replace("\"cluster\": \"entra\"", "\"cluster\": \"entra_china\"")),
    )
}

#[test]
fn envoy_accepts_every_whole_file_of_the_documents() -> Result<(), Error> {
    for name in ["README.md", "docs/configuration.md", "docs/run-in-a-cluster.md"] {
        let text = read(name);
        for (at, block) in text.split("\n```yaml").skip(1).enumerate() {
            let block = block.split("\n```").next().unwrap_or(block);
            let (_, block) = block.split_once('\n').unwrap_or_default();
            if is_envoys(block) {
                assert_valid(&format!("{}-{at}", name.replace('/', "-")), block)?;
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_startup_probe_of_the_documents_waits_for_keys() -> Result<(), Error> {
    let page = read("docs/run-in-a-cluster.md");
    let (_, block) = page.split_once("```yaml probe\n").expect("the probe");
    let (block, _) = block.split_once("```").expect("its end");
    let probe: Value = yaml_serde::from_str(block).expect("YAML");
    let command: Vec<String> =
        serde_json::from_value(probe["startupProbe"]["exec"]["command"].clone()).expect("texts");
    let idp = IdentityProvider::start()?;
    let configuration = entra(&idp, &json!({}));
    idp.stop().await?;
    let lab = Lab::around(idp, 1, configuration).await?;
    let port = lab.envoy.admin_address().port().to_string();
    let ready = || {
        let words = command.iter().map(|word| word.replace("9901", &port)).collect::<Vec<_>>();
        Command::new(&words[0]).args(&words[1..]).status().expect("bash runs").success()
    };
    lab.envoy.wait_for_stat("wasmcustom.validate_jwt.keys.127_0_0_1.fetch_failure", 1).await?;
    assert!(!ready(), "without keys");
    lab.idp.restart()?;
    lab.envoy.wait_for_stat("wasmcustom.validate_jwt.keys.127_0_0_1.usable", 1).await?;
    assert!(ready(), "with keys");
    Ok(())
}

#[test]
fn envoy_accepts_what_convert_writes_for_it() -> Result<(), Error> {
    let provider = |url: &str| json!({"url": url, "allow_http": true});
    let url = |origin: &str| format!("{origin}/.well-known/openid-configuration");
    let of =
        |entries: Vec<Value>| json!({"validate_jwt": {"openid_config": entries, "audiences": ["orders"]}});
    for (name, configuration) in [
        (
            "tenant",
            json!({"validate_azure_ad_token": {"tenant_id": "organizations", "audiences": ["orders"]}}),
        ),
        (
            "hosts",
            of(vec![
                provider(&url("https://login.acme.io")),
                provider(&url("https://id.acme.io:8443")),
                provider(&url("http://idp:8081")),
                provider(&url("https://10.0.0.7")),
                provider(&url("https://[fd00::7]:8443")),
                provider(&url("https://accounts.google.com")),
            ]),
        ),
        (
            "no-provider",
            json!({"validate_jwt": {"audiences": ["orders"], "issuer_signing_keys": [
                {"key": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}
            ]}}),
        ),
    ] {
        let written = validate_jwt_cli::write("envoy", &configuration).expect(name);
        assert_valid(&format!("written-{name}"), &written)?;
    }
    Ok(())
}

/// Asserts that Envoy takes a configuration whose module is the one just built.
fn assert_valid(name: &str, text: &str) -> Result<(), Error> {
    let module = build::filter_module()?;
    assert!(text.contains(MODULE), "{name}: no filter that loads {MODULE}");
    let file = workspace::target().join(format!("validate-{}-{name}.yaml", process::id()));
    fs::write(&file, text.replace(MODULE, &module.to_string_lossy()))
        .expect("the target folder can be written");
    let mut command = Command::new(envoy::find()?);
    let output = command.args(["--mode", "validate", "--config-path"]).arg(&file).output();
    let output = output.expect("Envoy starts");
    // Only a failure is worth keeping the file for.
    assert!(output.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&output.stderr));
    let _ = fs::remove_file(&file);
    Ok(())
}

/// Whether this is a whole bootstrap file.
fn is_envoys(text: &str) -> bool {
    text.lines().any(|line| line == "static_resources:")
}

fn read(name: &str) -> String {
    fs::read_to_string(workspace::root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

const MODULE: &str = "/etc/envoy/validate_jwt.wasm";
