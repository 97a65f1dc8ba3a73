//! The conformance corpus: other projects' cases, which are not part of this repository. CONTRIBUTING.md describes its form.

use std::env;
use std::io::{self, Write};
use std::path::PathBuf;

use crate::error::Error;

/// The folder that `VALIDATE_JWT_CORPUS` names; nothing where it names none, which is then said aloud.
///
/// What is named has to be there: an error otherwise.
pub fn folder() -> Result<Option<PathBuf>, Error> {
    let Some(folder) = env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from) else {
        // Past the test harness, which keeps what a passing test prints.
        let said = writeln!(io::stderr(), "skipped: {VARIABLE} names no conformance corpus");
        return said.map(|()| None).map_err(Error::io("saying that the corpus is skipped"));
    };
    if folder.is_dir() {
        return Ok(Some(folder));
    }
    Err(Error::configuration(format!("{VARIABLE} names {}, which is not a folder", folder.display())))
}

const VARIABLE: &str = "VALIDATE_JWT_CORPUS";
