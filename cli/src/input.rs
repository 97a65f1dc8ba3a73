//! Files, or standard input for `-`.

use std::io::Read as _;

use crate::failure::Failure;

/// Reads a whole file.
pub(crate) fn read(file: &str) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    let outcome = if file == "-" {
        std::io::stdin().lock().read_to_end(&mut text).map(|_| ())
    } else {
        std::fs::read(file).map(|content| text = content)
    };
    outcome.map(|()| text).map_err(|error| Failure::Unreadable(file.to_owned(), error))
}
