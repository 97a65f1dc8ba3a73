//! `.ci/release-program` and `.ci/release`, with programs in the place of Cargo and of `release/` that only note what they were called with.

use std::fs;
use std::process::Output;

use crate::stage::{Stage, words};

#[test]
fn a_program_that_does_not_run_where_it_was_built_is_not_left_in_the_folder() {
    for (name, program, told) in [
        ("good", "echo validate-jwt 0.2.0", ""),
        (
            "other",
            "echo validate-jwt 0.1.0",
            "what was packed says \"validate-jwt 0.1.0\", expected \"validate-jwt 0.2.0\"",
        ),
        ("crash", "exit 139", "what was packed says \"\", expected \"validate-jwt 0.2.0\""),
    ] {
        let stage = Stage::new(&format!("release-program-{name}"));
        stage.script(".ci/release-program");
        stage.program("bin/cargo", CARGO);
        stage.program("bin/rustc", "#!/bin/sh\necho host: a-machine\n");
        stage.program("target/debug/release-program", PACK);
        stage.program("target/release/validate-jwt", &format!("#!/bin/sh\n{program}\n"));
        let mut command = stage.bash(".ci/release-program");
        let output =
            command.args(["0.2.0-rc", "release"]).env_remove("CARGO_TARGET_DIR").output().expect("bash");
        let (said, packed) =
            (words(&output), stage.folder().join("release/validate-jwt-0.2.0-rc-a-machine.tar.gz"));
        assert_eq!(
            (output.status.success(), packed.exists()),
            (told.is_empty(), told.is_empty()),
            "{name}: {said}"
        );
        assert!(said.contains(told), "{name}: {said}");
    }
}

/// A repository in which everything is committed, and nothing can be built.
fn repository(name: &str) -> Stage {
    let stage = Stage::new(&format!("release-{name}"));
    stage.script(".ci/release");
    stage.program("bin/cargo", CARGO);
    stage.program("bin/git", "#!/bin/sh\n");
    stage.program("target/debug/release-notes", "#!/bin/sh\necho notes\n");
    stage
}

fn release(stage: &Stage, arguments: &[&str]) -> Output {
    let mut command = stage.bash(".ci/release");
    command.args(arguments).env_remove("CARGO_TARGET_DIR").output().expect("bash")
}

#[test]
fn a_folder_with_a_strangers_file_is_refused_as_it_is() {
    for stranger in ["zzz", ".hidden", "validate-jwt-0.1.0.oci.tar"] {
        let stage = repository("stranger");
        let files = ["SHA256SUMS", "notes.md", "validate-jwt-0.2.0-rc-other.tar.gz", stranger];
        for file in files {
            stage.file(&format!("folder/{file}"), "mine");
        }
        let said = words(&release(&stage, &["0.2.0-rc", "folder"]));
        assert!(said.contains(&format!("/folder/{stranger} is no part of release 0.2.0-rc: ")), "{said}");
        for file in files {
            assert!(stage.folder().join("folder").join(file).exists(), "{stranger}: {file}");
        }
    }
}

#[test]
fn what_an_earlier_run_left_is_deleted_and_other_machines_programs_are_kept() {
    let stage = repository("earlier");
    for file in ["SHA256SUMS", "notes.md", "validate-jwt-0.2.0-rc-other.tar.gz"] {
        stage.file(&format!("folder/{file}"), "mine");
    }
    let output = release(&stage, &["0.2.0-rc", "folder"]);
    // The modules cannot be built.
    assert!(words(&output).contains("the modules"), "{output:?}");
    let left: Vec<_> = fs::read_dir(stage.folder().join("folder")).expect("a folder").collect();
    let left: Vec<_> = left.into_iter().map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(left, ["validate-jwt-0.2.0-rc-other.tar.gz"]);
}

#[test]
fn an_option_is_taken_in_any_place_and_one_that_there_is_not_is_told_in_a_line() {
    let changed = "#!/bin/sh\ncase $1 in status) echo ' M file' ;; esac\n";
    for (arguments, code, told) in [
        (&["--trial", "0.2.0-rc", "folder"][..], 101, "release: the modules"),
        (&["0.2.0-rc", "--trial", "folder"], 101, "release: the modules"),
        (&["0.2.0-rc", "folder", "--trial"], 101, "release: the modules"),
        (&["0.2.0-rc", "--trail"], 2, "release: --trail is no option, expected --trial"),
        (&["0.2.0-rc", "folder", "more"], 2, ".ci/release VERSION [FOLDER] "),
        (&["0.2.0-rc", "folder"], 1, "release: the tree has changes that are not committed"),
    ] {
        let stage = repository("options");
        stage.program("bin/git", changed);
        let output = release(&stage, arguments);
        let said = words(&output);
        assert!(output.status.code() == Some(code) && said.contains(told), "{arguments:?}: {said}");
        assert!(code != 2 || !stage.folder().join("calls").exists(), "{arguments:?}");
    }
}

#[test]
fn a_tool_that_cannot_be_fetched_is_missed_before_anything_is_built_or_deleted() {
    let stage = repository("tools");
    stage.program("bin/cargo", &CARGO.replace("wasm)", "install)"));
    stage.file("folder/notes.md", "mine");
    let output = release(&stage, &["0.2.0-rc", "folder"]);
    assert!(words(&output).contains("release: cargo-cyclonedx "), "{output:?}");
    let calls = fs::read_to_string(stage.folder().join("calls")).expect("calls");
    let calls: Vec<_> = calls.lines().filter_map(|call| call.split(' ').nth(1)).collect();
    // What looks at the version and at the changelog is built before.
    assert_eq!(calls, ["test", "install"]);
    assert!(stage.folder().join("folder/notes.md").exists());
}

/// Notes how it was called.
const CARGO: &str = r#"#!/bin/sh
echo "cargo $*" >>calls
case $1 in
  pkgid) echo "path+file:///it#0.2.0" ;;
  wasm) exit 101 ;;
esac
"#;

/// Called as `--version V --program P --target T --folder F`.
const PACK: &str = r#"#!/bin/sh
name=validate-jwt-$2-$6
mkdir -p "packed/$name" && cp "$4" "packed/$name/validate-jwt"
tar -czf "$8/$name.tar.gz" -C packed "$name"
echo "$8/$name.tar.gz"
"#;
