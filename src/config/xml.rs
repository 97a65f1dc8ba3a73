//! APIM's policy language. It becomes the same tree as JSON does, so that there is one set of semantics.
//!
//! ```text
//! text ─► opaque::expressions ─► element::read ─► document::statements ─► statement::node ─► the tree of JSON
//!         C# is text             elements         which of them           one statement's attributes and
//!                                                 validate tokens         elements, named values put in
//! ```
//!
//! What cannot work outside API Management is refused by name, with what to write instead (`foreign`).

mod document;
mod element;
mod expression;
mod foreign;
mod form;
mod named_values;
mod opaque;
mod statement;
mod value;

use super::check;
use super::named::{NAMED_VALUES_NAME, Named, Statement};
use super::node::Node;
use super::object::Object;
use super::problem::{Language, Report};

pub(super) use form::Kind;
pub(super) use named_values::NamedValues;
#[cfg(not(target_family = "wasm"))]
pub(super) use {
    element::{Attribute, Element},
    foreign::{FIXED_VALUE, is_expression},
    named_values::{missing, names},
    statement::node as statement,
};

/// The statements of a policy, in the order in which they have to pass.
pub(super) type Statements = Vec<(Kind, Node)>;

/// Whether the text is XML.
pub(super) fn is_xml(text: &[u8]) -> bool {
    text.trim_ascii_start().first() == Some(&b'<')
}

/// Reads the statements of a policy or of a whole policy document, which stands at this path. None if it cannot be read.
pub(super) fn read(
    text: &[u8],
    path: &str,
    names: &NamedValues<'_>,
    report: &mut Report,
) -> Option<Statements> {
    let around = std::mem::replace(&mut report.language, Language::Xml);
    let root = element::read(text, path, report);
    let statements = root.as_ref().map(|root| document::statements(root, names, report));
    for (kind, node) in statements.iter().flatten() {
        check::check(node, kind.shape(), report);
    }
    report.language = around;
    for name in root.iter().flat_map(|root| names.unused(root)) {
        let path = report.path_of(NAMED_VALUES_NAME, name);
        report.warn(&path, "the policy does not name it");
    }
    statements
}

/// Reads a document, whatever stands in it.
#[cfg(not(target_family = "wasm"))]
pub(super) fn document(text: &[u8], report: &mut Report) -> Option<Element> {
    element::read(text, "", report)
}

/// All statements together are one policy, named for the first.
pub(super) fn policy(statements: &Statements) -> Vec<Named<'_>> {
    let Some((kind, node)) = statements.first() else { return Vec::new() };
    let read = |kind: Kind, node| match kind {
        Kind::ValidateJwt => Statement::ValidateJwt(Object::new(node)),
        Kind::ValidateAzureAdToken => Statement::ValidateAzureAdToken(Object::new(node)),
    };
    let statements = statements.iter().map(|(kind, node)| read(*kind, node)).collect();
    vec![Named { name: kind.field(), path: &node.path, statements, language: Language::Xml }]
}
