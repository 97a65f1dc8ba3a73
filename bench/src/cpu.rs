//! Processors: the time of a process, by the operating system's accounting, and which of them a process may use.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use rustix::io::Errno;
use rustix::thread::{CpuSet, Pid, sched_getaffinity, sched_setaffinity};

use validate_jwt_testbed::Error;

/// Reads the processor time of a running process.
#[derive(Clone, Debug)]
pub(super) struct CpuClock {
    tasks: PathBuf,
}

impl CpuClock {
    pub(super) fn of(process: u32) -> Self {
        Self { tasks: format!("/proc/{process}/task").into() }
    }

    /// Time that all threads together have run, in nanoseconds' resolution (`schedstat`): the ticks that
    /// processes are usually charged in are longer than a whole turn of some variants.
    pub(super) fn read(&self) -> Result<Duration, Error> {
        let doing = || format!("reading {} (the benchmark needs Linux)", self.tasks.display());
        let mut nanoseconds = 0;
        for task in fs::read_dir(&self.tasks).map_err(Error::io(doing()))? {
            let file = task.map_err(Error::io(doing()))?.path().join("schedstat");
            // A thread that has ended meanwhile was no worker.
            let Ok(text) = fs::read_to_string(file) else { continue };
            let ran = text.split_whitespace().next().and_then(|ran| ran.parse::<u64>().ok());
            nanoseconds += ran
                .ok_or_else(|| Error::configuration("expected scheduler statistics in /proc, found none"))?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }
}

/// Gives a running process a processor of its own. Work that moves between processors, or is pushed aside by its own
/// load, costs several times what is compared here.
pub(super) fn give_own_processor(process: u32) -> Result<Processors, Error> {
    let mut others = sched_getaffinity(None).map_err(failed)?;
    let usable: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|&cpu| others.is_set(cpu)).collect();
    let [measured, _, ..] = usable[..] else { return Ok(Processors(None)) };
    others.unset(measured);
    let mut own = CpuSet::new();
    own.set(measured);
    // Threads that start later inherit it.
    for task in fs::read_dir(format!("/proc/{process}/task")).map_err(Error::io(CHOOSING))? {
        let name = task.map_err(Error::io(CHOOSING))?.file_name();
        let thread = name.to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
        // A thread that has ended meanwhile needs none.
        if let Some(Err(error)) = thread.map(|thread| sched_setaffinity(Some(thread), &own))
            && error != Errno::SRCH
        {
            return Err(failed(error));
        }
    }
    Ok(Processors(Some(others)))
}

/// The processors for everything but the process that is measured; none where it is the only one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Processors(Option<CpuSet>);

impl Processors {
    /// Keeps the calling thread to these.
    pub(super) fn use_these(&self) -> Result<(), Error> {
        self.0.as_ref().map_or(Ok(()), |these| sched_setaffinity(None, these).map_err(failed))
    }
}

fn failed(error: Errno) -> Error {
    Error::io(CHOOSING)(error.into())
}

const CHOOSING: &str = "choosing processors (the benchmark needs Linux)";
