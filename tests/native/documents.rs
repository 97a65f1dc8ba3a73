//! What the documents say is true: configurations load, lists are complete, commands are run somewhere.
//!
//! A fenced block's second word says what it is: `validate-jwt` a configuration of the filter, `ci` and `compose`
//! commands that `.ci/run` and `.ci/compose` run, `debian` what a bare system lacks, `manual` commands that nothing runs, `refused` a configuration that is
//! refused with the text in the block behind it, `document` one that `convert` is run over, `jwt_authn`, `istio` and
//! `envoy-gateway` one of theirs, `left` what `convert` lists, and `metadata` what the filter serves.

use std::fs;

use serde_json::Value;
use validate_jwt::config::Config;
use validate_jwt::gate::Reason;
use validate_jwt_testbed::{kustomize, workspace};

use crate::test_names::missing_tests;

/// A fenced block of a Markdown document.
pub(crate) struct Block {
    pub(crate) place: String,
    /// The chapter that it stands in.
    pub(crate) heading: String,
    pub(crate) language: String,
    pub(crate) mark: String,
    pub(crate) text: String,
}

#[test]
fn every_configuration_in_a_document_loads() {
    let mut count = 0;
    for block in all_blocks() {
        let texts = match (block.language.as_str(), block.mark.as_str()) {
            ("json" | "xml", "validate-jwt") => vec![block.text.clone()],
            ("xml", "refused" | "document") | ("json", "metadata") => continue,
            ("json" | "xml", other) => {
                panic!("{}: a block of kind {other:?} that nothing checks", block.place)
            }
            ("yaml", "validate-jwt") => in_yaml(&block.place, &block.text),
            _ => continue,
        };
        for text in texts {
            assert_loads(&block.place, &text);
            count += 1;
        }
    }
    assert!(count > 10, "only {count} configurations found");
}

#[test]
fn every_configuration_that_is_shown_as_refused_is_refused_in_these_words() {
    let blocks = all_blocks();
    let mut count = 0;
    for pair in blocks.windows(2).filter(|pair| pair[0].mark == "refused") {
        let [refused, told] = pair else { continue };
        let problems = Config::parse(refused.text.as_bytes()).expect_err(&refused.place);
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(told.text.lines().collect::<Vec<_>>(), lines, "{}", told.place);
        count += 1;
    }
    assert!(count > 0, "no refused configuration found");
}

#[test]
fn every_configuration_of_a_deployment_loads() {
    for name in deployments() {
        for text in in_yaml(&name, &read(&name)) {
            assert_loads(&name, &text);
        }
    }
}

/// What the files say beside the filter's configuration.
#[test]
fn every_deployment_has_a_second_wall_and_shares_its_data_with_nobody() {
    for name in deployments() {
        let text = read(&name);
        let wall = "headers_with_underscores_action: REJECT_REQUEST";
        assert!(text.contains(wall), "{name}: headers with underscores pass");
        let vm_id = text.lines().find_map(|line| line.trim().strip_prefix("vm_id: "));
        assert_eq!(vm_id, Some("validate_jwt"), "{name}");
    }
}

#[test]
fn the_china_variant_of_the_entra_deployment_loads() {
    let name = "deploy/envoy-entra.yaml";
    let commented = read(name)
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("# ").map(str::to_owned))
        .collect::<Vec<_>>();
    let entry = between(&commented, "  {", "  }").expect("the variant's entry");
    let entry: Value = serde_json::from_str(&format!("{{{entry}}}")).expect("the entry is JSON");
    let text =
        serde_json::json!({"validate_jwt": {"openid_config": [entry], "audiences": ["x"]}}).to_string();
    assert_loads(name, &text);
    assert_eq!(entry["cluster"], "entra_china");
}

#[test]
fn the_page_of_reasons_lists_every_one_in_order() {
    let page = read("docs/reasons.md");
    let listed: Vec<&str> = section(&page, "## The list").lines().filter_map(first_cell).collect();
    let codes: Vec<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    assert_eq!(listed, codes);
}

#[test]
fn the_reference_names_every_field() {
    let reference = read("docs/configuration.md");
    for text in [
        r#"{"zzz": 0}"#,
        r#"{"validate_jwt": {"zzz": 0}}"#,
        r#"{"validate_jwt": {"openid_config": [{"zzz": 0}]}}"#,
        r#"{"validate_jwt": {"issuer_signing_keys": [{"zzz": 0}]}}"#,
        r#"{"validate_jwt": {"decryption_keys": [{"zzz": 0}]}}"#,
        r#"{"validate_jwt": {"required_claims": [{"zzz": 0}]}}"#,
        r#"{"validate_jwt": {"authorize": {"zzz": 0}}}"#,
        r#"{"validate_jwt": {"authorize": {"scopes": {"zzz": 0}}}}"#,
        r#"{"validate_jwt": {"forward": {"zzz": 0}}}"#,
        r#"{"validate_jwt": {"forward": {"claims_to_headers": [{"zzz": 0}]}}}"#,
        r#"{"validate_jwt": {"failure": {"zzz": 0}}}"#,
        r#"{"validate_azure_ad_token": {"zzz": 0}}"#,
        r#"{"policies": {"p": {"zzz": 0}}}"#,
        r#"{"policies": {}, "rules": [{"zzz": 0}]}"#,
        r#"{"policies": {}, "rules": [{"match": {"zzz": 0}}]}"#,
        r#"{"key_refresh": {"zzz": 0}}"#,
        r#"{"limits": {"zzz": 0}}"#,
        r#"{"verdict_cache": {"zzz": 0}}"#,
    ] {
        for field in allowed_fields(text) {
            let named = [format!("`{field}`"), format!(".{field}`"), format!("{{\"{field}\":")];
            assert!(named.iter().any(|name| reference.contains(name)), "{field} of {text}");
        }
    }
}

