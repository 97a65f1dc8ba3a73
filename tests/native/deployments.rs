//! `deploy/` for Kubernetes: every overlay, built as `kubectl kustomize` builds it, has only fields that the kinds have, and
//! protects what it says that it protects.

mod page;
mod variants;

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use validate_jwt::config::Config;
use validate_jwt_testbed::{kustomize, workspace};

/// The fields of a kind that are used here, from its definition: Istio's API as of 1.30, Envoy Gateway's as of 1.9.
struct Kind {
    api_version: &'static str,
    name: &'static str,
    /// Paths below the document; `[]` stands for every item of a list, `*` for whatever stands there.
    fields: &'static [&'static str],
}

#[test]
fn every_overlay_has_only_fields_that_its_kinds_have() {
    for (name, resources) in overlays() {
        for resource in &resources {
            let kind = KINDS.iter().find(|kind| resource["kind"] == kind.name).unwrap_or_else(|| {
                panic!("{name}: {} is no kind that is known here", resource["kind"]);
            });
            assert_eq!(resource["apiVersion"], kind.api_version, "{name}: {}", kind.name);
            for path in paths(resource) {
                let known = COMMON.iter().chain(kind.fields).any(|field| allows(field, &path));
                assert!(known, "{name}: {} has no {path}", kind.name);
            }
        }
    }
}

#[test]
fn every_value_of_an_enumeration_is_one_of_it() {
    for (name, resources) in overlays() {
        for resource in &resources {
            for (field, allowed) in ENUMERATIONS {
                for value in values(resource, field) {
                    assert!(
                        allowed.contains(&value.as_str().unwrap_or_default()),
                        "{name}: {field} is {value}"
                    );
                }
            }
        }
    }
}

#[test]
fn nothing_passes_unchecked_when_the_module_or_its_sandbox_fails() {
    for (name, resources) in overlays() {
        for plugin in plugins(&resources) {
            match plugin["kind"].as_str() {
                Some("EnvoyExtensionPolicy") => {
                    assert_eq!(plugin["spec"]["wasm"][0]["failOpen"], false, "{name}");
                }
                _ => assert_eq!(loaded(plugin)["failStrategy"], "FAIL_RELOAD", "{name}"),
            }
        }
    }
}

#[test]
fn headers_with_underscores_meet_a_second_wall_in_every_overlay() {
    for (name, resources) in overlays() {
        let text = Value::from(resources).to_string();
        let walls = [
            r#""headers_with_underscores_action":"REJECT_REQUEST""#,
            r#""withUnderscoresAction":"RejectRequest""#,
        ];
        assert!(walls.iter().any(|wall| text.contains(wall)), "{name}: headers with underscores pass");
    }
}

#[test]
fn every_image_is_pinned_by_its_digest() {
    for (name, resources) in overlays() {
        for plugin in plugins(&resources) {
            let pinned = match plugin["kind"].as_str() {
                Some("EnvoyExtensionPolicy") => &plugin["spec"]["wasm"][0]["code"]["image"]["sha256"],
                _ => &loaded(plugin)["sha256"],
            };
            let digest = pinned.as_str().unwrap_or_default();
            assert!(
                digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{name}: {pinned}"
            );
        }
    }
}

/// Istio takes a gateway for a client, a waypoint for a server that heeds `targetRefs` alone; a plugin that selects nothing is
/// no error to it.
#[test]
fn every_plugin_of_istio_selects_the_proxies_that_its_overlay_is_for() {
    for (overlay, modes, place, context) in [
        ("gateway", vec!["CLIENT"], "selector", "GATEWAY"),
        ("sidecar", vec!["SERVER"], "selector", "SIDECAR_INBOUND"),
        ("traffic-extension", vec!["SERVER"], "selector", "SIDECAR_INBOUND"),
        ("waypoint", vec![], "targetRefs", "SIDECAR_INBOUND"),
    ] {
        let resources = built(&workspace::root().join("deploy/istio/overlays").join(overlay));
        let plugin = &plugins(&resources)[0]["spec"];
        let found: Vec<&Value> = plugin["match"].as_array().into_iter().flatten().collect();
        assert_eq!(found.iter().map(|entry| &entry["mode"]).collect::<Vec<_>>(), modes, "{overlay}");
        assert!(found.iter().all(|entry| entry["ports"].is_null()), "{overlay}: other ports are left open");
        for name in ["selector", "targetRefs"] {
            assert_eq!(plugin[name].is_null(), name != place, "{overlay}: {name}");
        }
        // The second wall stands in the same proxies.
        let wall =
            &resources.iter().find(|resource| resource["kind"] == "EnvoyFilter").expect("a wall")["spec"];
        assert_eq!(wall["configPatches"][0]["match"]["context"], context, "{overlay}");
        assert_eq!(wall["targetRefs"], plugin["targetRefs"], "{overlay}");
        assert_eq!(wall["workloadSelector"]["labels"], plugin["selector"]["matchLabels"], "{overlay}");
    }
    // Those that only report select what the others do.
    let refuses = |name: &str| name.starts_with("deploy/istio/") && !name.ends_with("-report-only");
    let listed = overlays().iter().filter(|(name, _)| refuses(name)).count();
    assert_eq!(listed, 4, "an overlay that nothing is said of");
}

