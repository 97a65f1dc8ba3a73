//! The same module, bit for bit, wherever it is built.
//!
//! Where code can panic, the compiler keeps the path of its source in the module: of this clone, of Cargo's home and of the target
//! folder, which differ from machine to machine. Here each gets a name that is the same everywhere.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

/// Flags for the compiler, in the form of `CARGO_ENCODED_RUSTFLAGS`.
pub(crate) fn flags(root: &Path, target: &Path) -> OsString {
    // Of several that fit, the last one counts: the target folder is usually within the root.
    let mut folders = vec![(root.to_path_buf(), "/source"), (target.to_path_buf(), "/target")];
    folders.extend(registries(&cargo_home()).into_iter().map(|registry| (registry, "/registry")));
    let flags = folders.into_iter().map(|(folder, name)| {
        let mut flag = OsString::from("--remap-path-prefix=");
        flag.push(folder);
        flag.push("=");
        flag.push(name);
        flag
    });
    flags.collect::<Vec<_>>().join(OsStr::new(SEPARATOR))
}

/// The folders of unpacked crates: one for each registry, named after its address, which for a mirror is another one. This program's
/// own crates are in them, so they are there before the module's.
fn registries(cargo_home: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(cargo_home.join("registry").join("src")).into_iter().flatten();
    let mut folders: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    folders.sort();
    folders
}

fn cargo_home() -> PathBuf {
    let named = env::var_os("CARGO_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    named.unwrap_or_else(|| env::home_dir().unwrap_or_default().join(".cargo"))
}

/// What Cargo separates flags by: a path may hold spaces.
const SEPARATOR: &str = "\u{1f}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clone_and_the_target_folder_within_it_have_names_of_their_own() {
        let flags = flags(Path::new("/home/a b"), Path::new("/home/a b/target")).into_string().unwrap();
        let flags: Vec<&str> = flags.split(SEPARATOR).collect();
        let wanted =
            ["--remap-path-prefix=/home/a b=/source", "--remap-path-prefix=/home/a b/target=/target"];
        assert_eq!(flags[..2], wanted);
        assert!(flags[2..].iter().all(|flag| flag.ends_with("=/registry")), "{flags:?}");
    }

    #[test]
    fn this_programs_own_crates_are_in_a_registry_that_has_a_name() {
        let crates =
            registries(&cargo_home()).into_iter().flat_map(|registry| fs::read_dir(registry).unwrap());
        let mut names = crates.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        assert!(names.any(|name| name.starts_with("walrus-")));
    }
}