#[test]
fn the_labels_of_the_page_on_monitoring_are_those_of_the_deployment() {
    let blocks = all_blocks();
    let shown = blocks.iter().find(|block| block.mark == "stats").expect("a document shows stats_tags");
    let shown: Value = yaml(&shown.place, &shown.text).remove(0);
    let deployed = yaml("deploy/envoy-entra.yaml", &read("deploy/envoy-entra.yaml")).remove(0);
    assert_eq!(shown["stats_config"], deployed["stats_config"]);
}

#[test]
fn every_command_of_the_readme_is_run() {
    let (ci, compose) = (read(".ci/run"), read(".ci/compose"));
    assert!(compose.contains("README.md"), "the Docker section is run from README.md itself");
    for block in blocks("README.md").iter().filter(|block| block.language == "sh") {
        let lines = block.text.lines().filter(|line| !line.is_empty());
        match block.mark.as_str() {
            // `.ci/compose` runs the first, tests/e2e/first_policy.rs the second.
            "compose" | "provider" => {}
            // Whatever a message tells to install has been told here.
            "debian" => {
                let messages = read("testbed/src/python/error.rs").replace("\\\n", "");
                let told =
                    messages.split("apt-get install ").skip(1).filter_map(|rest| rest.split(')').next());
                let told: Vec<&str> = told.flat_map(str::split_whitespace).collect();
                assert!(told.contains(&"python3-venv"), "{told:?}");
                for package in told {
                    assert!(
                        block.text.split_whitespace().any(|word| word == package),
                        "{}: {package}",
                        block.place
                    );
                }
            }
            "ci" => lines.for_each(|command| {
                let run = |line: &str| line == command || line.starts_with(&format!("{command} "));
                assert!(ci.lines().any(run), "{}: .ci/run does not run {command:?}", block.place);
            }),
            "manual" => lines.for_each(|command| {
                assert!(command.starts_with("docker build "), "{}: nothing runs {command:?}", block.place);
            }),
            other => panic!("{}: commands of kind {other:?}", block.place),
        }
    }
}

#[test]
fn every_member_of_the_workspace_is_in_the_images_build() {
    let members = read("Cargo.toml");
    let members = members.lines().find(|line| line.starts_with("members = ")).expect("the members");
    let context = read(".dockerignore");
    let folders: Vec<&str> = members.split('"').skip(1).step_by(2).collect();
    assert!(folders.contains(&"cli"), "{members}");
    for folder in folders {
        let top = folder.split('/').next().unwrap_or(folder);
        assert!(context.lines().any(|line| line == format!("!{top}")), ".dockerignore leaves {top} out");
    }
}

#[test]
fn every_invariant_names_what_keeps_it_and_every_test_that_is_named_exists() {
    let text = read("ARCHITECTURE.md");
    let invariants: Vec<_> = section(&text, "## Invariants").split("\n- ").skip(1).collect();
    assert!(invariants.len() > 12, "{invariants:?}");
    for invariant in invariants {
        assert!(invariant.contains("*Kept by "), "{invariant}");
    }
    assert_eq!(missing_tests(&text), [""; 0]);
}

#[test]
fn no_link_of_a_document_leads_nowhere() {
    for name in DOCUMENTS {
        let text = read(name);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.starts_with("https://") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let folder = workspace::root().join(name).parent().expect("a file has a folder").to_path_buf();
            let file = if path.is_empty() { workspace::root().join(name) } else { folder.join(path) };
            let found = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{name}: {target}: {error}"));
            let mut anchors = found.lines().filter(|line| line.starts_with('#')).map(anchor_of);
            assert!(anchor.is_empty() || anchors.any(|known| known == anchor), "{name}: {target}");
        }
    }
}

fn assert_loads(place: &str, text: &str) {
    if let Err(problems) = Config::parse(text.as_bytes()) {
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{place}: {}\n{text}", told.join("\n"));
    }
}

/// The fields that the report of an unknown one lists.
fn allowed_fields(text: &str) -> Vec<String> {
    let problems = Config::parse(text.as_bytes()).expect_err("zzz is no field");
    let told =
        problems.iter().map(ToString::to_string).find(|line| line.contains("zzz")).expect("zzz is named");
    let list = told
        .split_once("the fields of ")
        .and_then(|(_, rest)| rest.split_once(": "))
        .expect("fields are listed")
        .1;
    let list = list.split(", found ").next().unwrap_or(list);
    list.split(", ").map(|field| field.trim().to_owned()).collect()
}

