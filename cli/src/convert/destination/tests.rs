use std::fs;

use serde::Deserialize as _;
use serde_json::{Value, json};

use super::*;

const DESTINATIONS: [Destination; 3] = [Destination::Envoy, Destination::Istio, Destination::EnvoyGateway];

/// What is written, document by document, and the list of what is open.
#[track_caller]
fn written(destination: Destination, configuration: &Value) -> (Vec<Value>, Vec<String>) {
    let Written { text, open } = destination.write(configuration).expect("a configuration");
    let open = open.into_iter().map(|Open { what, instead }| format!("{what}: {instead}"));
    (documents(&text), open.collect())
}

fn documents(text: &str) -> Vec<Value> {
    let read =
        yaml_serde::Deserializer::from_str(text).map(|document| Value::deserialize(document).expect(text));
    read.filter(|document| !document.is_null()).collect()
}

/// Where the text of the configuration stands in Envoy's.
const ENVOYS: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters/0/typed_config/config/configuration/value";

/// The configuration of the filter that stands in what was written.
fn configuration(documents: &[Value]) -> Value {
    let envoys = |document: &Value| {
        let manager = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";
        let text =
            document.pointer(&format!("{manager}/http_filters/0/typed_config/config/configuration/value"))?;
        Some(serde_json::from_str(text.as_str()?).expect("JSON"))
    };
    let of = |pointer: &'static str| move |document: &Value| document.pointer(pointer).cloned();
    let found = documents.iter().find_map(|document| {
        envoys(document)
            .or_else(|| of("/spec/pluginConfig")(document))
            .or_else(|| of("/spec/wasm/0/config")(document))
    });
    found.expect("a configuration")
}

fn clusters(documents: &[Value]) -> Vec<Value> {
    let envoys = documents[0]["static_resources"]["clusters"].as_array();
    let patched =
        documents.iter().filter_map(|document| document.pointer("/spec/jsonPatches/0/operation/value"));
    envoys.into_iter().flatten().skip(1).chain(patched).cloned().collect()
}

fn of_kind<'a>(documents: &'a [Value], kind: &str) -> Vec<&'a Value> {
    documents.iter().filter(|document| document["kind"] == kind).collect()
}

fn provider(url: &str) -> Value {
    json!({"validate_jwt": {"openid_config": [{"url": url}], "audiences": ["orders"]}})
}

const ACME: &str = "https://login.acme.io/.well-known/openid-configuration";

/// The documents of all files of `deploy/`.
fn deployed() -> Vec<Value> {
    let mut folders = vec![format!("{}/../deploy", env!("CARGO_MANIFEST_DIR"))];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path.to_str().unwrap().to_owned());
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                found.extend(documents(&fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

#[test]
fn the_configuration_of_envoys_deployment_becomes_that_deployment() {
    let mut deployed = deployed();
    deployed.retain(|document| document["static_resources"]["listeners"][0]["name"] == "api");
    let [deployed] = &mut *deployed else { panic!("{deployed:#?}") };
    let held = configuration(std::slice::from_ref(deployed));
    let (mut made, _) = written(Destination::Envoy, &held);
    // As a text it has its names in another order.
    assert_eq!(configuration(&made), held);
    for document in [&mut made[0], &mut *deployed] {
        *document.pointer_mut(ENVOYS).unwrap() = Value::Null;
    }
    assert_eq!(made[0], *deployed);
}

/// Namespaces, labels and the image are the operator's.
#[test]
fn the_configurations_of_the_deployments_in_kubernetes_become_resources_that_say_all_that_they_say() {
    let deployed = deployed();
    for (destination, kinds) in [
        (Destination::Istio, &["WasmPlugin", "EnvoyFilter", "ServiceEntry", "DestinationRule"][..]),
        (Destination::EnvoyGateway, &["EnvoyExtensionPolicy", "ClientTrafficPolicy", "EnvoyPatchPolicy"][..]),
    ] {
        let of_deployment: Vec<_> = of_kind(&deployed, kinds[0]).into_iter().cloned().collect();
        let (made, _) = written(destination, &configuration(&of_deployment));
        for kind in kinds {
            let [wanted, ..] = &*of_kind(&deployed, kind) else { panic!("no {kind} in deploy/") };
            let [found] = &*of_kind(&made, kind) else { panic!("{kind}: {made:#?}") };
            says(kind, found, wanted);
        }
    }
}

#[track_caller]
fn says(path: &str, found: &Value, wanted: &Value) {
    const OPERATORS: [&str; 6] = ["metadata", "matchLabels", "labels", "url", "sha256", "name"];
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            for (name, wanted) in wanted.iter().filter(|(name, _)| !OPERATORS.contains(&name.as_str())) {
                says(&format!("{path}.{name}"), found.get(name).unwrap_or(&Value::Null), wanted);
            }
        }
        (Value::Array(found), Value::Array(wanted)) => {
            assert_eq!(found.len(), wanted.len(), "{path}");
            found.iter().zip(wanted).for_each(|(found, wanted)| says(path, found, wanted));
        }
        // It follows the version of Istio.
        _ if path == "WasmPlugin.spec.failStrategy" => assert_ne!(found, "FAIL_OPEN"),
        _ => assert_eq!(found, wanted, "{path}"),
    }
}

