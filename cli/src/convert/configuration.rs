//! From a configuration of this filter in JSON, for those who want it written for a proxy.

use validate_jwt::config::{Config, Problem};

use super::{Conversion, File, Refused, names};
use crate::failure::Failure;

/// Takes it as it is.
pub(super) fn conversion(files: &[File]) -> Result<Result<Conversion, Refused>, Failure> {
    let [file] = files else { return Err(Failure::SeveralDocuments(names(files))) };
    let refused = |problems| Refused { file: file.name.clone(), problems };
    if let Err(problems) = Config::parse(&file.text) {
        return Ok(Err(refused(problems)));
    }
    let text = file.text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&file.text);
    Ok(match serde_json::from_slice(text) {
        Ok(configuration) => Ok(Conversion { configuration, left: Vec::new() }),
        // The filter reads nothing else that serde_json does not.
        Err(error) => Err(refused(vec![Problem {
            path: String::new(),
            found: format!("another text ({error})"),
            allowed: "JSON".to_owned(),
            suggestion: None,
        }])),
    })
}
