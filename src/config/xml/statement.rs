//! One statement: its attributes and elements become the members that the JSON form would have.
//!
//! `form` says which attributes an element has; the table of fields says how the text of an attribute is read
//! (as a boolean, as a number).

use serde_json::Number;

use super::element::Element;
use super::foreign::{self, Disclosure};
use super::form::{Form, Kind, Part};
use crate::config::field;
use crate::config::node::{Node, Raw};
use crate::config::problem::Report;
use crate::config::quote::quoted;
use crate::config::suggest;

/// Reads a statement.
pub(super) fn node(kind: Kind, element: &Element, report: &mut Report) -> Node {
    read(kind.form(), element, &element.name, report)
}

fn read(form: &'static Form, element: &Element, within: &str, report: &mut Report) -> Node {
    let mut members = attributes(form, element, within, report);
    match form.text {
        Some(field) if !element.text.trim().is_empty() => {
            let text = element.text.trim();
            if !foreign::refuse_value(&element.path, text, Disclosure::Secret, report) {
                members.push((field.to_owned(), Node::new(&*element.path, Raw::Text(text.to_owned()))));
            }
        }
        None if !element.text.trim().is_empty() => {
            report.refuse(&element.path, "text", format!("only elements in <{}>", element.name));
        }
        _ => {}
    }
    let mut held: Vec<&str> = Vec::new();
    for child in &element.children {
        let part = form.parts.iter().find(|part| part.holder.unwrap_or(part.item) == child.name);
        let Some(part) = part else {
            refuse_element(form, element, child, report);
            continue;
        };
        let Some(holder) = part.holder else {
            let item = item(part, child, within, report);
            add(&mut members, part.field, &element.path, vec![item]);
            continue;
        };
        if held.contains(&holder) {
            report.refuse(&child.path, "it twice", format!("<{holder}> once"));
            continue;
        }
        held.push(holder);
        let items = items(part, child, report);
        add(&mut members, part.field, &child.path, items);
    }
    Node::new(&*element.path, Raw::Object(members))
}

/// The items of an element such as `<audiences>`.
fn items(part: &Part, holder: &Element, report: &mut Report) -> Vec<Node> {
    if !holder.text.trim().is_empty() {
        report.refuse(&holder.path, "text", format!("only <{}>", part.item));
    }
    if holder.attributes.as_ref().map_or(true, |attributes| !attributes.is_empty()) {
        report.refuse(&holder.path, "attributes", format!("<{}> without attributes", holder.name));
    }
    let mut items = Vec::new();
    for child in &holder.children {
        if child.name == part.item {
            items.push(item(part, child, &holder.name, report));
        } else {
            let found = format!("the element {}", quoted(&child.name));
            report.refuse(&child.path, found, format!("<{}>", part.item));
        }
    }
    items
}

fn item(part: &Part, element: &Element, within: &str, report: &mut Report) -> Node {
    if let Some(form) = part.form {
        return read(form, element, within, report);
    }
    if !element.children.is_empty() || element.attributes.as_ref().map_or(true, |list| !list.is_empty()) {
        report.refuse(&element.path, "attributes or elements", format!("only text in <{}>", element.name));
    }
    let text = element.text.trim();
    foreign::refuse_value(&element.path, text, Disclosure::Told, report);
    Node::new(&*element.path, Raw::Text(text.to_owned()))
}

/// Adds items to a list among the members, which is begun if need be.
fn add(members: &mut Vec<(String, Node)>, field: &str, path: &str, items: Vec<Node>) {
    if let Some((_, Node { raw: Raw::List(list), .. })) = members.iter_mut().find(|(name, _)| name == field) {
        list.extend(items);
    } else {
        members.push((field.to_owned(), Node::new(path, Raw::List(items))));
    }
}

fn attributes(form: &Form, element: &Element, within: &str, report: &mut Report) -> Vec<(String, Node)> {
    let mut members = Vec::new();
    let attributes = match &element.attributes {
        Ok(attributes) => attributes.as_slice(),
        Err(why) => {
            let found = format!("malformed attributes ({why})");
            let allowed = "attributes with each \" in a value written &quot;";
            report.refuse(&element.path, found, allowed);
            return members;
        }
    };
    for (name, value) in attributes {
        let path = format!("{}/@{}", element.path, quoted(name).trim_matches('"'));
        if form.ignored.contains(&name.as_str()) {
            continue;
        }
        if foreign::refuse_attribute(within, name, &path, report) {
            continue;
        }
        if !form.attributes.contains(&name.as_str()) {
            let meant =
                suggest::nearest(name, form.attributes.iter().copied()).map(|name| format!("{name:?}"));
            let allowed =
                format!("one of the attributes of <{}>: {}", element.name, form.attributes.join(", "));
            report.suggest(&path, "an unknown attribute", allowed, meant);
            continue;
        }
        let field = name.replace('-', "_");
        let kind = form.shape.fields.iter().find(|known| known.name == field).map(|field| &field.kind);
        let disclosure = match kind {
            Some(field::Kind::Secret) => Disclosure::Secret,
            _ => Disclosure::Told,
        };
        foreign::refuse_value(&path, value, disclosure, report);
        let typed = typed(&path, value, kind);
        members.push((field, Node::new(path, typed)));
    }
    members
}

/// An attribute's text as the field's type, where it is written like one; otherwise the check of types tells.
fn typed(path: &str, value: &str, kind: Option<&field::Kind>) -> Raw {
    let text = || Raw::Text(value.to_owned());
    match kind {
        // A list in an attribute is separated by blanks, as XML has it.
        Some(field::Kind::List(_)) => {
            let items = value.split_ascii_whitespace();
            Raw::List(items.map(|item| Node::new(path, Raw::Text(item.to_owned()))).collect())
        }
        Some(field::Kind::Flag) if value.trim().eq_ignore_ascii_case("true") => Raw::Flag(true),
        Some(field::Kind::Flag) if value.trim().eq_ignore_ascii_case("false") => Raw::Flag(false),
        Some(field::Kind::Whole { .. } | field::Kind::Seconds { .. }) => {
            let number = value.trim();
            let whole = number.parse::<u64>().ok().map(Number::from);
            let decimal = || number.parse::<f64>().ok().and_then(Number::from_f64);
            whole.or_else(decimal).map_or_else(text, Raw::Number)
        }
        _ => text(),
    }
}

fn refuse_element(form: &Form, element: &Element, child: &Element, report: &mut Report) {
    let known = || form.parts.iter().map(|part| part.holder.unwrap_or(part.item));
    let meant = suggest::nearest(&child.name, known()).map(|name| format!("<{name}>"));
    let list = known().map(|name| format!("<{name}>")).collect::<Vec<_>>().join(", ");
    let allowed = match list.as_str() {
        "" => format!("no elements in <{}>", element.name),
        list => format!("one of the elements of <{}>: {list}", element.name),
    };
    report.suggest(&child.path, format!("the element {}", quoted(&child.name)), allowed, meant);
}
