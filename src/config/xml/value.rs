//! The text of an attribute or of an element: named values are put in, and what only API Management can evaluate is
//! refused.

use std::borrow::Cow;

use super::foreign;
use super::named_values::{Missing, NamedValues};
use crate::config::node::{Node, Raw};
use crate::config::problem::Report;
use crate::config::quote::quoted;
use crate::config::text::placeholder;

/// A text and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Written<'t> {
    pub(super) path: &'t str,
    pub(super) line: usize,
    pub(super) text: &'t str,
    pub(super) disclosure: Disclosure,
}

/// Whether a text may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disclosure {
    Told,
    Secret,
}

/// A text as it is used, or as it was written where it is refused.
pub(super) struct Value {
    text: String,
    /// How it is written, where named values were put in: those are not told.
    written: Option<Box<str>>,
    path: String,
}

impl Written<'_> {
    /// Reads the text.
    pub(super) fn value(self, names: &NamedValues<'_>, report: &mut Report) -> Value {
        let as_written = || Value { text: self.text.to_owned(), written: None, path: self.path.to_owned() };
        let filled = match names.put_into(self.text) {
            Ok(filled) => filled,
            Err(missing) => {
                self.refuse_missing(missing, names, report);
                return as_written();
            }
        };
        let disclosure = match filled {
            Cow::Owned(_) => Disclosure::Secret,
            Cow::Borrowed(_) => self.disclosure,
        };
        if foreign::is_expression(&filled) {
            let found = match disclosure {
                Disclosure::Told => format!("the policy expression {}", quoted(self.text.trim())),
                Disclosure::Secret => "a policy expression".to_owned(),
            };
            report.settle(self.path, found, foreign::FIXED_VALUE);
            return as_written();
        }
        let text = match filled {
            Cow::Owned(text) => {
                return Value { text, written: Some(self.text.into()), path: self.path.to_owned() };
            }
            Cow::Borrowed(text) => text,
        };
        // Not the name of a named value.
        if let Some(part) = placeholder(text).filter(|part| part.starts_with("{{")) {
            report.settle(self.path, format!("the placeholder {}", quoted(part)), "the value itself");
        }
        as_written()
    }

    fn refuse_missing(self, missing: Missing<'_>, names: &NamedValues<'_>, report: &mut Report) {
        let name = quoted(&format!("{{{{{}}}}}", missing.0));
        let (found, allowed) = match names {
            NamedValues::Unknown => (
                format!("the named value {name}"),
                "the value itself, or the policy as policy_xml of a JSON configuration with named_values beside it",
            ),
            NamedValues::Given(_) => {
                (format!("the named value {name} (line {})", self.line), "a value for it in named_values")
            }
        };
        report.settle_suggesting(self.path, found, allowed, names.nearest(missing.0).map(quoted));
    }
}

impl Value {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Text without the blanks around it.
    pub(super) fn trimmed(self) -> Node {
        let raw = Raw::Text(self.text.trim().to_owned());
        self.node(raw)
    }

    /// What the text means.
    pub(super) fn node(self, raw: Raw) -> Node {
        Node { path: self.path, raw, written: self.written }
    }

    /// The words of the text.
    pub(super) fn words(&self) -> Raw {
        let word = |word: &str| Node {
            path: self.path.clone(),
            raw: Raw::Text(word.to_owned()),
            written: self.written.clone(),
        };
        Raw::List(self.text.split_ascii_whitespace().map(word).collect())
    }
}