/// To Envoy Gateway a target is in the policy's own namespace, and one that is not there is no error.
#[test]
fn every_policy_of_envoy_gateway_is_in_the_namespace_of_what_it_targets() {
    for (overlay, route, gateway) in
        [("route", "orders", "orders"), ("shared-gateway", "orders", "gateways"), ("gateway", "", "orders")]
    {
        for resource in built(&workspace::root().join("deploy/envoy-gateway/overlays").join(overlay)) {
            let spec = &resource["spec"];
            let target = spec["targetRefs"].get(0).unwrap_or(&spec["targetRef"]);
            let place = if target["kind"] == "HTTPRoute" { route } else { gateway };
            assert_eq!(resource["metadata"]["namespace"], place, "{overlay}: {}", resource["kind"]);
        }
    }
}

#[test]
fn every_cluster_that_a_filter_asks_is_one_that_its_overlay_makes() {
    for (name, resources) in overlays() {
        for plugin in plugins(&resources) {
            let asked = configuration(plugin)["validate_jwt"]["openid_config"][0]["cluster"].clone();
            let made: Vec<String> = resources.iter().filter_map(cluster).collect();
            assert_eq!(vec![asked.as_str().unwrap_or_default().to_owned()], made, "{name}");
        }
    }
}

#[test]
fn every_overlays_configuration_loads_and_the_trials_alone_only_report() {
    for (name, resources) in overlays() {
        let plugins = plugins(&resources);
        assert_eq!(plugins.len(), 1, "{name}");
        let text = configuration(plugins[0]).to_string();
        if let Err(problems) = Config::parse(text.as_bytes()) {
            panic!("{name}: {:?}", problems.iter().map(ToString::to_string).collect::<Vec<_>>());
        }
        assert_eq!(text.contains("report_only"), name.ends_with("-report-only"), "{name}");
    }
}

#[test]
fn istios_two_kinds_of_plugin_configure_one_and_the_same_filter() {
    let of = |overlay: &str| {
        let resources = built(&workspace::root().join("deploy/istio/overlays").join(overlay));
        let plugin = plugins(&resources)[0];
        (loaded(plugin).clone(), plugin["spec"]["selector"].clone(), plugin["spec"]["match"].clone())
    };
    let ((mut old, selector, direction), new) = (of("sidecar"), of("traffic-extension"));
    for name in ["selector", "match", "phase"] {
        old.as_object_mut().expect("an object").remove(name);
    }
    assert_eq!((old, selector, direction), new);
}

#[test]
fn what_is_tested_here_is_what_kubectl_makes_of_it() {
    for (name, ours) in overlays() {
        let Some(theirs) = theirs(&workspace::root().join(&name)) else {
            println!("skipped: there is no kubectl to compare with");
            return;
        };
        assert_eq!(theirs.len(), ours.len(), "{name}");
        for resource in &ours {
            assert!(theirs.contains(resource), "{name}: kubectl makes no {resource}");
        }
    }
}

fn overlays() -> Vec<(String, Vec<Value>)> {
    kustomize::overlays().unwrap_or_else(|error| panic!("{error}"))
}

