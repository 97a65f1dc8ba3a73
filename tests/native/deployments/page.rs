//! `docs/run-in-a-cluster.md` beside the files that it is about.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use validate_jwt_testbed::{kustomize, workspace};

use super::variants::Copy;
use super::{built, overlays, values};
use crate::documents::blocks;

/// A row of a table of what to replace.
struct Row<'a> {
    here: &'a str,
    overlays: Vec<&'a str>,
    file: &'a str,
    fields: Vec<&'a str>,
}

#[test]
fn every_overlay_that_the_document_applies_is_there_and_every_overlay_is_applied_in_it() {
    let page = page();
    let named: Vec<&str> = page
        .split("--kustomize ")
        .skip(1)
        .filter_map(|rest| rest.split(|char: char| char.is_whitespace() || char == '`').next())
        .collect();
    for name in &named {
        assert!(overlays().iter().any(|(found, _)| found == name), "{name}");
    }
    for (name, _) in overlays() {
        assert!(named.contains(&name.as_str()), "{name}");
        let Some((product, overlay)) = name.trim_start_matches("deploy/").split_once("/overlays/") else {
            panic!("{name} is no overlay");
        };
        if !overlay.ends_with("-report-only") {
            assert!(chapter(&page, product).contains(&format!("\n| `{overlay}` |")), "{name}");
        }
    }
}

/// Who reports and goes back has to stay at the same overlay.
#[test]
fn every_row_of_the_rollout_has_both_commands_for_one_overlay() {
    let page = page();
    let (_, chapter) = page.split_once("\n## First report, then refuse\n").expect("the chapter");
    let chapter = chapter.split("\n## ").next().unwrap_or_default();
    let rows: Vec<&str> = chapter.lines().filter(|line| line.contains("--kustomize ")).collect();
    for row in &rows {
        let cells: Vec<&str> = row.split(" | ").map(|cell| cell.trim_matches(['|', ' ', '`'])).collect();
        let [_, report, refuse] = cells[..] else { panic!("{row}") };
        assert_eq!(report, format!("{refuse}-report-only"), "{row}");
    }
    assert_eq!(rows.len() * 2, overlays().len());
}

#[test]
fn what_is_to_be_replaced_is_where_the_tables_say() {
    let page = page();
    for product in ["istio", "envoy-gateway"] {
        for row in to_replace(&page, product) {
            let file = workspace::root().join("deploy").join(product).join(row.file);
            let said = said(&file);
            for field in row.fields {
                let found: Vec<&Value> = said.iter().flat_map(|part| values(part, field)).collect();
                assert!(!found.is_empty(), "{product}: {} has no {field}", row.file);
                let holds = |value: &&Value| value.to_string().contains(row.here);
                assert!(found.iter().any(holds), "{product}: {} has no {} in {field}", row.file, row.here);
            }
        }
    }
}

#[test]
fn nothing_of_the_sample_is_left_when_what_the_tables_list_is_replaced() {
    let page = page();
    for product in ["istio", "envoy-gateway"] {
        let rows = to_replace(&page, product);
        let folder = format!("deploy/{product}");
        for (name, _) in overlays() {
            let Some(overlay) = name.strip_prefix(&format!("{folder}/overlays/")) else { continue };
            let copy = Copy::of(&folder, &format!("{overlay}-replaced"));
            let base = overlay.trim_end_matches("-report-only");
            for row in rows.iter().filter(|row| row.overlays.contains(&base)) {
                let file = copy.0.join(row.file);
                let text = fs::read_to_string(&file).expect("a file of a copy");
                fs::write(&file, replaced(&text, row.here)).expect("a copy can be written");
            }
            let made = Value::from(built(&copy.0.join("overlays").join(overlay))).to_string();
            for row in &rows {
                assert!(!made.contains(row.here), "{name}: {} is still there", row.here);
            }
        }
    }
}

/// Whole words alone: `orders` is no part of `orders-api`.
fn replaced(text: &str, word: &str) -> String {
    let mut parts = text.split(word);
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let longer = part.starts_with(|char: char| char.is_alphanumeric() || char == '-');
        replaced.push_str(if longer { word } else { "mine" });
        replaced.push_str(part);
    }
    replaced
}

/// `zsh` takes an open `?` for a pattern, and fails.
#[test]
fn every_command_works_in_every_shell_when_they_are_typed_one_after_the_other() {
    let mut set: Vec<String> = Vec::new();
    let blocks = blocks("docs/run-in-a-cluster.md");
    for block in blocks.iter().filter(|block| block.language == "sh") {
        for line in block.text.lines() {
            let at = format!("{}: {line}", block.place);
            // Outside of quotes, and outside of single ones.
            let (mut open, mut expanded) = (String::new(), String::new());
            for part in line.split('\'').step_by(2) {
                expanded.push_str(part);
                open.extend(part.split('"').step_by(2));
            }
            assert!(!open.contains(['?', '*', '[']), "{at}: a pattern");
            for used in expanded.split('$').skip(1) {
                let name: String = used.chars().take_while(char::is_ascii_uppercase).collect();
                assert!(name.is_empty() || set.contains(&name), "{at}: nothing sets {name}");
            }
            assert!(!line.contains("port-forward") || line.ends_with('&'), "{at}: the shell waits");
            let names = line.split_once('=').map(|(name, _)| name).or_else(|| line.strip_prefix("read -rs "));
            set.extend(
                names.filter(|name| name.chars().all(|char| char.is_ascii_uppercase())).map(str::to_owned),
            );
        }
    }
}

/// What a file says: its documents, and what its patches say.
fn said(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut said = kustomize::documents(&text).expect("YAML");
    let patches: Vec<Value> =
        said.iter().flat_map(|part| values(part, "patches.[].patch")).cloned().collect();
    for patch in patches {
        let patch = kustomize::documents(patch.as_str().expect("a text")).expect("YAML").remove(0);
        match patch {
            Value::Array(operations) => said.extend(operations.iter().map(|operation| {
                let pointer = operation["path"].as_str().unwrap_or_default();
                let names = pointer.rsplit('/').filter(|name| !name.is_empty());
                names.fold(operation["value"].clone(), |value, name| json!({ name: value }))
            })),
            _ => said.push(patch),
        }
    }
    said
}

fn to_replace<'a>(page: &'a str, product: &str) -> Vec<Row<'a>> {
    let (_, rows) = chapter(page, product).split_once(": what to replace\n").expect("the table");
    let rows: Vec<Row<'_>> = rows.lines().filter(|line| line.starts_with("| ")).skip(1).map(row).collect();
    assert!(rows.len() > 10, "{product}: only {} rows", rows.len());
    rows
}

fn row(line: &str) -> Row<'_> {
    let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
    let [_, here, overlays, file, fields] = cells[..] else { panic!("{line}") };
    let codes = |cell| str::split(cell, '`').skip(1).step_by(2).collect::<Vec<_>>();
    Row { here: codes(here)[0], overlays: codes(overlays), file: codes(file)[0], fields: codes(fields) }
}

pub(super) fn page() -> String {
    fs::read_to_string(workspace::root().join("docs/run-in-a-cluster.md")).expect("the page")
}

/// The chapter of a product, by the name of its folder.
fn chapter<'a>(page: &'a str, product: &str) -> &'a str {
    let heading = if product == "istio" { "\n## Istio\n" } else { "\n## Envoy Gateway\n" };
    let (_, chapter) = page.split_once(heading).expect(heading);
    chapter.split("\n## ").next().unwrap_or_default()
}
