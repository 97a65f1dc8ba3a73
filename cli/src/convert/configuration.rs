//! From a configuration of this filter, alone or where it is deployed, for those who want it written for a proxy.

use super::{Conversion, File, Refused, names};
use crate::failure::Failure;
use crate::input;

/// Takes it as it is.
pub(super) fn conversion(files: &[File]) -> Result<Result<Conversion, Refused>, Failure> {
    let [file] = files else { return Err(Failure::SeveralDocuments(names(files))) };
    let part = input::only_in(&file.name, &file.text)?;
    Ok(part.config().map(|_| Conversion { configuration: part.to_value(), left: Vec::new() }))
}