#[test]
fn what_is_written_holds_the_configuration_and_every_placeholder_that_is_listed() {
    let policy = json!({
        "policies": {
            "weak": {"validate_jwt": {
                "openid_config": [{"url": ACME, "cluster": "no:CLUSTER#1", "issuer": "https://login.acme.io/"}],
                "audiences": ["no", "0777", "12:30", "CLUSTER", "#: providers", "two\nlines"],
                "required_claims": [{"name": "dept", "values": ["on", "off"]}],
            }},
            "entra": {"validate_azure_ad_token": {"tenant_id": "organizations", "audiences": ["orders"]}},
        },
        "rules": [
            {"match": {"path_prefix": "/entra"}, "policy": "entra"},
            {"match": {}, "policy": "weak"},
        ],
    });
    for destination in DESTINATIONS {
        let Written { text, open } = destination.write(&policy).expect("a configuration");
        let mut held = configuration(&documents(&text));
        if destination == Destination::Istio {
            let entra = &mut held["policies"]["entra"]["validate_azure_ad_token"];
            assert_eq!(entra["cluster"].take(), "outbound|80||login.microsoftonline.com");
            entra.as_object_mut().unwrap().remove("cluster");
            held["policies"]["weak"]["validate_jwt"]["openid_config"][0]["cluster"] = "no:CLUSTER#1".into();
        }
        assert_eq!(held, policy, "{destination:?}");
        for Open { what, .. } in open {
            let placeholder = what.split(',').next().unwrap();
            assert!(text.contains(placeholder), "{destination:?}: {placeholder}");
        }
    }
}

#[test]
fn a_configuration_that_the_filter_refuses_is_written_for_no_proxy() {
    let wrong = json!({"validate_jwt": {"audience": ["orders"]}});
    for destination in DESTINATIONS {
        let problems = destination.write(&wrong).err().unwrap();
        assert_eq!(problems[0].path, "validate_jwt.audience");
    }
    assert_eq!(Destination::Json.write(&wrong).ok().unwrap().text, json(&wrong));
}

