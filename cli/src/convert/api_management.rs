//! From policy documents of Azure API Management.
//!
//! ```text
//! files ─► sources ─► walk ─► configuration
//!          one document, its fragments    statements, each with the     one statement, several in a row,
//!          and named values               branches that lead to it      or policies and rules
//!                     └──► what is not taken over (policies, conditions)
//! ```

mod conditions;
mod configuration;
mod named_values;
mod policies;
mod sources;
mod walk;

use validate_jwt::config::Problem;

use super::{Conversion, Convert, File, Refused};
use crate::failure::Failure;
use sources::Sources;

/// Converts a document and its fragments.
pub(super) fn conversion(given: &Convert, files: &[File]) -> Result<Result<Conversion, Refused>, Failure> {
    let named_values = named_values::read(given)?;
    let sources = match Sources::read(files)? {
        Ok(sources) => sources,
        Err(refused) => return Ok(Err(refused)),
    };
    let found = walk::walk(&sources);
    if found.statements.is_empty() {
        let problem = Problem {
            path: String::new(),
            found: "no policy that validates tokens".to_owned(),
            allowed: "<validate-jwt> or <validate-azure-ad-token> in the document or in a fragment that it includes"
                .to_owned(),
            suggestion: None,
        };
        return Ok(Err(Refused::file(&sources.document.file, vec![problem], |_| {
            sources.document.root().line()
        })));
    }
    Ok(Ok(configuration::conversion(found, &named_values)))
}
