//! Files, or standard input for `-`: of bounded size, and within bounded time where nobody writes.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Why a file cannot be read.
#[derive(Debug)]
pub(crate) enum Unreadable {
    File {
        file: String,
        why: Why,
    },
    /// A token stands in the place of a file's name. It is not kept: nothing can tell it.
    Token,
}

#[derive(Debug)]
pub(crate) enum Why {
    System(io::Error),
    Directory,
    Large,
    /// A pipe that nobody has opened for writing.
    Silent,
    /// Standard input, a second time.
    Taken,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::File { file, why } = self else {
            return f.write_str("a token stands where the name of a file belongs: write it to a file, or give - and pipe it in");
        };
        write!(f, "cannot read {file}: ")?;
        match why {
            Why::System(error) => error.fmt(f),
            Why::Directory => f.write_str("it is a directory"),
            Why::Large => write!(f, "it has more than {} MB", LARGEST >> 20),
            Why::Taken => f.write_str("standard input can stand for one file only"),
            Why::Silent => {
                write!(f, "it is a pipe, and nobody has come to write to it for {} s", PATIENCE.as_secs())
            }
        }
    }
}

/// Reads a whole file.
///
/// # Errors
///
/// One that is not there, is no file, or is larger than any configuration.
pub(crate) fn read(file: &str) -> Result<Vec<u8>, Unreadable> {
    let outcome = match file {
        STANDARD_INPUT if TAKEN.swap(true, Ordering::Relaxed) => Err(Why::Taken),
        STANDARD_INPUT => all_of(io::stdin().lock()),
        _ => open(file).and_then(all_of),
    };
    outcome.map_err(|why| match why {
        Why::System(_) if is_token(file) => Unreadable::Token,
        why => Unreadable::File { file: file.to_owned(), why },
    })
}

fn open(file: &str) -> Result<File, Why> {
    let kind = fs::metadata(file).map_err(Why::System)?;
    if kind.is_dir() {
        return Err(Why::Directory);
    }
    if kind.is_file() {
        return File::open(file).map_err(Why::System);
    }
    // A pipe with a name opens once somebody opens its other end.
    let (tell, told) = mpsc::channel();
    let name = file.to_owned();
    // Where nobody comes, this thread ends with the process.
    thread::spawn(move || {
        let _ = tell.send(File::open(name));
    });
    told.recv_timeout(PATIENCE).map_err(|_| Why::Silent)?.map_err(Why::System)
}

/// Whether it looks like a compact JWS or JWE, whose header is a JSON object.
fn is_token(name: &str) -> bool {
    let name = name.trim_start();
    name.strip_prefix("Bearer ").unwrap_or(name).starts_with("eyJ") && name.contains('.')
}

fn all_of(source: impl Read) -> Result<Vec<u8>, Why> {
    let mut content = Vec::new();
    source.take(LARGEST + 1).read_to_end(&mut content).map_err(Why::System)?;
    if u64::try_from(content.len()).is_ok_and(|length| length <= LARGEST) {
        Ok(content)
    } else {
        Err(Why::Large)
    }
}

/// What stands for it in place of a file's name.
pub(crate) const STANDARD_INPUT: &str = "-";
/// Whether standard input was read already.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Everything of a cluster is in a file of a few megabytes.
const LARGEST: u64 = 16 << 20;
const PATIENCE: Duration = Duration::from_secs(5);
