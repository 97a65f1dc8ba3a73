//! From policy documents of Azure API Management.

use validate_jwt::config::Config;

use super::{Conversion, Refused};
use crate::arguments::Convert;
use crate::input;

/// Converts a document and its fragments.
pub(super) fn conversion(given: &Convert) -> Result<Result<Conversion, Refused>, String> {
    let [file] = given.files.as_slice() else {
        return Err("expected one file".to_owned());
    };
    Ok(match Config::json_of_policy(&input::read(file)?) {
        Ok(configuration) => Ok(Conversion { configuration, left: Vec::new() }),
        Err(problems) => Err(Refused { file: file.clone(), problems }),
    })
}
