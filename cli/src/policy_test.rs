//! `test`: tables of requests, with the verdicts that are expected of a policy. The filter core runs them, as for `explain`.
//!
//! Tokens are minted on the fly: every provider of the configuration gets a test key and documents that publish it. Time
//! stands still, so that a table says the same every day.

mod case;
mod command;
mod difference;
mod file;
mod key;
mod mint;
mod provider;
mod report;
mod subject;
pub(crate) mod wrong;

use std::path::Path;

pub use case::CaseReport;
pub(crate) use command::Test;
pub use difference::Difference;
use file::TestFile;
pub use report::{FileReport, json, junit, text};
use subject::Subject;
pub use wrong::{BadFile, BadInput, Wrong};

use crate::input::{self, Unusable};

/// Runs every test of a file.
///
/// # Errors
///
/// [`BadFile`] where it is none of tests, or names what is not there.
pub fn run(file: &Path) -> Result<FileReport, BadFile> {
    let bad = |test: Option<String>| move |wrong: Wrong| BadFile { file: file.to_owned(), test, wrong };
    let unreadable = |why: Unusable| bad(None)(Wrong::Unreadable(BadInput(Box::new(why))));
    let name = file.display().to_string();
    let content = input::read(&name).map_err(Unusable::from).map_err(unreadable)?;
    // The typed reader below has no bounds of its own.
    input::values(&name, &content).map_err(Unusable::from).map_err(unreadable)?;
    let content = content.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&content);
    let tests: TestFile = yaml_serde::from_slice(content).map_err(Wrong::Form).map_err(bad(None))?;
    let subject = Subject::of(&tests, file.parent().unwrap_or(Path::new(""))).map_err(bad(None))?;
    if tests.tests.is_empty() {
        return Err(bad(None)(Wrong::NoTests));
    }
    let mut cases = Vec::new();
    for test in tests.tests {
        let name = test.name.clone();
        cases.push(case::run(test, &tests.defaults, &subject).map_err(bad(Some(name)))?);
    }
    Ok(FileReport { file: file.to_owned(), cases })
}
