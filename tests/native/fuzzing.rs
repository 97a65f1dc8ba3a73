//! `fuzz/run`, where there is no fuzzer: what it takes and what it refuses.

use std::collections::BTreeSet;
use std::fs;

use validate_jwt_testbed::workspace;

use crate::stage::{Stage, words};

/// Whether it went on to replay what was found before, and what it printed.
fn run(name: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let stage = Stage::new(&format!("fuzz-{name}"));
    stage.script("fuzz/run");
    stage.program("bin/rustup", "#!/bin/sh\n");
    stage.program("bin/cargo", "#!/bin/sh\n");
    let output = stage.bash("fuzz/run").args(arguments).output().expect("bash");
    (output.status.code(), words(&output))
}

#[test]
fn arguments_that_are_no_time_or_no_target_are_refused_in_a_line() {
    let (time, target) = ("is no number of seconds, expected 1 to 999999", "expected one of: token ");
    for (arguments, told) in [
        (&["abc", "token"][..], time),
        (&["0"], time),
        (&["-1"], time),
        (&["1.5"], time),
        (&["token"], time),
        (&["1000000"], time),
        (&["1", "tokne"], target),
        (&["1", "token", "config_json config_xml"], target),
        (&["1", ""], target),
    ] {
        let (code, said) = run("arguments", arguments);
        assert!(code == Some(2) && said.contains(told) && said.lines().count() == 1, "{arguments:?}: {said}");
    }
    for arguments in [&[][..], &["1"], &["60", "token", "differential"]] {
        assert_eq!(
            run("arguments", arguments),
            (Some(0), "No nightly toolchain: replaying the corpora.\n".to_owned())
        );
    }
}

#[test]
fn every_target_is_known_to_the_script() {
    let files = fs::read_dir(workspace::root().join("fuzz/fuzz_targets")).expect("targets");
    let there: BTreeSet<_> = files
        .map(|file| file.expect("a file").path().file_stem().expect("a name").display().to_string())
        .collect();
    let (_, said) = run("targets", &["1", "no target"]);
    let (_, known) = said.trim().split_once("expected one of: ").expect("a list");
    assert_eq!(there, known.split(' ').map(str::to_owned).collect());
}
