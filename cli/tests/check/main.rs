//! Mistakes in what deployers have: each is found and named, with its line; and no file of the repository holds any.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

mod mistakes;

use mistakes::{Mistake, Weight};

/// What `check --format json` prints about a text, and its exit status.
fn check(text: &str) -> (i32, Value) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_validate-jwt"))
        .args(["check", "--format", "json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

/// Everything that is said, of one kind: line, path and message.
fn told(report: &Value, kind: &str) -> Vec<(u64, String, String)> {
    let file = &report["files"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let parts = file["parts"].as_array().unwrap();
    let all = parts.iter().chain([file]).filter_map(|holder| holder[kind].as_array()).flatten();
    all.map(|one| (one["line"].as_u64().unwrap_or_default(), text(&one["path"]), text(&one["message"])))
        .collect()
}

fn document(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check/documents").join(name);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[test]
fn documents_without_a_mistake_are_good_and_every_part_is_found() {
    for (name, parts) in [
        ("envoy.yaml", &["the Wasm filter tokens"][..]),
        ("listener.json", &["the Wasm filter validate_jwt"]),
        (
            "istio.yaml",
            &[
                "WasmPlugin orders/tokens",
                "the Wasm filter validate_jwt of EnvoyFilter validate-jwt",
                "TrafficExtension validate-jwt",
            ],
        ),
        ("gateway.yaml", &["EnvoyExtensionPolicy tokens", "the Wasm filter validate_jwt"]),
    ] {
        let (status, report) = check(&document(name));
        assert_eq!(status, 0, "{name}\n{report:#}");
        let found: Vec<_> = report["files"][0]["parts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| part["holder"].as_str().unwrap())
            .collect();
        assert_eq!(found, parts, "{name}");
        assert_eq!(told(&report, "warnings"), [], "{name}");
    }
    for name in ["policy.xml", "configuration.json"] {
        let (status, report) = check(&document(name));
        assert_eq!((status, told(&report, "warnings")), (0, vec![]), "{name}\n{report:#}");
    }
}

#[test]
fn every_mistake_is_named_with_its_line() {
    let wrong: Vec<String> = mistakes::ALL.iter().filter_map(unnamed).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(mistakes::ALL.len() >= 40);
}

/// What is said instead of naming the mistake.
fn unnamed(mistake: &Mistake) -> Option<String> {
    let good = document(mistake.document);
    let spoilt = good.replacen(mistake.good, mistake.spoilt, 1);
    assert_ne!(good, spoilt, "{}: {:?} is not in it", mistake.document, mistake.good);
    let offset = spoilt.find(mistake.at).unwrap_or_else(|| panic!("{:?} is not in {spoilt}", mistake.at));
    let line = u64::try_from(1 + spoilt[..offset].matches('\n').count()).unwrap();
    let (status, report) = check(&spoilt);
    let (kind, wanted) = match mistake.weight {
        Weight::Refused => ("problems", 1),
        Weight::Warned => ("warnings", 0),
    };
    let all = told(&report, kind);
    let named = all.iter().any(|(at, _, message)| *at == line && message.contains(mistake.told));
    (status != wanted || !named)
        .then(|| format!("{mistake:#?}: status {status}, not at line {line}\n{all:#?}"))
}

#[test]
fn people_read_file_line_and_path() {
    let spoilt = document("istio.yaml").replacen("      audiences:\n", "      audience:\n", 1);
    let mut child = Command::new(env!("CARGO_BIN_EXE_validate-jwt"))
        .args(["check", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(spoilt.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    let mut lines = told.lines();
    assert_eq!(lines.next(), Some("-:6: WasmPlugin orders/tokens, spec: refused, 1 problem"));
    let next = lines.next().unwrap_or_default();
    assert!(
        next.starts_with("  -:19: validate_jwt.audience: expected one of the fields of validate_jwt: "),
        "{next}"
    );
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        printed.contains(
            "-:65: TrafficExtension validate-jwt, spec.wasm: OK (its configuration says policy_xml)\n"
        ),
        "{printed}"
    );
}

#[test]
fn what_holds_nothing_of_the_filter_is_told_what_was_looked_for() {
    for (text, found) in [
        (
            "kind: Deployment\nmetadata: {name: a}\n---\nkind: Service\nmetadata: {name: b, namespace: c}\n",
            "found Deployment a, Service c/b",
        ),
        ("static_resources: {}\n", "found another document, with \"static_resources\""),
        ("validate_keycloak: {}\n", "found another document, with \"validate_keycloak\""),
        ("just a text\n", "found a string"),
        ("[1, 2]", "found another document"),
        ("{}", "found another document"),
        (
            "- vm_config: {vm_id: a}\n  name: coraza\n- name: lua\n",
            "found other Wasm plugins: the Wasm filter coraza in line 1",
        ),
    ] {
        let (status, report) = check(text);
        let problems = told(&report, "problems");
        assert_eq!((status, problems.len()), (1, 1), "{text}\n{report:#}");
        let message = &problems[0].2;
        assert!(message.starts_with(NOTHING), "{message}");
        assert!(message.ends_with(found), "{message}");
    }
}

#[test]
fn a_policy_of_envoys_filter_metadata_may_be_any_of_those_that_there_are() {
    let all = document("envoy.yaml");
    for good in ["staff", "allow"] {
        let text = all.replace("{ policy: partners }", &format!("{{ policy: {good} }}"));
        assert_eq!(check(&text).0, 0, "{good}");
    }
}

/// What is deployed, and what the documents show: a file holds no mistake, or nothing of the filter.
#[test]
fn no_file_of_the_repository_holds_a_mistake() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = vec![root.join("envoy.yaml")];
    add_files(&root.join("deploy"), &mut files);
    let mut good = 0;
    for file in files {
        let (status, report) = check(&fs::read_to_string(&file).unwrap());
        let problems = told(&report, "problems");
        let nothing = |(_, _, message): &(u64, String, String)| message.starts_with(NOTHING);
        let is_without = problems.len() == 1 && problems.iter().all(nothing);
        assert!(status == 0 || is_without, "{}\n{report:#}", file.display());
        good += usize::from(status == 0);
    }
    assert!(good >= 5, "only {good} files hold a configuration");
    let mut count = 0;
    for (place, text) in blocks_of_documents(&root) {
        let (status, report) = check(&text);
        assert_eq!(status, 0, "{place}\n{report:#}\n{text}");
        count += 1;
    }
    assert!(count > 30, "only {count} configurations found in the documents");
}

/// All YAML and JSON of a folder.
fn add_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            add_files(&path, files);
        } else if path.extension().is_some_and(|end| end == "yaml" || end == "json") {
            files.push(path);
        }
    }
}

/// What is told of a file that holds nothing of the filter.
const NOTHING: &str = "configuration: expected a configuration of the filter: alone (validate_jwt";

/// The blocks of the documents that are marked as configurations.
fn blocks_of_documents(root: &Path) -> Vec<(String, String)> {
    let pages = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut blocks = Vec::new();
    for page in
        pages.chain([root.join("README.md")]).filter(|page| page.extension().is_some_and(|end| end == "md"))
    {
        let text = fs::read_to_string(&page).unwrap();
        for block in text.split("\n```").skip(1).step_by(2) {
            let (mark, content) = block.split_once('\n').unwrap_or_default();
            if ["json validate-jwt", "xml validate-jwt", "yaml validate-jwt"].contains(&mark) {
                blocks.push((format!("{}: {mark}", page.display()), content.to_owned()));
            }
        }
    }
    blocks
}
