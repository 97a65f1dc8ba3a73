//! What every Kubernetes object has.

use serde_json::Value;

use super::part::Part;

/// `kind` of an object.
pub(super) fn kind(object: &Value) -> &str {
    object.get("kind").and_then(Value::as_str).unwrap_or_default()
}

/// Its name, with the namespace where it says one.
fn name(object: &Value) -> String {
    let of = |member: &str| object.get("metadata").and_then(|metadata| metadata.get(member)?.as_str());
    let name = of("name").unwrap_or("without a name");
    of("namespace").map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"))
}

/// What it is called in a list.
pub(super) fn label(object: &Value) -> String {
    format!("{} {}", kind(object), name(object))
}

/// Reads what is the API server's business.
pub(super) fn take_envelope(object: &Part<'_>) {
    for name in ["apiVersion", "kind", "metadata", "status"] {
        if let Some(part) = object.member(name) {
            part.take();
        }
    }
}
