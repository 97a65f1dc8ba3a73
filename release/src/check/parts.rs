//! The lists of parts, one for the module and one for the command line program, as `cargo-cyclonedx` writes them.

use std::path::Path;

use serde_json::Value;

use super::{fault, read};
use crate::archive::parsed;
use crate::error::{Error, FileFault};
use crate::version::Version;

pub(super) fn check(folder: &Path, version: &Version) -> Result<Vec<String>, Error> {
    let lists = [
        (format!("validate-jwt-{version}.cdx.json"), "proxy-wasm"),
        (format!("validate-jwt-cli-{version}.cdx.json"), "clap"),
    ];
    lists.into_iter().map(|(name, part)| list(folder, &name, part)).collect()
}

/// A list has to have a part that only its own program is made of.
fn list(folder: &Path, name: &str, part: &str) -> Result<String, Error> {
    let file = folder.join(name);
    let list: Value = parsed(name, &read(&file)?)?;
    let parts: Vec<&str> = list["components"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|part| part["name"].as_str())
        .collect();
    if list["bomFormat"] == "CycloneDX" && parts.contains(&part) {
        Ok(format!("{name}: {} parts", parts.len()))
    } else {
        Err(fault(&file, FileFault::NoParts))
    }
}
