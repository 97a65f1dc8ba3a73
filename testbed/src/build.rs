//! The filter under test: built from this workspace before it is used, so that no test meets a stale one.

use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::{fs, process};

use validate_jwt_module::{Built, Words};
use walrus::Module;

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

/// A copy of the module whose memory may grow by so many pages of 64 KiB beyond what it begins with: what needs more ends
/// the VM.
pub fn filter_module_short_of_memory(pages: u64) -> Result<PathBuf, Error> {
    /// One writer at a time, and nobody reads half of a module.
    static WRITING: Mutex<()> = Mutex::new(());
    let whole = filter_module()?;
    let short = whole.with_extension(format!("{pages}-pages.wasm"));
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    if !short.is_file() {
        let mut module =
            Module::from_file(&whole).map_err(|error| Error::configuration(error.to_string()))?;
        for memory in module.memories.iter_mut() {
            memory.maximum = Some(memory.initial + pages);
        }
        let fresh = short.with_extension(format!("{}.fresh", process::id()));
        fs::write(&fresh, module.emit_wasm()).map_err(Error::io(format!("writing {}", fresh.display())))?;
        fs::rename(&fresh, &short).map_err(Error::io(format!("writing {}", short.display())))?;
    }
    Ok(short)
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
