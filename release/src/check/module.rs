//! The modules as files. Whether they are the same everywhere takes a second build (`.ci/same-module`); what would make them another one is
//! seen here.

use std::env;
use std::path::{Path, PathBuf};

use validate_jwt_testbed::workspace;

use super::{fault, read};
use crate::error::{Error, FileFault};

pub(super) fn check(folder: &Path) -> Result<Vec<u8>, Error> {
    let module = folder.join("validate_jwt.wasm");
    for file in [&module, &folder.join("validate_jwt_nginx.wasm")] {
        let content = read(file)?;
        if let Some(path) = machine().find(|path| names(&content, path)) {
            return Err(fault(file, FileFault::NamesAPath { path }));
        }
    }
    read(&module)
}

/// Folders whose names differ from machine to machine.
fn machine() -> impl Iterator<Item = PathBuf> {
    let homes = ["CARGO_HOME", "HOME"].into_iter().filter_map(env::var_os).map(PathBuf::from);
    homes.chain([workspace::root(), workspace::target()]).filter(|path| path.components().count() > 1)
}

fn names(content: &[u8], path: &Path) -> bool {
    let path = path.join("").into_os_string().into_encoded_bytes();
    content.windows(path.len()).any(|window| window == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_where_it_is_a_folder_and_not_where_it_begins_a_word() {
        assert!(names(b"..\0/home/me/.cargo/registry", Path::new("/home/me")));
        assert!(!names(b"..\0/home/meadow", Path::new("/home/me")));
    }
}
