//! The command line program in an archive, for one kind of machine.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use validate_jwt_testbed::workspace;

use crate::error::{Error, FileFault};
use crate::layer::{Use, archive, compressed};
use crate::version::Version;

/// The oldest glibc that a program for Linux has to run with: Ubuntu 22.04, Debian 12, RHEL 9 have it.
pub const GLIBC_FLOOR: &str = "2.34";

/// Packs a program that was built for a target, and gives the archive's path.
///
/// What needs a newer glibc than [`GLIBC_FLOOR`] is refused.
pub fn pack(program: &Path, version: &Version, target: &str, folder: &Path) -> Result<PathBuf, Error> {
    let content = fs::read(program).map_err(Error::io(format!("reading {}", program.display())))?;
    if let Some((major, minor)) = glibc(&content).last().filter(|needed| Some(**needed) > number(GLIBC_FLOOR))
    {
        let fault = FileFault::NewerGlibc { needed: format!("{major}.{minor}"), allowed: GLIBC_FLOOR };
        return Err(Error::File { file: program.to_path_buf(), fault });
    }
    let licence = workspace::root().join("LICENSE");
    let licence = fs::read(&licence).map_err(Error::io(format!("reading {}", licence.display())))?;
    let name = format!("validate-jwt-{version}-{target}");
    let packed = archive([
        (format!("{name}/LICENSE").as_str(), Use::Read, licence.as_slice()),
        (format!("{name}/validate-jwt").as_str(), Use::Run, content.as_slice()),
    ])?;
    let file = folder.join(format!("{name}.tar.gz"));
    fs::write(&file, compressed(&packed)?).map_err(Error::io(format!("writing {}", file.display())))?;
    Ok(file)
}

/// The versions of glibc whose symbols a program names.
fn glibc(program: &[u8]) -> BTreeSet<(u32, u32)> {
    let starts = program.windows(SYMBOLS.len()).enumerate().filter(|(_, window)| *window == SYMBOLS);
    let version = |start: usize| {
        let rest = program.get(start + SYMBOLS.len()..)?;
        let end = rest.iter().position(|byte| !byte.is_ascii_digit() && *byte != b'.')?;
        number(std::str::from_utf8(rest.get(..end)?).ok()?)
    };
    starts.filter_map(|(start, _)| version(start)).collect()
}

/// Major and minor.
fn number(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

const SYMBOLS: &[u8] = b"GLIBC_";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_glibc_is_the_greatest_number_not_the_last_word() {
        let program = b"\0GLIBC_2.9\0GLIBC_2.34\0GLIBC_2.2.5\0GLIBC_PRIVATE\0";
        assert_eq!(glibc(program).last(), Some(&(2, 34)));
        assert_eq!(glibc(b"static").last(), None);
    }

    #[test]
    fn a_program_that_needs_a_newer_glibc_is_not_packed() {
        let program = workspace::target().join(format!("release-newer-{}", std::process::id()));
        fs::write(&program, b"\0GLIBC_2.39\0").unwrap();
        let told =
            pack(&program, &"0.2.0".parse().unwrap(), "x", &workspace::target()).unwrap_err().to_string();
        fs::remove_file(&program).unwrap();
        assert!(
            told.ends_with("it needs glibc 2.39, expected 2.34 or less: build it on an older system"),
            "{told}"
        );
    }
}
