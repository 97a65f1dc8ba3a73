//! A folder with a copy of one of the repository's scripts, where programs only note what they were called with.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use validate_jwt_testbed::workspace;

/// A folder that is gone with its owner.
pub(crate) struct Stage(PathBuf);

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Stage {
    /// An empty one, under a name of its own.
    pub(crate) fn new(name: &str) -> Self {
        Self(workspace::target().join(format!("stage-{}-{name}", std::process::id())))
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    /// A copy of one of the repository's scripts.
    pub(crate) fn script(&self, path: &str) {
        let text = fs::read_to_string(workspace::root().join(path))
            .unwrap_or_else(|error| panic!("{path}: {error}"));
        self.program(path, &text);
    }

    pub(crate) fn program(&self, path: &str, text: &str) {
        let file = self.file(path, text);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("executable");
    }

    pub(crate) fn file(&self, path: &str, text: &str) -> PathBuf {
        let file = self.0.join(path);
        fs::create_dir_all(file.parent().unwrap_or(&self.0)).expect("a folder");
        fs::write(&file, text).expect("a file");
        file
    }

    /// A script of this stage, which finds the programs in `bin` before all others.
    pub(crate) fn bash(&self, script: &str) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("bash");
        command.arg(self.0.join(script)).current_dir(&self.0);
        command.env("PATH", format!("{}:{path}", self.0.join("bin").display()));
        command
    }
}

/// What a script printed, errors included.
pub(crate) fn words(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}
