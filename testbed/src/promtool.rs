//! Prometheus's own judge of rules: `promtool`, named, installed, or fetched.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use serde_json::Value;
use validate_jwt_module::command::run;
use validate_jwt_module::workspace;

use crate::error::Error;

/// A `promtool` that can be run.
#[derive(Clone, Debug)]
pub struct Promtool(PathBuf);

impl Promtool {
    /// Finds it and fetches it where needed.
    ///
    /// In this order: the file named by `PROMTOOL`; `promtool` on `PATH`; the one in Debian's package `prometheus`, fetched,
    /// not installed, and kept in Cargo's target folder.
    pub fn find() -> Result<Self, Error> {
        if let Some(named) = env::var_os("PROMTOOL").filter(|value| !value.is_empty()) {
            let file = PathBuf::from(named);
            return if file.is_file() {
                Ok(Self(file))
            } else {
                Err(Error::configuration(format!("PROMTOOL names {}, which is no file", file.display())))
            };
        }
        let path = env::var_os("PATH").unwrap_or_default();
        let installed =
            env::split_paths(&path).map(|folder| folder.join("promtool")).find(|file| file.is_file());
        installed.map_or_else(fetched, Ok).map(Self)
    }

    /// Judges a file of rules: an error with what is said of it.
    pub fn check_rules(&self, file: &Path) -> Result<(), Error> {
        self.run([OsStr::new("check"), OsStr::new("rules"), file.as_os_str()])
    }

    /// Judges a configuration of Prometheus likewise.
    pub fn check_configuration(&self, file: &Path) -> Result<(), Error> {
        self.run([OsStr::new("check"), OsStr::new("config"), file.as_os_str()])
    }

    /// Lets rules be tested as a document says: an error with what is not as expected.
    pub fn test(&self, document: &Value) -> Result<(), Error> {
        let file =
            workspace::target().join(format!("promtool-{}-{}.yaml", process::id(), fingerprint(document)));
        fs::write(&file, document.to_string()).map_err(Error::io(format!("writing {}", file.display())))?;
        self.run([OsStr::new("test"), OsStr::new("rules"), file.as_os_str()])?;
        // Only a failure is worth keeping the file for.
        fs::remove_file(&file).map_err(Error::io(format!("removing {}", file.display())))
    }

    fn run<'a>(&self, arguments: impl IntoIterator<Item = &'a OsStr>) -> Result<(), Error> {
        let output = Command::new(&self.0).args(arguments).output().map_err(Error::io("running promtool"))?;
        if output.status.success() {
            return Ok(());
        }
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Err(Error::configuration(said.concat()))
    }
}

/// Tests run in parallel in one process.
fn fingerprint(document: &Value) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};

    let mut hasher = DefaultHasher::new();
    document.to_string().hash(&mut hasher);
    format!("{:x}", hasher.finish())
}

fn fetched() -> Result<PathBuf, Error> {
    let kept = workspace::target().join("promtool");
    let wanted = kept.join(BINARY);
    if wanted.is_file() {
        return Ok(wanted);
    }
    fs::create_dir_all(&kept).map_err(Error::io(format!("creating {}", kept.display())))?;
    let lock =
        File::create(kept.join(".lock")).map_err(Error::io("creating the lock for fetching promtool"))?;
    lock.lock().map_err(Error::io("waiting for another process that fetches promtool"))?;
    // Another process may have been quicker while this one waited.
    if !wanted.is_file() {
        let unfinished = kept.join(format!(".unfinished-{}", process::id()));
        let fetched = fetch(&unfinished, &kept);
        // Nothing to do about a failure here: the folder's name is this process's own.
        let _ = fs::remove_dir_all(&unfinished);
        fetched?;
    }
    Ok(wanted)
}

/// Unpacks the package beside its final place and moves the program, so that nobody meets half of it.
fn fetch(unfinished: &Path, kept: &Path) -> Result<(), Error> {
    fs::create_dir_all(unfinished).map_err(Error::io(format!("creating {}", unfinished.display())))?;
    let ask = |words: &[&str]| {
        run(Command::new("apt-get").args(words).current_dir(unfinished), "apt-get", ADVICE).map(drop)
    };
    let download = ["download", "--quiet", "prometheus"];
    // A new machine has no lists of packages yet.
    if ask(&download).is_err() {
        ask(&["update", "--quiet"])?;
        ask(&download)?;
    }
    let entries = fs::read_dir(unfinished).map_err(Error::io("looking for the package"))?;
    let package = entries.filter_map(Result::ok).map(|entry| entry.path());
    let package = package.filter(|path| path.extension() == Some(OsStr::new("deb"))).last();
    let package = package.ok_or_else(|| Error::configuration("apt-get brought no package"))?;
    run(Command::new("dpkg-deb").arg("--extract").arg(package).arg(unfinished), "dpkg-deb", ADVICE)?;
    let program = unfinished.join("usr/bin/promtool");
    fs::rename(program, kept.join(BINARY)).map_err(Error::io("moving promtool into place"))
}

const BINARY: &str = "promtool";

const ADVICE: &str = "install Prometheus, whose promtool judges the alerts, and name it with PROMTOOL=/path/to/promtool; \
                      on Debian and Ubuntu it is fetched";
