//! `match.headers`: header names, each with what it must hold.

use super::claims;
use super::field::{Field, Group, Kind, Shape, TEXT, doc};
use super::node::{Node, Raw};
use super::object::Object;
use super::problem::Report;
use super::text;
use crate::gate::{HeaderDemand, HeaderMatch, HeaderName, ValueMatch};

/// Reads the conditions.
pub(super) fn headers(node: &Node, written: &[(HeaderName, &Node)], report: &mut Report) -> Vec<HeaderMatch> {
    let mut headers: Vec<HeaderMatch> = Vec::new();
    for (name, value) in node.members() {
        let Some(name) = text::header_name(name, value, report) else { continue };
        if name.as_str() == "host" {
            report.refuse(&value.path, "the header host", "hosts, which compares the whole authority");
        } else if written.iter().any(|(known, _)| known.folded() == name.folded()) {
            report.refuse(
                &value.path,
                "a header that forward writes",
                "another header: this one is taken from every client's request",
            );
        } else if headers.iter().any(|known| known.name == name) {
            report.refuse(&value.path, "the header in two spellings", "each header once");
        } else if let Some(demand) = demand(value, report) {
            headers.push(HeaderMatch { name, demand });
        }
    }
    headers
}

fn demand(value: &Node, report: &mut Report) -> Option<HeaderDemand> {
    match &value.raw {
        Raw::Null => Some(HeaderDemand::Present),
        Raw::Text(text) => Some(HeaderDemand::Value(ValueMatch::Exact(text.clone()))),
        _ => {
            let (pattern, node) = Object::new(value).text_node(&PATTERN)?;
            claims::pattern(pattern, node, report).map(HeaderDemand::Value)
        }
    }
}

/// What a header may be compared with.
pub(super) static VALUE: Kind = Kind::Either(&[Kind::AnyText, Kind::Null, Kind::Object(&LIKE)]);

static LIKE: Shape = Shape {
    name: "header_pattern",
    fields: &[&PATTERN],
    groups: &[] as &[Group],
    doc: doc("Values of a header."),
};

static PATTERN: Field =
    Field::required("pattern", TEXT, "A regular expression for the header's value, anchored at both ends.");