fn built(folder: &Path) -> Vec<Value> {
    kustomize::build(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
}

/// What `kubectl` makes of a folder, where it is at hand.
fn theirs(folder: &Path) -> Option<Vec<Value>> {
    let kubectl = |arguments: &[&str]| Command::new("kubectl").arg("kustomize").args(arguments).output();
    kubectl(&["--help"]).ok().filter(|output| output.status.success())?;
    let output = kubectl(&[&folder.to_string_lossy()]).expect("kubectl runs");
    let place = folder.display();
    assert!(output.status.success(), "{place}: {}", String::from_utf8_lossy(&output.stderr));
    let made = kustomize::documents(&String::from_utf8_lossy(&output.stdout));
    Some(made.unwrap_or_else(|error| panic!("{place}: {error}")))
}

/// The resources that load the filter.
fn plugins(resources: &[Value]) -> Vec<&Value> {
    let loads = |resource: &&Value| {
        ["WasmPlugin", "TrafficExtension", "EnvoyExtensionPolicy"]
            .iter()
            .any(|kind| resource["kind"] == *kind)
    };
    resources.iter().filter(loads).collect()
}

/// What Istio loads: a `WasmPlugin` says it in its `spec`, a `TrafficExtension` a step below.
fn loaded(plugin: &Value) -> &Value {
    if plugin["kind"] == "TrafficExtension" { &plugin["spec"]["wasm"] } else { &plugin["spec"] }
}

fn configuration(plugin: &Value) -> &Value {
    if plugin["kind"] == "EnvoyExtensionPolicy" {
        &plugin["spec"]["wasm"][0]["config"]
    } else {
        &loaded(plugin)["pluginConfig"]
    }
}

/// The cluster that a resource makes and that speaks TLS to the identity provider, by name.
fn cluster(resource: &Value) -> Option<String> {
    let spec = &resource["spec"];
    match resource["kind"].as_str()? {
        "EnvoyPatchPolicy" => {
            spec["jsonPatches"][0]["operation"]["value"]["name"].as_str().map(str::to_owned)
        }
        "DestinationRule" => {
            let port = &spec["trafficPolicy"]["portLevelSettings"][0];
            (port["tls"]["mode"] == "SIMPLE").then_some(())?;
            Some(format!("outbound|{}||{}", port["port"]["number"], spec["host"].as_str()?))
        }
        _ => None,
    }
}

/// The paths of all leaves of a document.
fn paths(value: &Value) -> Vec<String> {
    let below = |name: String, member: &Value| {
        let deeper = paths(member);
        if deeper.is_empty() {
            vec![name]
        } else {
            deeper.iter().map(|path| format!("{name}.{path}")).collect()
        }
    };
    match value {
        Value::Object(members) => {
            members.iter().flat_map(|(name, member)| below(name.clone(), member)).collect()
        }
        Value::Array(items) => items.iter().flat_map(|item| below("[]".to_owned(), item)).collect(),
        _ => Vec::new(),
    }
}

fn allows(field: &str, path: &str) -> bool {
    match field.strip_suffix('*') {
        Some(start) => path.starts_with(start),
        None => field == path,
    }
}

/// The values at a path.
fn values<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    let found: Vec<&Value> = match value {
        Value::Array(items) if name == "[]" => items.iter().collect(),
        _ => value.get(name).into_iter().collect(),
    };
    if rest.is_empty() { found } else { found.into_iter().flat_map(|value| values(value, rest)).collect() }
}

const COMMON: [&str; 5] =
    ["apiVersion", "kind", "metadata.name", "metadata.namespace", "metadata.annotations.*"];

