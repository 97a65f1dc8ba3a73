//! Where `JwtAuthentication` stands in a document, and which routes choose a requirement.

use serde_json::Value;

use super::super::Left;
use super::super::manifest::Document;

/// Every filter of a document, with its path. A document that is one needs no `@type`.
pub(super) fn filters(document: &Value) -> Vec<(String, &Value)> {
    let mut found = typed(document, ".jwt_authn.v3.JwtAuthentication");
    let alone = ["providers", "rules", "requirement_map", "requirementMap"];
    if found.is_empty() && alone.iter().any(|name| document.get(name).is_some()) {
        found.push((String::new(), document));
    }
    found
}

/// What routes say of the filter.
pub(super) fn routes(document: &Document) -> Vec<Left> {
    let Document { file, value, tree } = document;
    let routes = typed(value, ".jwt_authn.v3.PerRouteConfig").into_iter().map(|(path, value)| {
        let name = value.get("requirement_name").or_else(|| value.get("requirementName"));
        let policy = match name.and_then(Value::as_str) {
            Some(name) => format!("the policy that requirement_map.{name} became"),
            None => "allow".to_owned(),
        };
        let instead = format!("give the route the metadata validate-jwt: {{policy: …}} with {policy}");
        Left { file: file.clone(), line: Some(tree.line_of(&path)), what: path, instead }
    });
    routes.collect()
}

fn typed<'a>(document: &'a Value, kind: &str) -> Vec<(String, &'a Value)> {
    let mut found = Vec::new();
    search(document, String::new(), kind, &mut found);
    found
}

fn search<'a>(value: &'a Value, path: String, kind: &str, found: &mut Vec<(String, &'a Value)>) {
    match value {
        Value::Object(members) => {
            let is_kind =
                |name| value.get(name).and_then(Value::as_str).is_some_and(|name| name.ends_with(kind));
            if is_kind("@type") {
                found.push((path, value));
                return;
            }
            // A TypedStruct names the type beside the value.
            if let (true, Some(inner)) = (is_kind("type_url") || is_kind("typeUrl"), value.get("value")) {
                found.push((format!("{path}.value"), inner));
                return;
            }
            for (name, member) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                search(member, path, kind, found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                search(item, format!("{path}[{index}]"), kind, found);
            }
        }
        _ => {}
    }
}
