//! `.ci/run` itself, with programs in the place of Cargo and the others that only note what they were called with.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use validate_jwt_testbed::workspace;

/// A folder with a copy of `.ci/run`, that is gone with its owner.
struct Stage(PathBuf);

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Stage {
    /// Every program succeeds, but Cargo with arguments that begin like this.
    fn where_cargo_fails(name: &str, arguments: &str) -> Self {
        let stage = Self(workspace::target().join(format!("ci-{}-{name}", std::process::id())));
        let cargo = format!(
            "#!/bin/sh\necho \"test result: of cargo $*\"\ncase \"$*\" in \"{arguments}\"*) exit 101;; esac\n"
        );
        for program in ["rustup", "docker"] {
            stage.program(&format!("bin/{program}"), "#!/bin/sh\n");
        }
        stage.program("bin/cargo", &cargo);
        stage.program("fuzz/run", "#!/bin/sh\n");
        let run = fs::read_to_string(workspace::root().join(".ci/run")).expect(".ci/run");
        let deny = run.lines().find_map(|line| line.strip_prefix("cargo_deny=")).expect("a version");
        stage.program(&format!("target/tools/cargo-deny-{deny}/bin/cargo-deny"), "#!/bin/sh\n");
        stage.program("target/wasm32-wasip1/module/validate_jwt.wasm", "");
        stage.program(".ci/run", &run);
        stage
    }

    fn program(&self, path: &str, text: &str) {
        let file = self.0.join(path);
        fs::create_dir_all(file.parent().unwrap_or(&self.0)).expect("a folder");
        fs::write(&file, text).expect("a file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("executable");
    }

    /// Runs it; gives whether it was green, and what it printed after the heading of its summary.
    fn run(&self) -> (bool, String) {
        let path = std::env::var("PATH").unwrap_or_default();
        let output = Command::new("bash")
            .arg(self.0.join(".ci/run"))
            .env("PATH", format!("{}:{path}", self.0.join("bin").display()))
            .env("CARGO_TARGET_DIR", self.0.join("target"))
            .env("VALIDATE_JWT_CORPUS", Path::new("/"))
            .output()
            .expect("bash");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (_, summary) = text.split_once("=== summary").expect("a summary");
        (output.status.success(), summary.to_owned())
    }
}

/// The steps of tests, as Cargo is called.
const TESTS: [&str; 3] = [
    "test --no-fail-fast",
    "test --locked --no-fail-fast --ignore-rust-version --manifest-path tests/hosts/Cargo.toml",
    "test --no-fail-fast --test e2e",
];

#[test]
fn a_red_step_of_tests_hides_no_other_and_the_run_is_red() {
    for (at, arguments) in TESTS.into_iter().enumerate() {
        let (green, summary) = Stage::where_cargo_fails(&format!("tests-{at}"), arguments).run();
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
        let (green, summary) = Stage::where_cargo_fails(&format!("other-{at}"), arguments).run();
        assert!(!green && summary.contains("\nred in "), "{arguments}: {summary}");
    }
}

#[test]
fn a_run_without_a_failure_is_green() {
    let (green, summary) = Stage::where_cargo_fails("green", "nothing of this kind").run();
    assert!(green && summary.contains("\ngreen in ") && !summary.contains("red"), "{summary}");
}
