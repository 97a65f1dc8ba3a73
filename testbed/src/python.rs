//! Python programs with packages from the package index: other projects' clients and servers, which tests talk to.

pub(crate) mod error;
mod interpreter;
mod version;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process;

use validate_jwt_module::workspace;

pub use error::PythonError;
pub use interpreter::{Interpreter, Packages};
pub use version::Version;

use crate::error::Error;

/// The Python of a virtual environment with the packages that a requirements file lists; made once, and kept in
/// Cargo's target folder under this name until the list changes.
pub fn environment(name: &str, requirements: &Path) -> Result<PathBuf, Error> {
    let wanted =
        fs::read_to_string(requirements).map_err(Error::io(format!("reading {}", requirements.display())))?;
    let kept = workspace::target().join("python");
    let folder = kept.join(name);
    if holds(&folder, &wanted) {
        return Ok(python(&folder));
    }
    fs::create_dir_all(&kept).map_err(Error::io(format!("creating {}", kept.display())))?;
    let lock =
        File::create(kept.join(".lock")).map_err(Error::io("creating the lock for Python packages"))?;
    lock.lock().map_err(Error::io("waiting for another process that installs Python packages"))?;
    // Another process may have been quicker while this one waited.
    if !holds(&folder, &wanted) {
        install(&folder, requirements, &wanted)?;
    }
    Ok(python(&folder))
}

/// Makes the environment beside its final place and renames it, so that nobody meets half of it.
fn install(folder: &Path, requirements: &Path, wanted: &str) -> Result<(), Error> {
    let unfinished = folder.with_file_name(format!(".unfinished-{}", process::id()));
    let installed = fill(&unfinished, requirements).and_then(|()| {
        fs::write(unfinished.join(LIST), wanted).map_err(Error::io("noting the installed packages"))?;
        // What stands there has another list's packages.
        let _ = fs::remove_dir_all(folder);
        fs::rename(&unfinished, folder).map_err(Error::io("moving the Python environment into place"))
    });
    if installed.is_err() {
        // Nothing to do about a failure here: the folder's name is this process's own.
        let _ = fs::remove_dir_all(&unfinished);
    }
    installed
}

fn fill(folder: &Path, requirements: &Path) -> Result<(), Error> {
    let failed = |source| Error::Python { doing: format!("installing {}", requirements.display()), source };
    let system = Interpreter::find(Path::new("python3"), OLDEST).map_err(failed)?;
    system.make_environment(folder).map_err(failed)?;
    let own = Interpreter::find(&python(folder), OLDEST).map_err(failed)?;
    own.install(&Packages::Listed { requirements }).map_err(failed)
}

/// Whether an environment is whole and has these packages.
fn holds(folder: &Path, wanted: &str) -> bool {
    fs::read_to_string(folder.join(LIST)).is_ok_and(|list| list == wanted)
}

fn python(folder: &Path) -> PathBuf {
    folder.join("bin/python")
}

/// What was installed; written last.
const LIST: &str = "requirements.txt";

/// What the SDK of the Model Context Protocol asks for.
const OLDEST: Version = Version(3, 11);
