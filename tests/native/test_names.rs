//! The names of the repository's tests, for documents and fields that have to be tested.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use validate_jwt_testbed::workspace;

const FOLDERS: [&str; 5] = ["src", "tests", "testbed", "cli", "fuzz/fuzz_targets"];

/// The names of all functions with a test attribute.
pub(crate) fn test_names() -> BTreeSet<String> {
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

/// The tests that a document names and that do not exist. Whatever is quoted and has four underscores is a test's name.
pub(crate) fn missing_tests(document: &str) -> Vec<&str> {
    let quoted = document.split('`').skip(1).step_by(2);
    let named: Vec<_> = quoted.filter(|text| text.matches('_').count() >= 4 && !text.contains('.')).collect();
    assert!(named.len() > 12, "{named:?}");
    let tests = test_names();
    named.into_iter().filter(|name| !tests.contains(*name)).collect()
}

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
