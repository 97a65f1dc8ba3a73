//! The filter under test: built from this workspace before it is used, so that no test meets a stale one.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::command::run;
use crate::error::Error;
use crate::workspace;

/// Builds the filter for WebAssembly and returns the module's path.
///
/// The work is done once per process; processes that ask at the same time wait for each other on Cargo's own
/// lock. The wasm target of the toolchain is added where it is missing.
///
/// ```no_run
/// let module = validate_jwt_testbed::build::filter_module()?;
/// # Ok::<(), validate_jwt_testbed::Error>(())
/// ```
pub fn filter_module() -> Result<PathBuf, Error> {
    static MODULE: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    // The first caller's error is kept as text: it cannot be cloned, and every later caller needs it too.
    let result = MODULE.get_or_init(|| build().map_err(|error| error.to_string()));
    result.clone().map_err(Error::configuration)
}

fn build() -> Result<PathBuf, Error> {
    ensure_target()?;
    let target = workspace::target();
    let mut cargo = cargo_command();
    cargo
        .args(["build", "--release", "--locked", "--package", "validate-jwt", "--lib", "--target", TARGET])
        .env("CARGO_TARGET_DIR", &target);
    run(&mut cargo, "cargo", INSTALL_RUST)?;
    let module = target.join(TARGET).join("release/validate_jwt.wasm");
    if module.is_file() {
        Ok(module)
    } else {
        Err(Error::configuration(format!("the build succeeded but left no {}", module.display())))
    }
}

/// A pinned toolchain that is already installed does not bring the targets of `rust-toolchain.toml` along.
fn ensure_target() -> Result<(), Error> {
    let mut rustc = clean(env::var_os("RUSTC").as_deref().unwrap_or(OsStr::new("rustc")));
    rustc.args(["--print", "target-libdir", "--target", TARGET]);
    let libraries = run(&mut rustc, "rustc", INSTALL_RUST)?;
    if Path::new(libraries.trim()).is_dir() {
        return Ok(());
    }
    let mut rustup = clean(OsStr::new("rustup"));
    rustup.args(["target", "add", TARGET]);
    let advice =
        format!("the Rust toolchain lacks the target {TARGET}: install rustup, or the target by hand");
    run(&mut rustup, "rustup", &advice).map(drop)
}

fn cargo_command() -> Command {
    clean(env::var_os("CARGO").as_deref().unwrap_or(OsStr::new("cargo")))
}

/// A command that runs in the workspace's root without what Cargo and its wrappers set for their children:
/// flags for the native build break this one or make Cargo rebuild everything each time.
fn clean(program: &OsStr) -> Command {
    let mut command = Command::new(program);
    command.current_dir(workspace::root());
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(is_of_the_outer_build) {
            command.env_remove(name);
        }
    }
    command
}

fn is_of_the_outer_build(name: &str) -> bool {
    OUTER_NAMES.contains(&name) || OUTER_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

const TARGET: &str = "wasm32-wasip1";

const INSTALL_RUST: &str = "install Rust with rustup, https://rustup.rs";

const OUTER_NAMES: [&str; 14] = [
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_CRATE_NAME",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_INCREMENTAL",
    "CARGO_PRIMARY_PACKAGE",
    "CARGO_TARGET_TMPDIR",
    "LLVM_PROFILE_FILE",
    "NUM_JOBS",
    "OUT_DIR",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
];

const OUTER_PREFIXES: [&str; 6] =
    ["CARGO_BIN_", "CARGO_CFG_", "CARGO_FEATURE_", "CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_PROFILE_"];
