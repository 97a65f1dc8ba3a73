//! `.ci/run` itself, with programs in the place of Cargo and the others that only note what they were called with.

use std::fs;

use validate_jwt_testbed::workspace;

use crate::stage::Stage;

/// Every program succeeds, but Cargo with arguments that begin like this.
fn where_cargo_fails(name: &str, arguments: &str) -> Stage {
    let stage = Stage::new(&format!("ci-{name}"));
    let cargo = format!(
        "#!/bin/sh\necho \"test result: of cargo $*\"\ncase \"$*\" in \"{arguments}\"*) exit 101;; esac\n"
    );
    for program in ["rustup", "docker"] {
        stage.program(&format!("bin/{program}"), "#!/bin/sh\n");
    }
    stage.program("bin/cargo", &cargo);
    stage.program("fuzz/run", "#!/bin/sh\n");
    stage.program(".ci/release", "#!/bin/sh\n");
    let run = fs::read_to_string(workspace::root().join(".ci/run")).expect(".ci/run");
    let deny = run.lines().find_map(|line| line.strip_prefix("cargo_deny=")).expect("a version");
    stage.program(&format!("target/tools/cargo-deny-{deny}/bin/cargo-deny"), "#!/bin/sh\n");
    stage.program("target/wasm32-wasip1/module/validate_jwt.wasm", "");
    stage.file("CHANGELOG.md", "");
    stage.script(".ci/run");
    stage
}

/// Runs it with a conformance corpus, or none; gives whether it was green, and what it printed after the heading of its summary.
fn run(stage: &Stage, corpus: &str) -> (bool, String) {
    let mut command = stage.bash(".ci/run");
    command.env("CARGO_TARGET_DIR", stage.folder().join("target"));
    let output = command.env("VALIDATE_JWT_CORPUS", corpus).env("CI", "true").output().expect("bash");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, summary) = text.split_once("=== summary").expect("a summary");
    (output.status.success(), summary.to_owned())
}

/// The steps of tests, as Cargo is called.
const TESTS: [&str; 3] = [
    "test --no-fail-fast",
    "test --locked --no-fail-fast --ignore-rust-version --manifest-path tests/hosts/Cargo.toml",
    "test --no-fail-fast --test e2e -- --skip bench::",
];

#[test]
fn a_red_step_of_tests_hides_no_other_and_the_run_is_red() {
    for (at, arguments) in TESTS.into_iter().enumerate() {
        let (green, summary) = run(&where_cargo_fails(&format!("tests-{at}"), arguments), "/");
        assert!(!green, "{arguments}: {summary}");
        assert!(summary.contains("\nred: ") && !summary.contains("\ngreen"), "{arguments}: {summary}");
        for step in TESTS {
            assert!(summary.contains(&format!("test result: of cargo {step}\n")), "{step}: {summary}");
        }
    }
}

#[test]
fn a_red_step_of_another_kind_ends_the_run_with_a_summary_of_what_there_was() {
    for (at, arguments) in ["clippy", "fmt", "demo", "doc"].into_iter().enumerate() {
        let (green, summary) = run(&where_cargo_fails(&format!("other-{at}"), arguments), "/");
        assert!(!green && summary.contains("\nred in "), "{arguments}: {summary}");
    }
}

#[test]
fn a_run_without_a_failure_is_green() {
    let (green, summary) = run(&where_cargo_fails("green", "nothing of this kind"), "/");
    assert!(green && summary.contains("\ngreen in ") && !summary.contains("red"), "{summary}");
}

/// As on a hosted runner, where nothing lies beside the clone.
#[test]
fn a_run_without_a_conformance_corpus_is_green_and_says_that_it_was_skipped() {
    let (green, summary) = run(&where_cargo_fails("no-corpus", "nothing of this kind"), "");
    assert!(green && summary.contains("conformance corpus: skipped, "), "{summary}");
}
