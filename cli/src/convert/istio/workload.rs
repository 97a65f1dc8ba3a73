//! Which workloads a document is about. Those of different ones cannot be one configuration.

use std::collections::BTreeSet;

use serde_json::Value;
use validate_jwt::config::Problem;

use super::super::manifest::Document;
use crate::input::Refused;

/// Refuses documents that are about different workloads: one's `ALLOW` would be the other's.
pub(super) fn check_one(documents: &[&Document]) -> Result<(), Refused> {
    let Some(newest) = documents.last() else { return Ok(()) };
    let namespaces: BTreeSet<_> =
        documents.iter().filter_map(|document| namespace(&document.value)).collect();
    let selections: BTreeSet<_> =
        documents.iter().filter_map(|document| selection(&document.value)).collect();
    let different = |what: &str, found: String| {
        let path = "metadata".to_owned();
        let allowed = format!("documents about the same workloads: convert those of each {what} alone");
        newest.refused(vec![Problem { path, found, allowed, suggestion: None }])
    };
    if namespaces.len() > 1 {
        let list: Vec<_> = namespaces.into_iter().collect();
        return Err(different("namespace", format!("the namespaces {}", list.join(", "))));
    }
    if selections.len() > 1 {
        let list: Vec<_> = selections.into_iter().collect();
        return Err(different("selector or targetRefs", list.join(" and ")));
    }
    Ok(())
}

/// The namespace. What stands in the root namespace is about all of them.
fn namespace(document: &Value) -> Option<&str> {
    document["metadata"]["namespace"].as_str().filter(|namespace| *namespace != "istio-system")
}

/// What it selects within the namespace, where it does.
fn selection(document: &Value) -> Option<String> {
    let spec = &document["spec"];
    let selected = ["selector", "targetRef", "targetRefs"].into_iter().filter(|name| !spec[name].is_null());
    let told: Vec<_> = selected.map(|name| format!("{name} {}", spec[name])).collect();
    (!told.is_empty()).then(|| told.join(", "))
}