const KINDS: [Kind; 8] = [
    Kind {
        api_version: "extensions.istio.io/v1alpha1",
        name: "WasmPlugin",
        fields: &[
            "spec.selector.matchLabels.*",
            "spec.targetRefs.[].group",
            "spec.targetRefs.[].kind",
            "spec.targetRefs.[].name",
            "spec.url",
            "spec.sha256",
            "spec.imagePullPolicy",
            "spec.imagePullSecret",
            "spec.pluginConfig.*",
            "spec.pluginName",
            "spec.phase",
            "spec.priority",
            "spec.failStrategy",
            "spec.match.[].mode",
            "spec.match.[].ports.[].number",
        ],
    },
    Kind {
        api_version: "extensions.istio.io/v1alpha1",
        name: "TrafficExtension",
        fields: &[
            "spec.selector.matchLabels.*",
            "spec.targetRefs.[].group",
            "spec.targetRefs.[].kind",
            "spec.targetRefs.[].name",
            "spec.phase",
            "spec.priority",
            "spec.match.[].mode",
            "spec.match.[].ports.[].number",
            "spec.wasm.url",
            "spec.wasm.sha256",
            "spec.wasm.imagePullPolicy",
            "spec.wasm.imagePullSecret",
            "spec.wasm.pluginConfig.*",
            "spec.wasm.pluginName",
            "spec.wasm.failStrategy",
        ],
    },
    Kind {
        api_version: "networking.istio.io/v1alpha3",
        name: "EnvoyFilter",
        fields: &[
            "spec.workloadSelector.labels.*",
            "spec.targetRefs.[].group",
            "spec.targetRefs.[].kind",
            "spec.targetRefs.[].name",
            "spec.configPatches.[].applyTo",
            "spec.configPatches.[].match.context",
            "spec.configPatches.[].match.listener.filterChain.filter.name",
            "spec.configPatches.[].patch.operation",
            "spec.configPatches.[].patch.value.*",
        ],
    },
    Kind {
        api_version: "networking.istio.io/v1",
        name: "ServiceEntry",
        fields: &[
            "spec.hosts.[]",
            "spec.exportTo.[]",
            "spec.location",
            "spec.resolution",
            "spec.ports.[].number",
            "spec.ports.[].name",
            "spec.ports.[].protocol",
            "spec.ports.[].targetPort",
        ],
    },
    Kind {
        api_version: "networking.istio.io/v1",
        name: "DestinationRule",
        fields: &[
            "spec.host",
            "spec.exportTo.[]",
            "spec.trafficPolicy.portLevelSettings.[].port.number",
            "spec.trafficPolicy.portLevelSettings.[].tls.mode",
            "spec.trafficPolicy.portLevelSettings.[].tls.sni",
            "spec.trafficPolicy.portLevelSettings.[].tls.caCertificates",
            "spec.trafficPolicy.portLevelSettings.[].tls.subjectAltNames.[]",
        ],
    },
    Kind {
        api_version: "gateway.envoyproxy.io/v1alpha1",
        name: "EnvoyExtensionPolicy",
        fields: &[
            "spec.targetRefs.[].group",
            "spec.targetRefs.[].kind",
            "spec.targetRefs.[].name",
            "spec.wasm.[].name",
            "spec.wasm.[].rootID",
            "spec.wasm.[].failOpen",
            "spec.wasm.[].code.type",
            "spec.wasm.[].code.image.url",
            "spec.wasm.[].code.image.sha256",
            "spec.wasm.[].code.image.pullSecretRef.name",
            "spec.wasm.[].code.pullPolicy",
            "spec.wasm.[].config.*",
        ],
    },
    Kind {
        api_version: "gateway.envoyproxy.io/v1alpha1",
        name: "ClientTrafficPolicy",
        fields: &[
            "spec.targetRefs.[].group",
            "spec.targetRefs.[].kind",
            "spec.targetRefs.[].name",
            "spec.headers.withUnderscoresAction",
        ],
    },
    Kind {
        api_version: "gateway.envoyproxy.io/v1alpha1",
        name: "EnvoyPatchPolicy",
        fields: &[
            "spec.targetRef.group",
            "spec.targetRef.kind",
            "spec.targetRef.name",
            "spec.type",
            "spec.jsonPatches.[].type",
            "spec.jsonPatches.[].name",
            "spec.jsonPatches.[].operation.op",
            "spec.jsonPatches.[].operation.path",
            "spec.jsonPatches.[].operation.value.*",
        ],
    },
];

const ENUMERATIONS: [(&str, &[&str]); 15] = [
    ("spec.phase", &["AUTHN", "AUTHZ", "STATS"]),
    ("spec.failStrategy", &["FAIL_CLOSE", "FAIL_RELOAD"]),
    ("spec.wasm.failStrategy", &["FAIL_CLOSE", "FAIL_RELOAD"]),
    ("spec.match.[].mode", &["CLIENT", "SERVER", "CLIENT_AND_SERVER"]),
    ("spec.targetRefs.[].kind", &["Gateway", "HTTPRoute", "Service"]),
    ("spec.configPatches.[].applyTo", &["NETWORK_FILTER"]),
    ("spec.configPatches.[].match.context", &["GATEWAY", "SIDECAR_INBOUND"]),
    ("spec.configPatches.[].patch.operation", &["MERGE"]),
    ("spec.location", &["MESH_EXTERNAL"]),
    ("spec.resolution", &["DNS"]),
    ("spec.ports.[].protocol", &["HTTP", "TLS"]),
    ("spec.trafficPolicy.portLevelSettings.[].tls.mode", &["SIMPLE"]),
    ("spec.wasm.[].code.type", &["Image", "HTTP"]),
    ("spec.headers.withUnderscoresAction", &["RejectRequest"]),
    ("spec.jsonPatches.[].operation.op", &["add"]),
];
