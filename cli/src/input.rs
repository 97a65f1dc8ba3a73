//! What the commands read: files or standard input, in YAML, JSON or XML, and the filter's configurations in them.
//!
//! ```text
//! source ─► text ─► grammar ─► tree ─► find ─► part
//! bytes     UTF-8   JSON or    values  whose   one configuration of the filter, with its place, read by the
//!                   YAML       lines   is it   filter's own reader; each problem with its line
//! ```

mod broken;
mod clusters;
mod document;
mod find;
mod grammar;
mod handed;
mod json;
mod lines;
mod located;
mod part;
mod place;
mod source;
mod spelling;
mod text;
mod tree;
mod unusable;
mod walk;
mod xml;
mod yaml;

pub(crate) use document::values;
pub(crate) use handed::told_line;
pub(crate) use located::{Located, Refused};
pub(crate) use part::Part;
pub(crate) use place::Place;
pub(crate) use source::{Unreadable, read};
pub(crate) use spelling::camel;
pub(crate) use tree::Tree;
pub(crate) use unusable::Unusable;

/// Every configuration of the filter in these files, in order; at least one in each file. `-` is standard input.
///
/// ```text
/// let parts = input::configurations(&files)?;
/// for part in &parts {
///     let config: Config = part.config()?;      // read as the filter reads it
///     part.place();                             // file, line and path, for messages
///     part.clusters();                          // those that the same file defines
/// }
/// ```
///
/// # Errors
///
/// A file that cannot be read, is neither YAML nor JSON nor XML, or holds no configuration of the filter.
pub(crate) fn configurations(files: &[String]) -> Result<Vec<Part>, Unusable> {
    let mut parts = Vec::new();
    for file in files {
        parts.extend(in_file(file)?);
    }
    Ok(parts)
}

/// The one configuration of a file.
///
/// # Errors
///
/// Likewise, and where there are several that differ.
pub(crate) fn configuration(file: &str) -> Result<Part, Unusable> {
    part::only(configurations(&[file.to_owned()])?)
}

/// The one configuration of what a file holds.
///
/// # Errors
///
/// Likewise.
pub(crate) fn only_in(file: &str, content: &[u8]) -> Result<Part, Unusable> {
    part::only(document::parts(file, content)?)
}

/// Every configuration of the filter in a file, in order; at least one.
///
/// # Errors
///
/// Likewise.
pub(crate) fn in_file(file: &str) -> Result<Vec<Part>, Unusable> {
    let content = read(file)?;
    Ok(document::parts(file, &content)?)
}
