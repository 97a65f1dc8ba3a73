//! A Wasm plugin of a host.

use validate_jwt::config::{Problem, Warning};

use super::super::handed::Handed;
use super::super::located::Located;
use super::super::part::Part;
use super::super::place::{Holder, Place, Sign};
use super::super::tree::{Text, Tree};
use super::super::walk::At;
use super::sign;

/// A Wasm plugin.
#[derive(Debug)]
pub(super) struct Plugin<'t> {
    pub(super) at: At<'t>,
    /// What it is and is called, for a message.
    pub(super) label: String,
    /// What may tell whose it is: names, addresses, files.
    pub(super) names: Vec<&'t str>,
    pub(super) given: Given<'t>,
    pub(super) problems: Vec<Located<Problem>>,
    pub(super) remarks: Vec<Located<Warning>>,
}

/// Its configuration, with its path.
#[derive(Debug)]
pub(super) enum Given<'t> {
    Nothing,
    Text(&'t Text, String),
    Object(&'t Tree, String),
}

impl<'t> Given<'t> {
    /// A text or any other value.
    pub(super) fn of(at: At<'t>) -> Self {
        match at.text() {
            Some(text) => Self::Text(text, at.path),
            None => Self::Object(at.tree, at.path),
        }
    }

    fn sign(&self) -> Option<Sign> {
        match self {
            Self::Nothing => None,
            Self::Text(text, _) => sign::of_text(text),
            Self::Object(tree, _) => sign::of_object(tree),
        }
    }
}

impl Plugin<'_> {
    /// The filter's configuration, if the plugin is the filter; what it is called and its line if not.
    pub(super) fn into_part(self, file: &str) -> Result<Part, (String, usize)> {
        let line = self.at.tree.line;
        let named = || self.names.iter().find_map(|name| sign::of_name(name));
        // Under a wrong name.
        let misplaced = || self.at.members().find_map(|(_, member)| sign::of_object(member.tree));
        let sign = self.given.sign().or_else(named).or_else(misplaced);
        let Some(sign) = sign else { return Err((self.label, line)) };
        let handed = match &self.given {
            Given::Nothing => Handed::nothing(line, &self.at.path),
            Given::Text(text, path) => Handed::text(text, path),
            Given::Object(tree, path) => Handed::object(tree, path),
        };
        let holder = Some(Box::new(Holder { name: self.label, sign }));
        let place = Place { file: file.to_owned(), line, path: self.at.path, holder };
        let mut part = Part::new(place, handed);
        part.problems = self.problems;
        part.remarks = self.remarks;
        Ok(part)
    }
}
