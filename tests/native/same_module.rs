//! `.ci/same-module`, with programs in the place of Cargo, Git and a container engine that make a module of a line.

use crate::stage::{Stage, words};

/// What Cargo builds is one line, in which a shell fills in what it knows of the machine; the engine's image has another one.
fn compare(name: &str, built: &str, in_image: &str, engine: &[&str]) -> Result<String, String> {
    let stage = Stage::new(&format!("same-{name}"));
    stage.script(".ci/same-module");
    let cargo = format!(
        "folder=${{CARGO_TARGET_DIR:-target}}/wasm32-wasip1/module\nmkdir -p $folder\necho \"{built}\" >$folder/validate_jwt.wasm\n"
    );
    stage.program("bin/cargo", &format!("#!/bin/sh\n{cargo}"));
    stage.program("bin/git", "#!/bin/sh\nfor clone; do :; done\nmkdir -p \"$clone\"\n");
    let engine_program =
        format!("#!/bin/sh\ncase $1 in create) echo 1;; cp) echo \"{in_image}\" >\"$3\";; esac\n");
    stage.program("bin/docker", &engine_program);
    let mut command = stage.bash(".ci/same-module");
    command.args(engine).env("CARGO_TARGET_DIR", stage.folder().join("target")).env("CARGO_HOME", "/here");
    let output = command.output().expect("bash");
    if output.status.success() { Ok(words(&output)) } else { Err(words(&output)) }
}

#[test]
fn modules_that_are_alike_are_told_with_their_digest() {
    // SHA-256 of "module" and the end of the line.
    let told = "the same: sha256 ac255051373b0ee71bcaf575bd128f969f0c464493b83a8a7fe64226c3e14077\n";
    assert_eq!(compare("clone", "module", "", &[]).unwrap(), told);
    assert_eq!(compare("image", "module", "module", &["docker"]).unwrap(), told);
}

#[test]
fn a_module_that_knows_where_it_was_built_is_another_one() {
    for (name, built) in [("home", "$CARGO_HOME"), ("folder", "$PWD")] {
        let told = compare(name, built, "", &[]).unwrap_err();
        assert!(told.ends_with("the module is another one where it was built in another folder\n"), "{told}");
    }
    let told = compare("other-image", "module", "other", &["docker"]).unwrap_err();
    assert!(told.ends_with("the module is another one where it was built by docker\n"), "{told}");
}

#[test]
fn an_engine_that_is_not_known_is_told() {
    assert_eq!(
        compare("engine", "module", "", &["moby"]).unwrap_err(),
        "expected docker or podman, found moby\n"
    );
}
