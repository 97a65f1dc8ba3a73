//! Where things of this workspace are on disk.

use std::env;
use std::path::{Path, PathBuf};

/// The workspace's root: the folder of `envoy.yaml`.
pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_path_buf()
}

/// Cargo's target folder of the running build, where built and fetched things are kept.
pub fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        // Cargo reads a relative value against its own working folder, which for every documented
        // command is the root; a test binary's working folder is its package's.
        Some(folder) if !folder.is_empty() => root().join(folder),
        _ => root().join("target"),
    }
}
