//! The named values of the command line and of files.

use serde_json::Value;
use validate_jwt::config::apim::NamedValues;

use crate::convert::Convert;
use crate::failure::{Failure, NotNamedValues};
use crate::input;

/// Reads the files, then the command line, which has the last word.
pub(super) fn read(given: &Convert) -> Result<NamedValues, Failure> {
    let mut values = NamedValues::new();
    for file in &given.named_value_files {
        let content = input::read(file)?;
        values.extend(of_json(&content).map_err(|found| Failure::NamedValues(file.clone(), found))?);
    }
    values.extend(given.named_values.iter().cloned());
    Ok(values)
}

fn of_json(content: &[u8]) -> Result<NamedValues, NotNamedValues> {
    let object: Value = serde_json::from_slice(content).map_err(NotNamedValues::Json)?;
    let members = object.as_object().ok_or(NotNamedValues::Object)?;
    let named = members.iter().map(|(name, value)| match value.as_str() {
        Some(value) => Ok((name.clone(), value.to_owned())),
        None => Err(NotNamedValues::Text(name.clone())),
    });
    named.collect()
}
