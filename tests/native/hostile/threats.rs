//! `docs/threats.md` holds every row once, and names only tests that exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use validate_jwt_testbed::workspace;

const FOLDERS: [&str; 5] = ["src", "tests", "testbed", "cli", "fuzz/fuzz_targets"];

/// The text of every Rust source below a folder.
fn sources(folder: &Path, into: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(fs::read_to_string(&path).unwrap_or_default());
        }
    }
}

/// The names of all functions with a test attribute.
fn tests() -> BTreeSet<String> {
    let mut texts = Vec::new();
    for folder in FOLDERS {
        sources(&workspace::root().join(folder), &mut texts);
    }
    let mut names = BTreeSet::new();
    for text in texts {
        for block in text.split("test]").skip(1).chain(text.split("test(").skip(1)) {
            let name = block.split("fn ").nth(1).and_then(|rest| rest.split(['(', '<']).next());
            names.extend(name.map(str::to_owned));
        }
    }
    names
}

fn chapter() -> String {
    fs::read_to_string(workspace::root().join("docs/threats.md")).expect("docs/threats.md")
}

#[test]
fn every_test_that_the_chapter_on_threats_names_exists() {
    let (tests, chapter) = (tests(), chapter());
    let quoted = chapter.split('`').skip(1).step_by(2);
    let named: Vec<_> = quoted
        .filter(|text| {
            text.matches('_').count() >= 3
                && !text.starts_with('_')
                && text.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
        .collect();
    assert!(named.len() > 80, "{} names", named.len());
    let missing: Vec<_> = named.iter().filter(|name| !tests.contains(**name)).collect();
    assert!(missing.is_empty(), "no such test: {missing:?}");
}

#[test]
fn the_chapter_on_threats_answers_every_row_once() {
    let chapter = chapter();
    let numbers: Vec<u32> = chapter
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next()?.parse().ok())
        .collect();
    assert_eq!(numbers, (1..=120).collect::<Vec<_>>());
}
