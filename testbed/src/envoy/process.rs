//! The operating system's side of a running Envoy.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{self, Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::error::Error;
use crate::workspace;

/// An Envoy process that does not outlive this one.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    /// Open as long as this process lives; its end is what the guard waits for.
    guard: Option<ChildStdin>,
    log: PathBuf,
}

impl Process {
    /// Starts Envoy with its output going to `log`.
    pub(super) fn start(binary: &Path, arguments: &[OsString], log: &Path) -> Result<Self, Error> {
        let file = File::create(log).map_err(Error::io(format!("creating {}", log.display())))?;
        let output = file.try_clone().map_err(Error::io("sharing Envoy's log file"))?;
        let mut command = Command::new("sh");
        command.args(["-c", GUARDED]).arg(binary).args(arguments);
        command.stdin(Stdio::piped()).stdout(output).stderr(file);
        out_of_the_terminal(&mut command);
        let mut child = command.spawn().map_err(Error::io(format!("starting {}", binary.display())))?;
        let guard = child.stdin.take();
        Ok(Self { child, guard, log: log.to_path_buf() })
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// How the process ended, if it did.
    pub(super) fn exit_status(&mut self) -> Result<Option<ExitStatus>, Error> {
        let status = self.child.try_wait().map_err(Error::io("looking after Envoy"))?;
        if status.is_some() {
            self.dismiss_guard();
        }
        Ok(status)
    }

    /// Ends the process and waits for its end.
    pub(super) fn kill(&mut self) {
        // Both fail only when the process is gone already.
        let _ = self.child.kill();
        self.dismiss_guard();
        let _ = self.child.wait();
    }

    /// A line lets the guard go without killing: by now the identifier may be another process's.
    fn dismiss_guard(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            let _ = guard.write_all(b"dismissed\n");
        }
    }

    pub(super) fn cpu_time(&self) -> Result<Duration, Error> {
        let stat = self.proc_file("stat")?;
        // The name in parentheses may hold blanks; what follows it is fields 3 and on.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |field: usize| fields.get(field - 3).and_then(|text| text.parse::<u64>().ok());
        match (ticks(14), ticks(15)) {
            (Some(user), Some(system)) => {
                Ok(Duration::from_millis((user + system) * 1000 / TICKS_PER_SECOND))
            }
            _ => Err(Error::configuration("the kernel's process statistics look different than expected")),
        }
    }

    pub(super) fn resident_bytes(&self) -> Result<u64, Error> {
        let status = self.proc_file("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
        let kilobytes =
            kilobytes.ok_or_else(|| Error::configuration("Envoy has no resident memory: it ended"));
        Ok(kilobytes? * 1024)
    }

    fn proc_file(&self, name: &str) -> Result<String, Error> {
        let path = format!("/proc/{}/{name}", self.id());
        fs::read_to_string(&path).map_err(Error::io(format!("reading {path}")))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Makes a folder that no other Envoy has.
pub(super) fn fresh_folder() -> Result<PathBuf, Error> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let folder = workspace::target().join("testbed").join(name);
    // A process that was killed left its folder, and the identifier has come round again.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(Error::io(format!("creating {}", folder.display())))?;
    Ok(folder)
}

/// Ctrl-C reaches the whole foreground process group; Envoy is to end when its owner says so.
#[cfg(unix)]
fn out_of_the_terminal(command: &mut Command) {
    use std::os::unix::process::CommandExt;

    command.process_group(0);
}

/// Becomes Envoy (same process identifier) after leaving a guard behind. The guard reads from a pipe that only the
/// owner holds: when the owner dies, by whatever signal, the read fails and the guard kills Envoy. This needs no
/// `unsafe`, unlike a parent-death signal, which moreover fires when the *thread* that started the process ends.
const GUARDED: &str = r#"exec 3<&0
(read -r dismissed <&3 || kill -KILL $$) >/dev/null 2>&1 &
exec "$0" "$@" 3<&- </dev/null"#;

/// `USER_HZ`, which Linux promises to programs whatever its own clock does.
const TICKS_PER_SECOND: u64 = 100;
