//! `docs/run-in-a-cluster.md` beside the files that it is about.

use std::fs;

use validate_jwt_testbed::workspace;

use super::overlays;

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

pub(super) fn page() -> String {
    fs::read_to_string(workspace::root().join("docs/run-in-a-cluster.md")).expect("the page")
}

/// The chapter of a product, by the name of its folder.
fn chapter<'a>(page: &'a str, product: &str) -> &'a str {
    let heading = if product == "istio" { "\n## Istio\n" } else { "\n## Envoy Gateway\n" };
    let (_, chapter) = page.split_once(heading).expect(heading);
    chapter.split("\n## ").next().unwrap_or_default()
}