/// The whole Envoy files; what is for Kubernetes has tests of its own.
fn deployments() -> Vec<String> {
    let folder = fs::read_dir(workspace::root().join("deploy")).expect("deploy/ is there");
    let paths = folder.map(|entry| entry.expect("an entry").path());
    let yaml = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    let names = yaml.filter_map(|path| Some(format!("deploy/{}", path.file_name()?.to_string_lossy())));
    names.chain(["envoy.yaml".to_owned()]).collect()
}

/// The filter's configurations in YAML: what Envoy, Istio and Envoy Gateway are given.
pub(crate) fn in_yaml(place: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for document in &yaml(place, text) {
        collect(document, &mut found);
    }
    assert!(!found.is_empty(), "{place}: no configuration of the filter in it");
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let kind = members.get("@type").and_then(Value::as_str).unwrap_or_default();
            match members.get("value") {
                Some(Value::String(text)) if kind.ends_with(".StringValue") => found.push(text.clone()),
                Some(object) if kind.ends_with(".Struct") => found.push(object.to_string()),
                _ => {}
            }
            for (name, member) in members {
                if ["config", "pluginConfig"].contains(&name.as_str())
                    && POLICIES.iter().any(|policy| !member[policy].is_null())
                {
                    found.push(member.to_string());
                } else {
                    collect(member, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

fn yaml(place: &str, text: &str) -> Vec<Value> {
    kustomize::documents(text).unwrap_or_else(|error| panic!("{place}: {error}"))
}

fn all_blocks() -> Vec<Block> {
    DOCUMENTS.iter().flat_map(|name| blocks(name)).collect()
}

/// The fenced blocks of a document, in order.
pub(crate) fn blocks(name: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    let mut heading = String::new();
    for (number, line) in read(name).lines().enumerate() {
        if let (None, Some(title)) = (&open, line.strip_prefix("## ")) {
            title.clone_into(&mut heading);
        }
        match (line.strip_prefix("```"), open.take()) {
            (Some(_), Some(block)) => blocks.push(block),
            (Some(info), None) => {
                let (language, mark) = info.split_once(' ').unwrap_or((info, ""));
                let (language, mark) = (language.to_owned(), mark.to_owned());
                open = Some(Block {
                    place: format!("{name}:{}", number + 1),
                    heading: heading.clone(),
                    language,
                    mark,
                    text: String::new(),
                });
            }
            (None, Some(mut block)) => {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{name}: a block without end");
    blocks
}

fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("\n{heading}\n")).expect(heading);
    rest.split("\n## ").next().unwrap_or(rest)
}

/// The code in the first cell of a table's row.
fn first_cell(line: &str) -> Option<&str> {
    line.strip_prefix("| `")?.split('`').next()
}

/// As GitHub makes it of a heading.
fn anchor_of(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|char| char.is_alphanumeric() || " -_".contains(*char));
    kept.map(|char| if char == ' ' { '-' } else { char }).collect()
}

/// The lines between two, joined.
fn between(lines: &[String], from: &str, to: &str) -> Option<String> {
    let start = lines.iter().position(|line| line == from)?;
    let length = lines.iter().skip(start).position(|line| line == to)?;
    Some(lines.iter().skip(start + 1).take(length - 1).cloned().collect())
}

fn read(name: &str) -> String {
    fs::read_to_string(workspace::root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_dependency_of_the_module_is_listed_with_its_reason() {
    let manifest = read("Cargo.toml");
    let listed = read("CONTRIBUTING.md");
    let tables = manifest.split("\n[").filter(|table| {
        table.starts_with("dependencies]")
            || table.starts_with("target.'cfg(target_family = \"wasm\")'.dependencies]")
    });
    let names = tables
        .flat_map(|table| table.lines().skip(1))
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| name);
    let mut count = 0;
    for name in names {
        assert!(listed.contains(&format!("`{name}`")), "{name} is missing in CONTRIBUTING.md");
        count += 1;
    }
    assert!(count > 10, "the manifest was read");
}

const DOCUMENTS: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/command-line.md",
    "docs/configuration.md",
    "docs/entra.md",
    "docs/from-apim.md",
    "docs/from-envoy-gateway.md",
    "docs/from-istio.md",
    "docs/from-jwt_authn.md",
    "docs/in-production.md",
    "docs/keys.md",
    "docs/mcp.md",
    "docs/monitoring.md",
    "docs/nginx.md",
    "docs/policy-tests.md",
    "docs/proof-of-possession.md",
    "docs/providers.md",
    "docs/reasons.md",
    "docs/recipes.md",
    "docs/releasing.md",
    "docs/run-in-a-cluster.md",
    "docs/threats.md",
    "docs/troubleshooting.md",
];

const POLICIES: [&str; 4] = ["validate_jwt", "validate_azure_ad_token", "policy_xml", "policies"];
