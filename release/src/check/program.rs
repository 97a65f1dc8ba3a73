//! The command line program: unpacked and run, where it is for this kind of machine.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::{Scratch, fault, names, read};
use crate::error::{Error, FileFault};
use crate::layer::{files, uncompressed};
use crate::version::{Version, workspace};

pub(super) fn check(folder: &Path, version: &Version, scratch: &Scratch) -> Result<Vec<String>, Error> {
    let prefix = format!("validate-jwt-{version}-{ARCH}-");
    let ours = |name: &String| name.starts_with(&prefix) && name.contains(OS) && name.ends_with(".tar.gz");
    let Some(name) = names(folder)?.into_iter().find(ours) else {
        return Err(fault(&folder.join(format!("{prefix}….tar.gz")), FileFault::Missing));
    };
    let file = folder.join(&name);
    let files = uncompressed(&read(&file)?).and_then(|archive| files(&archive));
    let files = files.map_err(Error::io(format!("unpacking {}", file.display())))?;
    let program = files.into_iter().find(|(name, _)| name.ends_with("/validate-jwt"));
    let (_, program) = program.ok_or_else(|| fault(&file.join("validate-jwt"), FileFault::Missing))?;
    let program = scratch.put("validate-jwt", &program)?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))
        .map_err(Error::io(format!("making {} executable", program.display())))?;
    let said = Command::new(&program).arg("--version").output();
    let said = said.map_err(Error::io(format!("running validate-jwt out of {}", file.display())))?;
    let said = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    if said == format!("validate-jwt {}", workspace()?) {
        Ok(vec![format!("{name}: unpacked, it runs")])
    } else {
        Err(fault(&file, FileFault::NoProgram { said }))
    }
}
