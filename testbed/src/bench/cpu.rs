//! The processor time of a process, by the operating system's accounting.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::Error;

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
            nanoseconds +=
                ran.ok_or_else(|| Error::configuration("the kernel keeps no scheduler statistics"))?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }
}
