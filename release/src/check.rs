//! A folder with a whole release, looked at as those will who use it.

mod checksums;
mod digests;
mod envoy;
mod images;
mod module;
mod parts;
mod program;

use std::fs;
use std::path::{Path, PathBuf};

use validate_jwt_testbed::workspace;

use crate::error::{Error, FileFault};
use crate::version::Version;

/// Checks everything in a folder: checksums, modules, digests, images, a real Envoy with what is in them, programs, parts. Gives a line
/// for each thing that is right.
pub async fn check(folder: &Path, version: &Version) -> Result<Vec<String>, Error> {
    let mut lines = checksums::check(folder)?;
    let module = module::check(folder)?;
    lines.push("validate_jwt.wasm, validate_jwt_nginx.wasm: they name no folder of this machine".to_owned());
    lines.extend(digests::check(folder, version)?);
    let scratch = Scratch::new("whole")?;
    for (tag, plugin) in images::check(&folder.join(archive(version)), version, &module)? {
        let file = scratch.put("plugin.wasm", &plugin)?;
        envoy::check(&file).await?;
        lines.push(format!(
            "{tag}: taken apart, it holds validate_jwt.wasm; Envoy with it refuses and lets pass"
        ));
    }
    lines.extend(program::check(folder, version, &scratch)?);
    lines.extend(parts::check(folder, version)?);
    Ok(lines)
}

/// The file with the images of a version.
pub fn archive(version: &Version) -> String {
    format!("validate-jwt-{version}.oci.tar")
}

/// A folder for what is taken out of files, that is gone with its owner.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Result<Self, Error> {
        let folder = workspace::target().join(format!("release-check-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).map_err(Error::io(format!("creating {}", folder.display())))?;
        Ok(Self(folder))
    }

    fn put(&self, name: &str, content: &[u8]) -> Result<PathBuf, Error> {
        let file = self.0.join(name);
        fs::write(&file, content).map_err(Error::io(format!("writing {}", file.display())))?;
        Ok(file)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing to do about a failure here: the folder's name is this process's own.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Error> {
    if !file.is_file() {
        return Err(fault(file, FileFault::Missing));
    }
    fs::read(file).map_err(Error::io(format!("reading {}", file.display())))
}

fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let reading = || Error::io(format!("reading {}", folder.display()));
    let entries =
        fs::read_dir(folder).map_err(reading())?.collect::<Result<Vec<_>, _>>().map_err(reading())?;
    let mut names: Vec<_> =
        entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

fn fault(file: &Path, fault: FileFault) -> Error {
    Error::File { file: file.to_path_buf(), fault }
}
