//! Files, or standard input for `-`.

use std::io::Read as _;

/// Reads a whole file.
pub(crate) fn read(file: &str) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    let outcome = if file == "-" {
        std::io::stdin().lock().read_to_end(&mut text).map(|_| ())
    } else {
        std::fs::read(file).map(|content| text = content)
    };
    outcome.map(|()| text).map_err(|error| format!("cannot read {file}: {error}"))
}
