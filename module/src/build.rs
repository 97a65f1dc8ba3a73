//! Running Cargo for WebAssembly.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use crate::command::{run, show};
use crate::error::Error;
use crate::lean::{Callbacks, lean};
use crate::reproducible;
use crate::workspace;

/// What becomes of Cargo's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// A person reads them while it builds.
    Shown,
    /// They become part of the error, if there is one.
    Kept,
}

/// The filter's module, in two forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// For Envoy, and every host that calls only what a module exports.
    pub module: PathBuf,
    /// For nginx, which calls more than that.
    pub for_nginx: PathBuf,
}

/// Builds the filter's module and returns the paths of its forms.
///
/// Processes that ask at the same time wait for each other. The wasm target of the toolchain is added where it is
/// missing.
pub fn build(words: Words) -> Result<Built, Error> {
    let _lock = lock()?;
    build_locked(words)
}

/// Builds the filter's module and returns copies in a folder that no other build touches: their names are their
/// contents'.
///
/// Each of Cargo's builds puts the whole module into its place first, even where nothing has changed, and this
/// crate the lean one after it: who loads it from there meanwhile may meet another one, or none.
pub fn build_apart(words: Words, folder: &Path) -> Result<Built, Error> {
    let lock = lock()?;
    let Built { module, for_nginx } = build_locked(words)?;
    let read = |file: &Path| fs::read(file).map_err(Error::io(format!("reading {}", file.display())));
    let (module, for_nginx) = (read(&module)?, read(&for_nginx)?);
    drop(lock);
    fs::create_dir_all(folder).map_err(Error::io(format!("creating {}", folder.display())))?;
    Ok(Built { module: apart(folder, &module)?, for_nginx: apart(folder, &for_nginx)? })
}

/// Writes a module under the name of its content, unless it is there.
fn apart(folder: &Path, module: &[u8]) -> Result<PathBuf, Error> {
    let mut hasher = DefaultHasher::new();
    module.hash(&mut hasher);
    let apart = folder.join(format!("validate_jwt-{:016x}.wasm", hasher.finish()));
    if !apart.is_file() {
        put(module, &apart)?;
    }
    Ok(apart)
}

fn build_locked(words: Words) -> Result<Built, Error> {
    let module = build_package("validate-jwt", words)?;
    let for_nginx = module.with_file_name("validate_jwt_nginx.wasm");
    let read = fs::read(&module).map_err(Error::io(format!("reading {}", module.display())))?;
    put(&lean(&module, &read, Callbacks::AlsoUnused)?, &for_nginx)?;
    put(&lean(&module, &read, Callbacks::Used)?, &module)?;
    Ok(Built { module, for_nginx })
}

/// Cargo's own lock ends with its build; what becomes of the module then is part of this one.
fn lock() -> Result<File, Error> {
    let target = workspace::target();
    fs::create_dir_all(&target).map_err(Error::io(format!("creating {}", target.display())))?;
    let lock =
        File::create(target.join(".module.lock")).map_err(Error::io("creating the lock of the module"))?;
    lock.lock().map_err(Error::io("waiting for another build of the module"))?;
    Ok(lock)
}

/// Writes a module to another file without the callbacks that the filter does not use.
pub fn take_out_unused(from: &Path, to: &Path) -> Result<(), Error> {
    let read = fs::read(from).map_err(Error::io(format!("reading {}", from.display())))?;
    put(&lean(from, &read, Callbacks::Used)?, to)
}

/// Writes a file, renamed into place: who loads the module meanwhile never meets half of it, and Cargo's own copy stays.
fn put(bytes: &[u8], file: &Path) -> Result<(), Error> {
    let fresh = file.with_extension(format!("{}.fresh", process::id()));
    fs::write(&fresh, bytes).map_err(Error::io(format!("writing {}", fresh.display())))?;
    fs::rename(&fresh, file).map_err(Error::io(format!("moving {} into place", file.display())))
}

/// Builds the library of a package of this workspace for WebAssembly, as it is.
pub fn build_package(package: &str, words: Words) -> Result<PathBuf, Error> {
    ensure_target()?;
    let target = workspace::target();
    let mut cargo = cargo_command();
    cargo
        .args(["build", "--profile", PROFILE, "--locked", "--package", package, "--lib", "--target", TARGET])
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_ENCODED_RUSTFLAGS", reproducible::flags(&workspace::root(), &target));
    match words {
        Words::Shown => show(&mut cargo, "cargo", INSTALL_RUST)?,
        Words::Kept => drop(run(&mut cargo, "cargo", INSTALL_RUST)?),
    }
    Ok(target.join(TARGET).join(PROFILE).join(package.replace('-', "_")).with_extension("wasm"))
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

/// The workspace's profile for the module, and the folder that Cargo names after it.
const PROFILE: &str = "module";

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
