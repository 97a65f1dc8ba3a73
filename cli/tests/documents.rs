//! `docs/command-line.md` describes every command. `docs/from-jwt_authn.md`, `docs/from-istio.md` and `docs/from-envoy-gateway.md`:
//! every conversion that they show is what `convert` prints.
//!
//! A conversion is three blocks, one behind the other: the original, the configuration (`json validate-jwt`), and the list (`text left`),
//! whose entries may be broken into lines that begin with two blanks.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use validate_jwt::config::Config;

/// A fenced block: what stands behind the fence, and the text.
type Block = (String, String);

fn blocks(document: &str) -> Vec<Block> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(document);
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let fenced = text.split("\n```").skip(1).step_by(2);
    let block = |block: &str| block.split_once('\n').map(|(mark, text)| (mark.to_owned(), text.to_owned()));
    fenced.filter_map(block).collect()
}

/// What `convert` prints: the configuration, and the list without the file's name.
fn converted(origin: &str, text: &str) -> (Value, Vec<String>) {
    let (printed, list) = left(&["convert", "--from", origin, "-"], text);
    // `-:LINE: `, and what is left there.
    let list = list.iter().map(|line| line.split_once(": ").unwrap().1.to_owned());
    (serde_json::from_str(&printed).unwrap(), list.collect())
}

/// What a command prints that leaves something to do, and the list.
fn left(arguments: &[&str], text: &str) -> (String, Vec<String>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_validate-jwt"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let told = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(3), "{told}");
    let list = told.lines().skip(1).map(|line| line.trim().to_owned());
    (String::from_utf8(stdout).unwrap(), list.collect())
}

/// The entries of a list, each on one line.
fn entries(text: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("  "), entries.last_mut()) {
            (Some(rest), Some(entry)) => {
                entry.push(' ');
                entry.push_str(rest);
            }
            _ => entries.push(line.to_owned()),
        }
    }
    entries
}

#[track_caller]
fn check(document: &str, mark: &str, origin: &str, count: usize) {
    let blocks = blocks(document);
    let shown = blocks.windows(3).filter(|three| three[0].0 == mark && three[2].0 == "text left");
    let mut checked = 0;
    for [(_, original), (kind, configuration), (_, list)] in shown.filter_map(|three| three.first_chunk()) {
        assert_eq!(kind, "json validate-jwt");
        let (printed, told) = converted(origin, original);
        assert_eq!(serde_json::from_str::<Value>(configuration).unwrap(), printed, "{original}");
        assert_eq!(entries(list), told, "{original}");
        checked += 1;
    }
    assert_eq!(checked, count, "{document}");
}

#[test]
fn conversions_from_jwt_authn_are_what_the_document_shows() {
    check("from-jwt_authn.md", "yaml jwt_authn", "jwt-authn", 4);
}

#[test]
fn conversions_from_istio_are_what_the_document_shows() {
    check("from-istio.md", "yaml istio", "istio", 3);
}

#[test]
fn conversions_from_envoy_gateway_are_what_the_document_shows() {
    check("from-envoy-gateway.md", "yaml envoy-gateway", "envoy-gateway", 3);
}

#[test]
fn what_convert_writes_for_istio_is_what_the_document_shows() {
    let blocks = blocks("command-line.md");
    let of = |mark: &str| &blocks.iter().find(|(found, _)| found == mark).unwrap().1;
    let (written, list) = left(&["convert", "--to", "istio", "-"], of("json validate-jwt"));
    assert_eq!(of("text left").lines().collect::<Vec<_>>(), list);
    assert!(written.contains(of("yaml istio")), "{written}");
}

#[test]
fn every_command_has_its_chapter_and_its_row() {
    let help = Command::new(env!("CARGO_BIN_EXE_validate-jwt")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let commands =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands: Vec<_> = commands.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.contains(&"convert"), "{help}");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/command-line.md");
    let page = fs::read_to_string(page).unwrap();
    for command in commands.into_iter().filter(|command| *command != "help") {
        assert!(page.contains(&format!("\n## {command}\n")), "{command}");
        let mut rows = page.lines().filter(|line| line.starts_with('|'));
        assert!(rows.any(|row| row.contains(&format!("`{command}`"))), "{command}");
    }
}

#[test]
fn every_original_in_a_document_becomes_a_configuration_that_loads() {
    for (document, mark, origin) in [
        ("from-jwt_authn.md", "yaml jwt_authn", "jwt-authn"),
        ("from-istio.md", "yaml istio", "istio"),
        ("from-envoy-gateway.md", "yaml envoy-gateway", "envoy-gateway"),
    ] {
        for (_, original) in blocks(document).iter().filter(|(found, _)| found == mark) {
            let (configuration, told) = converted(origin, original);
            let problems = Config::parse(configuration.to_string().as_bytes()).err().unwrap_or_default();
            assert!(problems.is_empty(), "{problems:#?}\n{configuration:#}");
            assert!(!told.iter().any(|line| line.contains("no counterpart")), "{told:#?}");
        }
    }
}
