//! A statement as JSON: never weaker than the original. Where something cannot be taken over, a stand-in makes the
//! configuration refused until somebody has written what belongs there.

use serde_json::{Value, json};

use super::NamedValues;
use super::left::{Cause, Finding, Place};
use crate::config::Config;
use crate::config::node::{Node, Raw};
use crate::config::problem::{Language, Report};
use crate::config::xml::{self, Element, Kind};

/// A statement that validates tokens.
#[derive(Debug)]
pub struct Statement {
    /// The field that it is: `validate_jwt` or `validate_azure_ad_token`.
    pub field: &'static str,
    /// What stands there.
    pub value: Value,
    /// What is not in it.
    pub left: Vec<Finding>,
}

pub(super) fn of(kind: Kind, element: &Element, named_values: &NamedValues) -> Statement {
    let values = named_values.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let names = xml::NamedValues::Given(values.collect());
    let mut report = Report::new(Language::Xml);
    let mut node = xml::statement(kind, element, &names, &mut report);
    let mut left = Vec::new();
    for problem in &report.problems {
        let Some(place) = Place::of(element, &problem.path) else { continue };
        left.extend(place.findings(problem, &names));
        stand_in(place, &problem.path, &mut node);
    }
    left.sort_by_key(|finding| finding.line);
    left.dedup();
    let mut statement = Statement { field: kind.field(), value: node.to_json(), left };
    statement.seal();
    statement
}

/// Puts something in place of what cannot be taken over, so that the configuration is refused for it.
fn stand_in(place: Place<'_>, path: &str, node: &mut Node) {
    if let Some(attribute) = place.spared() {
        if let Raw::Object(members) = &mut node.raw {
            let field = attribute.replace('-', "_");
            members.retain(|(name, _)| *name != field);
        }
        return;
    }
    match place.attribute {
        Some(attribute) if attribute.name == "certificate-id" => {
            let field = if path.contains("/decryption-keys") { "private_key" } else { "certificate" };
            let text = format!("{{{{certificate {}}}}}", attribute.value.replace([':', '"'], " "));
            let member = (field.to_owned(), Node::new(path, Raw::Text(text)));
            each(node, &mut |node| match &mut node.raw {
                Raw::Object(members) if node.path == place.element.path => members.push(member.clone()),
                _ => {}
            });
        }
        _ if place.is_expression() => {
            let text = format!("{{{{expression of line {}}}}}", place.line());
            each(node, &mut |node| {
                if node.path == path && node.text().is_some() {
                    node.raw = Raw::Text(text.clone());
                }
            });
        }
        _ => {}
    }
}

fn each(node: &mut Node, change: &mut impl FnMut(&mut Node)) {
    change(node);
    match &mut node.raw {
        Raw::List(items) => items.iter_mut().for_each(|item| each(item, change)),
        Raw::Object(members) => members.iter_mut().for_each(|(_, member)| each(member, change)),
        _ => {}
    }
}

impl Statement {
    /// The configuration of this statement alone.
    pub fn configuration(&self) -> Value {
        json!({ self.field: self.value })
    }

    /// Refuses the statement until somebody has looked at this.
    pub fn seal_with(&mut self, what: &str) {
        if let Value::Object(members) = &mut self.value {
            let list = members.entry(SEAL).or_insert_with(|| json!([]));
            if let Value::Array(list) = list {
                list.push(json!(what));
            }
        }
    }

    /// What has no stand-in in its place, such as an element that the policy language does not know, seals the whole.
    fn seal(&mut self) {
        let open = self.left.iter().filter(|finding| !matches!(finding.cause, Cause::LeftOut { .. }));
        let open: Vec<_> = open.cloned().collect();
        if open.is_empty() || Config::parse(self.configuration().to_string().as_bytes()).is_err() {
            return;
        }
        for Finding { line, cause } in open {
            match cause {
                Cause::MissingNamedValue(name) => self.seal_with(&format!("{{{{{name}}}}} of line {line}")),
                Cause::StandIn { found, .. } | Cause::LeftOut { found, .. } => {
                    self.seal_with(&format!("line {line}: {found}"));
                }
            }
        }
    }
}

/// No field of the configuration.
const SEAL: &str = "left_to_do";
