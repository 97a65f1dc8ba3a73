//! `.ci/release-program` and `.ci/release`, with programs in the place of Cargo and of `release/` that only note what they were called with.

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

/// Notes how it was called.
const CARGO: &str = r#"#!/bin/sh
echo "cargo $*" >>calls
case $1 in pkgid) echo "path+file:///it#0.2.0" ;; esac
"#;

/// Called as `--version V --program P --target T --folder F`.
const PACK: &str = r#"#!/bin/sh
name=validate-jwt-$2-$6
mkdir -p "packed/$name" && cp "$4" "packed/$name/validate-jwt"
tar -czf "$8/$name.tar.gz" -C packed "$name"
echo "$8/$name.tar.gz"
"#;
