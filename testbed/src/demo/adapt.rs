//! The repository's `envoy.yaml`, moved to this machine: addresses, ports and the module's path, nothing else.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use serde_json::{Value, json};

use crate::error::Error;

/// Reads an Envoy configuration and puts it on free loopback ports in front of this API and identity provider.
pub fn adapt(file: &Path, module: &Path, api: SocketAddr, idp: SocketAddr) -> Result<Value, Error> {
    let name = file.display();
    let text = fs::read_to_string(file).map_err(Error::io(format!("reading {name}")))?;
    let mut document: Value = yaml_serde::from_str(&text).map_err(|error| {
        Error::configuration(format!("{name} is not the YAML of an Envoy configuration: {error}"))
    })?;
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let missing = |what: &str| Error::configuration(format!("{name} has no {what}"));

    place(&mut document["admin"], any).ok_or_else(|| missing("admin address"))?;
    let listeners = document["static_resources"]["listeners"].as_array_mut();
    for listener in listeners.ok_or_else(|| missing("listeners"))? {
        place(listener, any).ok_or_else(|| missing("address at one of its listeners"))?;
    }
    let clusters = document["static_resources"]["clusters"].as_array_mut();
    let clusters = clusters.ok_or_else(|| missing("clusters"))?;
    for (wanted, address) in [("api", api), ("idp", idp)] {
        let cluster = clusters.iter_mut().find(|cluster| cluster["name"] == wanted);
        let endpoint = cluster
            .and_then(|cluster| cluster.pointer_mut("/load_assignment/endpoints/0/lb_endpoints/0/endpoint"));
        endpoint
            .and_then(|endpoint| place(endpoint, address))
            .ok_or_else(|| missing(&format!("cluster {wanted} with an address")))?;
    }
    if replace_module(&mut document, module) == 0 {
        return Err(missing(&format!("filter that loads {MODULE}")));
    }
    Ok(document)
}

/// Sets an object's `address`, if it has one.
fn place(owner: &mut Value, address: SocketAddr) -> Option<()> {
    let socket = owner.pointer_mut("/address/socket_address")?.as_object_mut()?;
    socket.insert("address".to_owned(), json!(address.ip().to_string()));
    socket.insert("port_value".to_owned(), json!(address.port()));
    Some(())
}

/// Replaces the module's path wherever it stands, and says how often that was.
fn replace_module(value: &mut Value, module: &Path) -> usize {
    match value {
        Value::Object(members) => {
            let named = members
                .get_mut("filename")
                .filter(|name| name.as_str().is_some_and(|name| name.ends_with(MODULE)));
            let here = named.map_or(0, |name| {
                *name = json!(module.to_string_lossy());
                1
            });
            here + members.values_mut().map(|member| replace_module(member, module)).sum::<usize>()
        }
        Value::Array(items) => items.iter_mut().map(|item| replace_module(item, module)).sum(),
        _ => 0,
    }
}

const MODULE: &str = "validate_jwt.wasm";
