//! What a statement says that the JSON form cannot express.

use crate::config::problem::Problem;
use crate::config::quote::quoted;
use crate::config::xml::{Attribute, Element, FIXED_VALUE, NamedValues, is_expression, missing};

/// Something of a statement that is not taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where it stands, counted from 1.
    pub line: usize,
    /// Why.
    pub cause: Cause,
}

/// Why something is not taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A named value that nobody gave, by its name. It stays in the configuration, which is refused for it.
    MissingNamedValue(String),
    /// Left out: without it the statement asks for no less.
    LeftOut {
        /// What stood there.
        found: String,
        /// What to write instead.
        instead: String,
    },
    /// A stand-in is in its place, and the configuration is refused for it.
    StandIn {
        /// What stood there.
        found: String,
        /// What to write instead.
        instead: String,
    },
}

/// Where a problem is: an element, or one of its attributes.
#[derive(Clone, Copy)]
pub(super) struct Place<'e> {
    pub(super) element: &'e Element,
    pub(super) attribute: Option<&'e Attribute>,
}

impl<'e> Place<'e> {
    /// The place of a path, at this element or within.
    pub(super) fn of(element: &'e Element, path: &str) -> Option<Self> {
        if element.path == path {
            return Some(Self { element, attribute: None });
        }
        let rest = path.strip_prefix(element.path.as_str())?;
        if let Some(name) = rest.strip_prefix("/@") {
            let attributes = element.attributes.as_deref().unwrap_or_default();
            let attribute =
                attributes.iter().find(|attribute| quoted(&attribute.name).trim_matches('"') == name);
            return Some(Self { element, attribute });
        }
        element.children.iter().find_map(|child| Self::of(child, path))
    }

    /// Its text as written.
    pub(super) fn text(self) -> &'e str {
        self.attribute.map_or(&self.element.text, |attribute| &attribute.value)
    }

    /// Whether an expression stands here.
    pub(super) fn is_expression(self) -> bool {
        is_expression(self.text())
    }

    pub(super) fn line(self) -> usize {
        match self.attribute {
            Some(attribute) => attribute.line,
            None if self.element.children.is_empty() && !self.element.text.trim().is_empty() => {
                self.element.text_line
            }
            None => self.element.line,
        }
    }

    /// The attribute here, where a statement without it asks for no less: where the token is, how a refusal reads.
    pub(super) fn spared(self) -> Option<&'e str> {
        let attribute = self.attribute.filter(|attribute| is_spared(attribute))?;
        Some(&attribute.name)
    }

    /// What is to be told of a problem here.
    pub(super) fn findings(self, problem: &Problem, names: &NamedValues<'_>) -> Vec<Finding> {
        let line = self.line();
        let missing = if self.is_expression() { Vec::new() } else { missing(self.text(), names) };
        if !missing.is_empty() {
            let finding = |name| Finding { line, cause: Cause::MissingNamedValue(name) };
            return missing.into_iter().map(finding).collect();
        }
        let of = format!("<{}>", self.element.name);
        let found = match self.attribute {
            Some(Attribute { name, value, .. }) if self.is_expression() => {
                format!("{name} of {of}, {}", quoted(value))
            }
            Some(Attribute { name, .. }) => format!("{name} of {of}"),
            None if self.is_expression() => format!("{} in {of}", quoted(self.text().trim())),
            None => format!("{} in {of}", problem.found),
        };
        let instead = match (&problem.suggestion, self.spared()) {
            _ if self.is_expression() && self.spared() != Some("token-value") => FIXED_VALUE.to_owned(),
            (Some(meant), _) => format!("{} (did you mean {meant}?)", problem.allowed),
            (None, _) => problem.allowed.clone(),
        };
        let cause = if self.spared().is_some() {
            Cause::LeftOut { found, instead }
        } else {
            Cause::StandIn { found, instead }
        };
        vec![Finding { line, cause }]
    }
}

/// Whether an attribute is left out: a statement without it asks for no less.
pub(super) fn is_spared(attribute: &Attribute) -> bool {
    match attribute.name.as_str() {
        "token-value" => true,
        "failed-validation-httpcode" | "failed-validation-error-message" | "output-token-variable-name" => {
            is_expression(&attribute.value)
        }
        _ => false,
    }
}
