//! What a reader makes of an overlay: the one that only reports beside it, and the same with a component.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use serde_json::{Value, json};
use validate_jwt_testbed::workspace;

use super::page::page;
use super::{built, configuration, overlays, plugins, theirs};

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

#[test]
fn every_overlay_takes_the_pull_secret_under_the_path_of_the_document() {
    let lines = "components:\n  - ../../components/pull-secret\n";
    assert!(page().contains(&format!("```yaml component\n{lines}```")), "the document shows these lines");
    for (name, _) in overlays().iter().filter(|(name, _)| !name.ends_with(REPORTS)) {
        let (product, overlay) = name.split_once("/overlays/").expect("its parts");
        let copy = Copy::of(product, overlay);
        let file = copy.0.join("overlays").join(overlay).join("kustomization.yaml");
        let text = fs::read_to_string(&file).expect("the overlay");
        fs::write(&file, format!("{text}{lines}")).expect("a copy can be written");
        for overlay in [overlay.to_owned(), format!("{overlay}{REPORTS}")] {
            let folder = copy.0.join("overlays").join(&overlay);
            let resources = built(&folder);
            let plugin = plugins(&resources)[0];
            let secret = match plugin["kind"].as_str() {
                Some("WasmPlugin") => &plugin["spec"]["imagePullSecret"],
                Some("TrafficExtension") => &plugin["spec"]["wasm"]["imagePullSecret"],
                _ => &plugin["spec"]["wasm"][0]["code"]["image"]["pullSecretRef"]["name"],
            };
            assert_eq!(secret, "registry-credentials", "{product} {overlay}");
            if let Some(theirs) = theirs(&folder) {
                assert!(theirs.contains(plugin), "{product} {overlay}: kubectl makes another one");
            }
        }
    }
}

/// A folder of `deploy/`, copied as a reader copies it; gone when it is done with.
pub(super) struct Copy(pub(super) PathBuf);

impl Copy {
    /// `deploy/istio` for instance. The name keeps copies of tests that run side by side apart.
    pub(super) fn of(folder: &str, name: &str) -> Self {
        let (_, product) = folder.rsplit_once('/').expect("a folder of deploy/");
        let place = workspace::target().join(format!("deploy-{}-{product}-{name}", process::id()));
        copy(&workspace::root().join(folder), &place);
        Self(place)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the target folder can be written");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).expect("a file can be copied");
        }
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
