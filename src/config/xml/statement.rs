//! One statement: its attributes and elements become the members that the JSON form would have.
//!
//! `form` says which attributes an element has; the table of fields says how the text of an attribute is read
//! (as a boolean, as a number).

use serde_json::Number;

use super::element::{Attribute, Element};
use super::foreign;
use super::form::{Form, Kind, Part, Slash};
use super::named_values::NamedValues;
use super::value::{Disclosure, Value, Written};
use crate::config::field;
use crate::config::node::{Node, Raw};
use crate::config::problem::Report;
use crate::config::quote::quoted;
use crate::config::suggest;
use crate::config::text::placeholder;

/// Reads a statement.
pub(in crate::config) fn node(
    kind: Kind,
    element: &Element,
    names: &NamedValues<'_>,
    report: &mut Report,
) -> Node {
    read(kind.form(), element, &element.name, names, report)
}

fn read(
    form: &'static Form,
    element: &Element,
    within: &str,
    names: &NamedValues<'_>,
    report: &mut Report,
) -> Node {
    let mut members = attributes(form, element, within, names, report);
    match form.text {
        Some(field) if !element.text.trim().is_empty() => {
            members
                .push((field.to_owned(), text(element, Disclosure::Secret).value(names, report).trimmed()));
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
            let item = item(part, child, within, names, report);
            add(&mut members, part.field, &element.path, item);
            continue;
        };
        if held.contains(&holder) {
            report.refuse(&child.path, "it twice", format!("<{holder}> once"));
            continue;
        }
        held.push(holder);
        let items = items(part, child, names, report);
        add(&mut members, part.field, &child.path, items);
    }
    Node::new(&*element.path, Raw::Object(members))
}

/// The items of an element such as `<audiences>`.
fn items(part: &Part, holder: &Element, names: &NamedValues<'_>, report: &mut Report) -> Vec<Node> {
    if !holder.text.trim().is_empty() {
        report.refuse(&holder.path, "text", format!("only <{}>", part.item));
    }
    if holder.attributes.as_ref().map_or(true, |attributes| !attributes.is_empty()) {
        report.refuse(&holder.path, "attributes", format!("<{}> without attributes", holder.name));
    }
    let mut items = Vec::new();
    for child in &holder.children {
        if child.name == part.item {
            items.extend(item(part, child, &holder.name, names, report));
        } else {
            let found = format!("the element {}", quoted(&child.name));
            report.refuse(&child.path, found, format!("<{}>", part.item));
        }
    }
    items
}

/// An item; an audience is two, with and without a slash at its end, as API Management compares it.
fn item(
    part: &Part,
    element: &Element,
    within: &str,
    names: &NamedValues<'_>,
    report: &mut Report,
) -> Vec<Node> {
    if let Some(form) = part.form {
        return vec![read(form, element, within, names, report)];
    }
    if !element.children.is_empty() || element.attributes.as_ref().map_or(true, |list| !list.is_empty()) {
        report.refuse(&element.path, "attributes or elements", format!("only text in <{}>", element.name));
    }
    let problems = report.problems.len();
    let written = text(element, Disclosure::Told).value(names, report).trimmed();
    let is_good =
        report.problems.len() == problems && written.text().is_some_and(|text| placeholder(text).is_none());
    let other = other_spelling(&written).filter(|_| is_good && part.slash == Slash::DoesNotCount);
    [written].into_iter().chain(other).collect()
}

/// The same text with the slash at its end that it lacks, or without the one that it has.
fn other_spelling(node: &Node) -> Option<Node> {
    let text = node.text().filter(|text| !matches!(*text, "" | "/"))?;
    let other = text.strip_suffix('/').map_or_else(|| format!("{text}/"), str::to_owned);
    Some(Node { raw: Raw::Text(other), ..node.clone() })
}

fn text(element: &Element, disclosure: Disclosure) -> Written<'_> {
    Written { path: &element.path, line: element.text_line, text: &element.text, disclosure }
}

/// Adds items to a list among the members, which is begun if need be.
fn add(members: &mut Vec<(String, Node)>, field: &str, path: &str, items: Vec<Node>) {
    if let Some((_, Node { raw: Raw::List(list), .. })) = members.iter_mut().find(|(name, _)| name == field) {
        list.extend(items);
    } else {
        members.push((field.to_owned(), Node::new(path, Raw::List(items))));
    }
}

fn attributes(
    form: &Form,
    element: &Element,
    within: &str,
    names: &NamedValues<'_>,
    report: &mut Report,
) -> Vec<(String, Node)> {
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
    for attribute in attributes {
        let Attribute { name, value: text, line } = attribute;
        let path = format!("{}/@{}", element.path, quoted(name).trim_matches('"'));
        if form.ignored.contains(&name.as_str()) {
            continue;
        }
        if foreign::refuse_attribute(within, attribute, &path, report) {
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
        let value = Written { path: &path, line: *line, text, disclosure }.value(names, report);
        let typed = typed(&value, kind);
        members.push((field, value.node(typed)));
    }
    members
}

/// An attribute's text as the field's type, where it is written like one; otherwise the check of types tells.
fn typed(value: &Value, kind: Option<&field::Kind>) -> Raw {
    let text = || Raw::Text(value.text().to_owned());
    match kind {
        // A list in an attribute is separated by blanks, as XML has it.
        Some(field::Kind::List(_)) => value.words(),
        Some(field::Kind::Flag) if value.text().trim().eq_ignore_ascii_case("true") => Raw::Flag(true),
        Some(field::Kind::Flag) if value.text().trim().eq_ignore_ascii_case("false") => Raw::Flag(false),
        Some(field::Kind::Whole { .. } | field::Kind::Seconds { .. }) => {
            let number = value.text().trim();
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
