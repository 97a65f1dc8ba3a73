//! What `kubectl kustomize` makes of a folder of `deploy/`, for as much of kustomize as is used there.
//!
//! A field that is not known here is an error, so that no overlay says more than this understands. Where `kubectl` is at
//! hand, a test compares the two.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use validate_jwt_module::workspace;

use crate::error::Error;

/// The resources of a kustomization, in the order in which it lists them.
pub fn build(folder: &Path) -> Result<Vec<Value>, Error> {
    let kustomization = kustomization(folder)?;
    let mut resources = Vec::new();
    for name in texts(&kustomization, "resources") {
        let path = folder.join(name);
        resources.extend(if path.is_dir() { build(&path)? } else { documents(&read(&path)?)? });
    }
    for name in texts(&kustomization, "components") {
        apply(&self::kustomization(&folder.join(name))?, &mut resources)?;
    }
    apply(&kustomization, &mut resources)?;
    Ok(resources)
}

/// Every overlay of `deploy/`, by its path in the repository.
pub fn overlays() -> Result<Vec<(String, Vec<Value>)>, Error> {
    let mut found = Vec::new();
    for product in ["istio", "envoy-gateway"] {
        let place = format!("deploy/{product}/overlays");
        let entries =
            fs::read_dir(workspace::root().join(&place)).map_err(Error::io(format!("reading {place}")))?;
        for entry in entries {
            let folder = entry.map_err(Error::io(format!("reading {place}")))?.path();
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            found.push((format!("{place}/{name}"), build(&folder)?));
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}

/// The documents of a YAML text; parts with nothing but comments are none.
pub fn documents(text: &str) -> Result<Vec<Value>, Error> {
    let says_something = |part: &&str| part.lines().any(|line| !line.is_empty() && !line.starts_with('#'));
    let parts = text.split("\n---\n").filter(says_something);
    parts.map(|part| yaml_serde::from_str(part).map_err(wrong("YAML"))).collect()
}

fn kustomization(folder: &Path) -> Result<Value, Error> {
    let file = folder.join("kustomization.yaml");
    let found: Value = yaml_serde::from_str(&read(&file)?).map_err(wrong("YAML"))?;
    let unknown =
        found.as_object().and_then(|members| members.keys().find(|name| !FIELDS.contains(&name.as_str())));
    match unknown {
        Some(name) => Err(Error::configuration(format!("{}: {name} is not known here", file.display()))),
        None => Ok(found),
    }
}

fn apply(kustomization: &Value, resources: &mut [Value]) -> Result<(), Error> {
    for patch in kustomization["patches"].as_array().into_iter().flatten() {
        let change = patch["patch"].as_str().unwrap_or_default();
        let change: Value = yaml_serde::from_str(change).map_err(wrong("a patch"))?;
        for resource in targets(patch, &change, resources)? {
            match change.as_array() {
                Some(operations) => {
                    for operation in operations {
                        operate(operation, resource)?;
                    }
                }
                None => merge(&change, resource),
            }
        }
    }
    if let Some(namespace) = kustomization.get("namespace") {
        for resource in resources {
            resource["metadata"]["namespace"] = namespace.clone();
        }
    }
    Ok(())
}

/// What a patch is for: every resource that its `target` selects, also none, or the one that it is itself a part of.
fn targets<'a>(patch: &Value, change: &Value, all: &'a mut [Value]) -> Result<Vec<&'a mut Value>, Error> {
    let target = &patch["target"];
    let unknown =
        target.as_object().into_iter().flatten().find(|(name, _)| *name != "kind" && *name != "name");
    if let Some((name, _)) = unknown {
        return Err(Error::configuration(format!("a target's {name} is not known here")));
    }
    if target.is_object() != change.is_array() {
        return Err(Error::configuration(format!(
            "operations need a target, and nothing else has one: {patch}"
        )));
    }
    let (kind, name) = match target {
        Value::Null => (&change["kind"], &change["metadata"]["name"]),
        _ => (&target["kind"], &target["name"]),
    };
    let meant = |resource: &&mut Value| {
        resource["kind"] == *kind && (name.is_null() || resource["metadata"]["name"] == *name)
    };
    let found: Vec<&mut Value> = all.iter_mut().filter(meant).collect();
    if found.is_empty() && target.is_null() {
        return Err(Error::configuration(format!("a patch for {kind} {name}, which is not there")));
    }
    Ok(found)
}

/// RFC 7396: kustomize merges a resource that it does not know like this, lists as a whole.
fn merge(change: &Value, into: &mut Value) {
    let Value::Object(members) = change else {
        *into = change.clone();
        return;
    };
    if !into.is_object() {
        *into = Value::Object(Map::new());
    }
    for (name, member) in members {
        if member.is_null() {
            into.as_object_mut().and_then(|object| object.remove(name));
        } else {
            merge(member, &mut into[name]);
        }
    }
}

/// RFC 6902, `add` of a member and `replace` alone.
fn operate(operation: &Value, resource: &mut Value) -> Result<(), Error> {
    let path = operation["path"].as_str().unwrap_or_default();
    let (parent, name) = path.rsplit_once('/').unwrap_or_default();
    let place = resource.pointer_mut(parent).and_then(Value::as_object_mut);
    let place = place.ok_or_else(|| Error::configuration(format!("{path}: no object there")))?;
    match operation["op"].as_str() {
        Some("replace") if !place.contains_key(name) => {
            Err(Error::configuration(format!("{path}: nothing there to replace")))
        }
        Some("add" | "replace") => {
            place.insert(name.to_owned(), operation["value"].clone());
            Ok(())
        }
        other => Err(Error::configuration(format!("{path}: {other:?} is not known here"))),
    }
}

fn texts<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    value[name].as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn read(file: &Path) -> Result<String, Error> {
    fs::read_to_string(file).map_err(Error::io(format!("reading {}", file.display())))
}

fn wrong(what: &str) -> impl Fn(yaml_serde::Error) -> Error {
    move |error| Error::configuration(format!("{what}: {error}"))
}

const FIELDS: [&str; 6] = ["apiVersion", "kind", "namespace", "resources", "components", "patches"];
