//! The filter under test: built from this workspace before it is used, so that no test meets a stale one.

use std::path::PathBuf;
use std::sync::OnceLock;

use validate_jwt_module::{Built, Words};

use crate::error::Error;
use crate::workspace;

/// Builds the filter for WebAssembly, once per process, and returns the path of a module that no other process changes.
///
/// ```no_run
/// let module = validate_jwt_testbed::build::filter_module()?;
/// # Ok::<(), validate_jwt_testbed::Error>(())
/// ```
pub fn filter_module() -> Result<PathBuf, Error> {
    built().map(|built| built.module)
}

/// The same for the form that nginx loads.
pub fn nginx_module() -> Result<PathBuf, Error> {
    built().map(|built| built.for_nginx)
}

fn built() -> Result<Built, Error> {
    static BUILT: OnceLock<Result<Built, String>> = OnceLock::new();
    // The first caller's error is kept as text: it cannot be cloned, and every later caller needs it too.
    let result = BUILT.get_or_init(|| {
        let folder = workspace::target().join("testbed").join("modules");
        validate_jwt_module::build_apart(Words::Kept, &folder).map_err(|error| error.to_string())
    });
    result.clone().map_err(Error::configuration)
}