#[test]
fn each_host_gets_a_cluster_that_is_spoken_to_as_its_url_says() {
    let address = |name: &str, port: u16| json!({"socket_address": {"address": name, "port_value": port}});
    let tls = |sni: Value, san_type: &str, name: &str| {
        json!({"sni": sni, "validation_context": {
            "trusted_ca": {"filename": "/etc/ssl/certs/ca-certificates.crt"},
            "match_typed_subject_alt_names": [{"san_type": san_type, "matcher": {"exact": name}}],
        }})
    };
    for (url, name, kind, at, security) in [
        (
            ACME,
            "login.acme.io",
            "LOGICAL_DNS",
            address("login.acme.io", 443),
            tls("login.acme.io".into(), "DNS", "login.acme.io"),
        ),
        (
            "https://Login.acme.io.:8443/.well-known/openid-configuration",
            "login.acme.io.",
            "LOGICAL_DNS",
            address("login.acme.io", 8443),
            tls("login.acme.io".into(), "DNS", "login.acme.io"),
        ),
        (
            "http://idp:8081/.well-known/openid-configuration",
            "idp",
            "LOGICAL_DNS",
            address("idp", 8081),
            Value::Null,
        ),
        (
            "https://10.0.0.7/.well-known/openid-configuration",
            "10.0.0.7",
            "STATIC",
            address("10.0.0.7", 443),
            tls(Value::Null, "IP_ADDRESS", "10.0.0.7"),
        ),
        (
            "http://[fd00::7]:8080/.well-known/openid-configuration",
            "[fd00::7]",
            "STATIC",
            address("fd00::7", 8080),
            Value::Null,
        ),
    ] {
        let mut policy = provider(url);
        policy["validate_jwt"]["openid_config"][0]["allow_http"] = true.into();
        for destination in [Destination::Envoy, Destination::EnvoyGateway] {
            let (documents, _) = written(destination, &policy);
            let [cluster] = &*clusters(&documents) else { panic!("{url}: {documents:#?}") };
            assert_eq!(
                (&cluster["name"], &cluster["load_assignment"]["cluster_name"]),
                (&name.into(), &name.into())
            );
            assert_eq!(cluster["type"], kind, "{url}");
            assert_eq!(
                cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["address"], at,
                "{url}"
            );
            let context = &cluster["transport_socket"]["typed_config"];
            let checks = &context["common_tls_context"]["validation_context"];
            let found = match checks {
                Value::Null => Value::Null,
                _ => json!({"sni": context["sni"], "validation_context": checks}),
            };
            assert_eq!(found, security, "{url}");
        }
    }
}

#[test]
fn a_cluster_stands_once_and_what_is_not_known_of_it_is_listed() {
    let entry = |url: &str, more: Value| {
        let mut entry = json!({"url": url});
        entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        entry
    };
    let partner = "https://id.partner.io/.well-known/openid-configuration";
    let google = "https://accounts.google.com/.well-known/openid-configuration";
    for (entries, names, told) in [
        (vec![], vec![], vec![]),
        (
            vec![entry(ACME, json!({})), entry(&ACME.replace("/.well", "/two/.well"), json!({}))],
            vec!["login.acme.io"],
            vec![],
        ),
        (
            vec![entry(ACME, json!({"cluster": "out"})), entry(partner, json!({"cluster": "out"}))],
            vec!["out"],
            vec!["the cluster out: login.acme.io and id.partner.io are behind it: it has to lead to both"],
        ),
        (
            vec![entry(ACME, json!({"jwks_cluster": "keys"}))],
            vec!["login.acme.io"],
            vec![
                "the cluster keys: it is not written, since the host of the keys stands in the provider's document alone",
            ],
        ),
        (
            vec![
                entry(ACME, json!({"jwks_cluster": "partner"})),
                entry(partner, json!({"cluster": "partner"})),
            ],
            vec!["login.acme.io", "partner"],
            vec![],
        ),
        (vec![entry(google, json!({}))], vec!["accounts.google.com", "www.googleapis.com"], vec![]),
        (
            vec![entry(google, json!({"cluster": "google", "jwks_cluster": "google-keys"}))],
            vec!["google", "google-keys"],
            vec![],
        ),
    ] {
        let mut policy = json!({"validate_jwt": {"audiences": ["orders"], "openid_config": entries}});
        if entries.is_empty() {
            policy = json!({"validate_jwt": {"audiences": ["orders"], "issuer_signing_keys": [
                {"key": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}
            ]}});
        }
        for destination in [Destination::Envoy, Destination::EnvoyGateway] {
            let (documents, open) = written(destination, &policy);
            let found: Vec<_> = clusters(&documents).iter().map(|cluster| cluster["name"].clone()).collect();
            assert_eq!(found, names, "{entries:#?}");
            let of_clusters: Vec<_> = open.iter().filter(|line| line.starts_with("the cluster")).collect();
            assert_eq!(of_clusters, told, "{entries:#?}");
        }
    }
}

