//! A folder that stands for a clone of the repository, for commands of the documents that are run as printed.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use validate_jwt_testbed::{Error, workspace};

use crate::lab::module;

/// It holds `deploy` and the built module, and is gone with its owner.
pub(crate) struct Checkout(PathBuf);

impl Drop for Checkout {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Checkout {
    pub(crate) async fn new(name: &str) -> Result<Self, Error> {
        let checkout = Self(workspace::target().join(format!("checkout-{}-{name}", process::id())));
        let built = checkout.0.join("target/wasm32-wasip1/module");
        fs::create_dir_all(&built).map_err(Error::io("making a folder"))?;
        let deploy = workspace::root().join("deploy");
        symlink(deploy, checkout.0.join("deploy")).map_err(Error::io("linking deploy"))?;
        symlink(module().await?, built.join("validate_jwt.wasm")).map_err(Error::io("linking the module"))?;
        Ok(checkout)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Runs commands in it, in bash, with these variables.
    pub(crate) fn run(&self, script: &str, variables: &[(&str, &str)]) -> String {
        let mut bash = Command::new("bash");
        bash.args(["-euc", script]).current_dir(&self.0).envs(variables.iter().copied());
        let output = bash.output().expect("bash");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{script}\n{told}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}
