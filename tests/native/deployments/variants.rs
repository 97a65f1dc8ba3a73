//! What a reader makes of an overlay: the one that only reports beside it.

use serde_json::{Value, json};

use super::{configuration, overlays, plugins};

const REPORTS: &str = "-report-only";

#[test]
fn every_overlay_that_refuses_has_one_that_only_reports_and_differs_in_nothing_else() {
    let all = overlays();
    let (reporting, refusing): (Vec<_>, Vec<_>) = all.iter().partition(|(name, _)| name.ends_with(REPORTS));
    let expected: Vec<String> = refusing.iter().map(|(name, _)| format!("{name}{REPORTS}")).collect();
    for name in &expected {
        assert!(reporting.iter().any(|(found, _)| found == name), "{name} is not there");
    }
    assert_eq!(reporting.len(), expected.len(), "one that belongs to no other");
    for (name, resources) in reporting {
        let policy = configuration(plugins(resources)[0])["validate_jwt"].as_object().expect("a policy");
        assert_eq!(policy["mode"], "report_only", "{name}");
        let mut resources = resources.clone();
        for resource in &mut resources {
            remove(resource, "mode", &json!("report_only"));
        }
        let base = name.trim_end_matches(REPORTS);
        let refuses = refusing.iter().find(|(found, _)| found == base).map(|(_, resources)| resources);
        assert_eq!(Some(&resources), refuses, "{name}");
    }
}

/// Takes a member of this value out, wherever it is.
fn remove(from: &mut Value, name: &str, value: &Value) {
    match from {
        Value::Object(members) => {
            members.retain(|found, member| found != name || member != value);
            members.values_mut().for_each(|member| remove(member, name, value));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| remove(item, name, value)),
        _ => {}
    }
}
