//! `docs/threats.md` holds every row once, and names only tests that exist.

use std::fs;

use validate_jwt_testbed::workspace;

use crate::test_names::test_names;

fn chapter() -> String {
    fs::read_to_string(workspace::root().join("docs/threats.md")).expect("docs/threats.md")
}

#[test]
fn every_test_that_the_chapter_on_threats_names_exists() {
    let (tests, chapter) = (test_names(), chapter());
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
    for number in 1..=120 {
        assert!(numbers.contains(&number), "no row {number}");
    }
    for number in &numbers {
        assert_eq!(numbers.iter().filter(|other| *other == number).count(), 1, "row {number}");
    }
}
