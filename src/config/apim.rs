//! Documents of API Management, element by element, for a program that makes a configuration of them. The reader is the
//! one that loads a policy; native builds alone have this view of it.

use serde_json::{Map, Value};

use super::encoding;
use super::named::NAMED_VALUES_NAME;
use super::problem::{Language, Problem, Report};
use super::xml;

mod left;
mod markup;
mod statement;

pub use left::{Cause, Finding};
pub use statement::Statement;

/// A document, read.
#[derive(Debug)]
pub struct Document {
    root: xml::Element,
}

/// An element of a document.
#[derive(Debug, Clone, Copy)]
pub struct Element<'d>(&'d xml::Element);

/// What `{{name}}` stands for.
pub type NamedValues = std::collections::BTreeMap<String, String>;

impl Document {
    /// Reads a document, a fragment, or a statement alone.
    ///
    /// # Errors
    ///
    /// What keeps the text from being XML.
    pub fn read(text: &[u8]) -> Result<Self, Vec<Problem>> {
        let text = encoding::text(text)?;
        let mut report = Report::new(Language::Xml);
        if !xml::is_xml(text) {
            report.refuse("", "text that does not begin with <", "a policy document of API Management");
        }
        let root = if report.problems.is_empty() { xml::document(text, &mut report) } else { None };
        root.map(|root| Self { root }).ok_or(report.problems)
    }

    /// The outermost element.
    pub fn root(&self) -> Element<'_> {
        Element(&self.root)
    }
}

impl<'d> Element<'d> {
    /// Its name.
    pub fn name(self) -> &'d str {
        &self.0.name
    }

    /// Where it starts, counted from 1.
    pub fn line(self) -> usize {
        self.0.line
    }

    /// The path to it, as problems have it.
    pub fn path(self) -> &'d str {
        &self.0.path
    }

    /// Where an attribute stands, counted from 1.
    pub fn attribute_line(self, name: &str) -> Option<usize> {
        let attributes = self.0.attributes.as_deref().unwrap_or_default();
        attributes.iter().find(|attribute| attribute.name == name).map(|attribute| attribute.line)
    }

    /// An attribute's value as written; nothing where the attributes cannot be read.
    pub fn attribute(self, name: &str) -> Option<&'d str> {
        let attributes = self.0.attributes.as_deref().unwrap_or_default();
        attributes.iter().find(|attribute| attribute.name == name).map(|attribute| attribute.value.as_str())
    }

    /// Whether it has attributes.
    pub fn has_attributes(self) -> bool {
        self.0.attributes.as_ref().map_or(true, |attributes| !attributes.is_empty())
    }

    /// Its text without the blanks around it, and the line of it.
    pub fn text(self) -> (&'d str, usize) {
        (self.0.text.trim(), self.0.text_line)
    }

    /// The elements in it.
    pub fn children(self) -> impl Iterator<Item = Element<'d>> {
        self.0.children.iter().map(Element)
    }

    /// Whether it is a statement that validates tokens.
    pub fn validates_tokens(self) -> bool {
        xml::Kind::of(self.name()).is_some()
    }

    /// The statement that it is, as far as JSON can say it.
    pub fn statement(self, named_values: &NamedValues) -> Option<Statement> {
        Some(statement::of(xml::Kind::of(self.name())?, self.0, named_values))
    }
}

/// The configuration of several statements, all of which have to pass, in order; values that they do not name are left
/// out.
pub fn several(statements: &[Element<'_>], named_values: &NamedValues) -> Value {
    let mut names = Vec::new();
    let mut markup = String::from("<inbound>\n");
    for Element(statement) in statements {
        markup::write(statement, 1, &mut markup);
        xml::names(statement, &mut names);
    }
    markup.push_str("</inbound>");
    let used = named_values.iter().filter(|(name, _)| names.contains(name));
    let used: Map<_, _> = used.map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    let mut configuration = Map::new();
    configuration.insert("policy_xml".to_owned(), Value::from(markup));
    if !used.is_empty() {
        configuration.insert(NAMED_VALUES_NAME.to_owned(), Value::Object(used));
    }
    Value::Object(configuration)
}
