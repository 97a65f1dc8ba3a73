//! What there is to say, with the line that it is about.

use std::fmt;

use serde_json::{Map, Value};
use validate_jwt::config::{Problem, Warning};

use super::broken::{Broken, Why};
use super::place::Place;

/// Something about a place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Located<T> {
    /// Counted from 1.
    pub(crate) line: usize,
    /// Where it is in the document, from its root. What is told has a path of its own, in the configuration where it is
    /// about one.
    pub(crate) path: String,
    pub(crate) told: T,
}

/// What is refused: a file, or a configuration in it.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) place: Place,
    pub(crate) problems: Vec<Located<Problem>>,
}

impl Refused {
    /// A file, for what is wrong at paths of it.
    pub(crate) fn file(file: &str, problems: Vec<Problem>, line_of: impl Fn(&Problem) -> usize) -> Self {
        let located = problems.into_iter().map(|told| {
            let (line, path) = (line_of(&told), told.path.clone());
            Located { line, path, told }
        });
        Self { place: Place::whole(file, 1), problems: located.collect() }
    }

    /// What is wrong, without places.
    pub(crate) fn told(self) -> Vec<Problem> {
        self.problems.into_iter().map(|located| located.told).collect()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, problems } = self;
        let count =
            if problems.len() == 1 { "1 problem".to_owned() } else { format!("{} problems", problems.len()) };
        match &place.holder {
            None => write!(f, "{}: refused, {count}", place.file)?,
            Some(_) => write!(f, "{place}: refused, {count}")?,
        }
        problems
            .iter()
            .try_for_each(|Located { line, told, .. }| write!(f, "\n  {}:{line}: {told}", place.file))
    }
}

impl Located<Problem> {
    /// A problem at a path of the document.
    pub(crate) fn at(line: usize, path: &str, found: impl Into<String>, allowed: impl Into<String>) -> Self {
        let told =
            Problem { path: path.to_owned(), found: found.into(), allowed: allowed.into(), suggestion: None };
        Self { line, path: path.to_owned(), told }
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut members = self.members(self.told.to_string());
        members.insert("expected".to_owned(), self.told.allowed.clone().into());
        members.insert("found".to_owned(), self.told.found.clone().into());
        if let Some(suggestion) = &self.told.suggestion {
            members.insert("suggestion".to_owned(), suggestion.clone().into());
        }
        members.into()
    }
}

impl Located<Warning> {
    /// A warning about a path of the document.
    pub(crate) fn of(line: usize, path: &str, text: impl Into<String>) -> Self {
        Self { line, path: path.to_owned(), told: Warning { path: path.to_owned(), text: text.into() } }
    }

    pub(crate) fn to_json(&self) -> Value {
        self.members(self.told.to_string()).into()
    }
}

impl<T> Located<T> {
    fn members(&self, message: String) -> Map<String, Value> {
        let members = [
            ("line".to_owned(), self.line.into()),
            ("path".to_owned(), self.path.clone().into()),
            ("message".to_owned(), message.into()),
        ];
        members.into_iter().collect()
    }
}

impl From<Broken> for Located<Problem> {
    fn from(Broken { line, why }: Broken) -> Self {
        let allowed = match why {
            Why::Utf16 => "the same text in UTF-8",
            _ => "YAML, JSON, or a policy of API Management in XML",
        };
        Self::at(line, "", why.to_string(), allowed)
    }
}
