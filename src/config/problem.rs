//! What is wrong with a configuration, reported so that it can be fixed.

use std::fmt;

use super::field::Field;
use super::node::Node;
use super::quote::member_name;

/// One thing that is wrong: where, what was found, what is allowed.
///
/// Never holds a secret: of keys only the kind of value is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field, such as `policies.partners.validate_jwt.openid_config[0].url`, or in XML
    /// `validate-jwt/openid-config[0]/@url`. Empty for the configuration as a whole.
    pub path: String,
    /// What stands there.
    pub found: String,
    /// What may stand there.
    pub allowed: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

/// Something that is accepted, but that an operator should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The field, as in [`Problem::path`].
    pub path: String,
    /// What to know about it.
    pub text: String,
}

/// The language that a configuration is written in: paths and names are spelt accordingly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// JSON.
    Json,
    /// APIM's policy language.
    Xml,
}

/// Everything found out while a configuration is read.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) language: Language,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Warning>,
    /// Paths about which there is no more to say.
    settled: Vec<String>,
}

impl Report {
    pub(super) fn new(language: Language) -> Self {
        Self { language, problems: Vec::new(), warnings: Vec::new(), settled: Vec::new() }
    }

    /// A problem at a path of its own.
    pub(super) fn refuse(&mut self, path: &str, found: impl Into<String>, allowed: impl Into<String>) {
        self.suggest(path, found, allowed, None);
    }

    /// A problem, with what was probably meant. Beyond the first thousand nobody reads on.
    pub(super) fn suggest(
        &mut self,
        path: &str,
        found: impl Into<String>,
        allowed: impl Into<String>,
        suggestion: Option<String>,
    ) {
        if self.problems.len() >= MOST_PROBLEMS {
            return;
        }
        let problem =
            Problem { path: path.to_owned(), found: found.into(), allowed: allowed.into(), suggestion };
        if !self.settled.contains(&problem.path) && !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// A problem after which nothing else about the same path is told.
    pub(super) fn settle(&mut self, path: &str, found: impl Into<String>, allowed: impl Into<String>) {
        self.settle_suggesting(path, found, allowed, None);
    }

    /// Likewise, with what was probably meant.
    pub(super) fn settle_suggesting(
        &mut self,
        path: &str,
        found: impl Into<String>,
        allowed: impl Into<String>,
        suggestion: Option<String>,
    ) {
        self.suggest(path, found, allowed, suggestion);
        self.settled.push(path.to_owned());
    }

    /// A problem with the value that stands at a node, which is told.
    pub(super) fn refuse_value(&mut self, node: &Node, allowed: impl Into<String>) {
        self.refuse(&node.path, node.describe(), allowed);
    }

    /// Something to know.
    pub(super) fn warn(&mut self, path: &str, text: impl Into<String>) {
        self.warnings.push(Warning { path: path.to_owned(), text: text.into() });
    }

    /// The path of a field of the object at `parent`.
    pub(super) fn path_of(&self, parent: &str, field: &str) -> String {
        match self.language {
            Language::Json if parent.is_empty() => member_name(field),
            Language::Json => format!("{parent}.{}", member_name(field)),
            Language::Xml => format!("{parent}/@{}", self.spell(field)),
        }
    }

    /// A field's name as this configuration's author writes it.
    pub(super) fn spell(&self, field: &str) -> String {
        match self.language {
            Language::Json => field.to_owned(),
            Language::Xml => field.replace('_', "-"),
        }
    }

    /// Names of fields as a list for a message: of those that this configuration's author can write.
    pub(super) fn spell_all(&self, fields: &[&Field]) -> String {
        let can_be_written = |field: &&&Field| match self.language {
            Language::Json => true,
            Language::Xml => !JSON_ALONE.contains(&field.name),
        };
        fields
            .iter()
            .filter(can_be_written)
            .map(|field| self.spell(field.name))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { WHOLE } else { &self.path };
        write!(f, "{path}: expected {}, found {}", self.allowed, self.found)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, "; did you mean {suggestion}?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { WHOLE } else { &self.path };
        write!(f, "{path}: {}", self.text)
    }
}

/// Alternatives that XML has no words for.
const JSON_ALONE: [&str; 8] =
    ["certificate", "cookie_name", "jwk", "jwks", "jwks_uri", "path", "private_key", "public_key"];
const MOST_PROBLEMS: usize = 1000;
const WHOLE: &str = "configuration";