#[test]
fn istios_names_of_clusters_are_written_into_the_configuration_with_what_makes_them() {
    let mut both = provider(ACME);
    both["validate_jwt"]["openid_config"][0]["cluster"] = "acme".into();
    let entries = both["validate_jwt"]["openid_config"].as_array_mut().unwrap();
    entries.push(json!({"jwks_uri": "https://login.acme.io:8443/keys", "issuer": "https://sts.acme.io/"}));
    entries.push(json!({"url": "http://keycloak.identity.svc.cluster.local:8080/.well-known/openid-configuration", "allow_http": true}));
    let (documents, open) = written(Destination::Istio, &both);
    let names: Vec<_> = configuration(&documents)["validate_jwt"]["openid_config"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["cluster"].clone())
        .collect();
    assert_eq!(
        names,
        [
            "outbound|80||login.acme.io",
            "outbound|8443||login.acme.io",
            "outbound|8080||keycloak.identity.svc.cluster.local"
        ]
    );
    assert_eq!(open.iter().filter(|line| line.starts_with("the cluster")).count(), 0, "{open:#?}");
    let [entry] = &*of_kind(&documents, "ServiceEntry") else { panic!("{documents:#?}") };
    assert_eq!(entry["spec"]["hosts"], json!(["login.acme.io"]));
    assert_eq!(
        entry["spec"]["ports"],
        json!([
            {"number": 80, "name": "http", "protocol": "HTTP", "targetPort": 443},
            {"number": 443, "name": "tls", "protocol": "TLS"},
            {"number": 8443, "name": "http-8443", "protocol": "HTTP"},
        ])
    );
    let services = "/metadata/annotations/envoyfilter.istio.io~1referenced-services";
    assert_eq!(of_kind(&documents, "EnvoyFilter")[0].pointer(services), Some(&"login.acme.io".into()));
    let [rule] = &*of_kind(&documents, "DestinationRule") else { panic!("{documents:#?}") };
    let settings = rule["spec"]["trafficPolicy"]["portLevelSettings"].as_array().unwrap();
    let ports: Vec<_> = settings.iter().map(|port| port["port"]["number"].clone()).collect();
    assert_eq!(ports, [80, 8443]);
    assert!(
        settings.iter().all(|port| port["tls"]["mode"] == "SIMPLE" && port["tls"]["sni"] == "login.acme.io")
    );
}

#[test]
fn what_istio_cannot_name_is_listed() {
    let service =
        "Istio knows a Service by its whole name: write outbound|PORT||SERVICE.NAMESPACE.svc.cluster.local";
    let address = "Istio has clusters for names alone: give the address one by a ServiceEntry, and write outbound|PORT||NAME";
    let secure = "the filter speaks plain HTTP to the sidecar: a DestinationRule has to make TLS of it";
    for (url, told) in [
        ("https://idp/.well-known/openid-configuration", format!("the cluster idp: {service}")),
        ("https://10.0.0.7/.well-known/openid-configuration", format!("the cluster 10.0.0.7: {address}")),
        (
            "https://idp.a.svc.cluster.local:8443/.well-known/openid-configuration",
            format!("the cluster outbound|8443||idp.a.svc.cluster.local: {secure}"),
        ),
    ] {
        let (documents, open) = written(Destination::Istio, &provider(url));
        assert_eq!(open[0], told, "{url}");
        assert_eq!(of_kind(&documents, "ServiceEntry").len(), 0, "{url}");
    }
    let mut own = provider(ACME);
    own["validate_jwt"]["openid_config"][0]["cluster"] = "outbound|443||egress.mesh.svc.cluster.local".into();
    let (documents, open) = written(Destination::Istio, &own);
    assert_eq!(configuration(&documents), own);
    assert_eq!((of_kind(&documents, "ServiceEntry").len(), open.len()), (0, 4), "{open:#?}");
    let xml = format!(
        r#"<inbound><validate-jwt header-name="a"><openid-config url="{ACME}" /></validate-jwt>
           <validate-jwt header-name="b"><openid-config url="{ACME}" /></validate-jwt></inbound>"#
    );
    let (documents, open) = written(Destination::Istio, &json!({"policy_xml": xml}));
    assert_eq!(
        open[0],
        "the cluster login.acme.io: write cluster=\"outbound|80||login.acme.io\" for login.acme.io into the XML"
    );
    assert_eq!(of_kind(&documents, "ServiceEntry").len(), 1);
}
