//! The named values of the command line and of files.

use serde_json::Value;
use validate_jwt::config::apim::NamedValues;

use crate::arguments::Convert;
use crate::input;

/// Reads the files, then the command line, which has the last word.
pub(super) fn read(given: &Convert) -> Result<NamedValues, String> {
    let mut values = NamedValues::new();
    for file in &given.named_value_files {
        let expected = "expected a JSON object of names and strings";
        let object = serde_json::from_slice::<Value>(&input::read(file)?);
        let object = object.map_err(|error| format!("{file}: {expected}, found invalid JSON ({error})"))?;
        let members = object.as_object().ok_or_else(|| format!("{file}: {expected}, found another value"))?;
        for (name, value) in members {
            let value = value.as_str();
            let value =
                value.ok_or_else(|| format!("{file}: {name:?}: expected a string, found another value"))?;
            values.insert(name.clone(), value.to_owned());
        }
    }
    values.extend(given.named_values.iter().cloned());
    Ok(values)
}
