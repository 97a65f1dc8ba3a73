//! The first pass: a tree against the table of fields. Unknown fields, wrong types, numbers out of bounds,
//! and fields that are missing or exclude each other are found here, for every object alike.

use super::field::{Field, Group, Kind, Presence, Shape, choices, one_of};
use super::node::{Node, Raw};
use super::problem::Report;
use super::quote::quoted;
use super::suggest;

/// Checks an object and everything below it.
pub(super) fn check(node: &Node, shape: &Shape, report: &mut Report) {
    let Raw::Object(members) = &node.raw else {
        return report.refuse(&node.path, node.describe_kind(), shape.allowed());
    };
    for (name, member) in members {
        match shape.fields.iter().find(|field| field.name == name) {
            Some(field) => check_value(member, &field.kind, report),
            None => refuse_unknown(name, member, shape, report),
        }
    }
    let has = |field: &Field| node.member(field.name).is_some();
    for field in shape.fields {
        if matches!(field.presence, Presence::Required) && !has(field) {
            report.refuse(&report.path_of(&node.path, field.name), "nothing", field.kind.allowed());
        }
    }
    for group in shape.groups {
        check_group(node, group, report);
    }
}

fn check_value(node: &Node, kind: &Kind, report: &mut Report) {
    let fits = match kind {
        Kind::Flag => matches!(node.raw, Raw::Flag(_)),
        Kind::AnyText => node.text().is_some(),
        Kind::Text(_) | Kind::Word(_) | Kind::Secret => node.text().is_some_and(|text| !text.is_empty()),
        Kind::Choice { default, others } => {
            return check_choice(node, &choices(default, *others), report);
        }
        Kind::Whole { least, most } => node.number().is_some_and(|number| {
            number.fract() == 0.0 && number >= f64::from(*least) && number <= f64::from(*most)
        }),
        Kind::Seconds { least, most } => {
            node.number().is_some_and(|number| number >= *least && number <= *most)
        }
        Kind::List(item) => match &node.raw {
            Raw::List(items) if !items.is_empty() => {
                return items.iter().for_each(|node| check_value(node, item, report));
            }
            _ => false,
        },
        Kind::Object(shape) => return check(node, shape, report),
        Kind::Map(shape) => match &node.raw {
            Raw::Object(members) if !members.is_empty() => {
                return members.iter().for_each(|(_, node)| check(node, shape, report));
            }
            _ => false,
        },
        Kind::Names(kind) => match &node.raw {
            Raw::Object(members) if !members.is_empty() => {
                return members.iter().for_each(|(_, node)| check_value(node, kind, report));
            }
            _ => false,
        },
        Kind::Null => matches!(node.raw, Raw::Null),
        Kind::Either(kinds) => match kinds.iter().find(|kind| takes(kind, &node.raw)) {
            Some(kind) => return check_value(node, kind, report),
            None => false,
        },
        Kind::Foreign => matches!(node.raw, Raw::Object(_)),
    };
    if !fits {
        let found = match (kind, &node.raw) {
            (Kind::Names(_), Raw::Object(_)) => node.describe(),
            (
                Kind::Secret | Kind::Foreign | Kind::Names(_) | Kind::List(Kind::Object(_)) | Kind::Map(_),
                Raw::List(items),
            ) => {
                if items.is_empty() {
                    "an empty list".to_owned()
                } else {
                    node.describe_kind()
                }
            }
            (
                Kind::Secret | Kind::Foreign | Kind::Names(_) | Kind::List(Kind::Object(_)) | Kind::Map(_),
                _,
            ) => node.describe_kind(),
            _ => node.describe(),
        };
        report.refuse(&node.path, found, kind.allowed());
    }
}

/// Whether a value is of a kind's JSON type.
fn takes(kind: &Kind, raw: &Raw) -> bool {
    match raw {
        Raw::Null => matches!(kind, Kind::Null),
        Raw::Flag(_) => matches!(kind, Kind::Flag),
        Raw::Number(_) => matches!(kind, Kind::Whole { .. } | Kind::Seconds { .. }),
        Raw::Text(_) => {
            matches!(kind, Kind::Text(_) | Kind::AnyText | Kind::Secret | Kind::Choice { .. } | Kind::Word(_))
        }
        Raw::List(_) => matches!(kind, Kind::List(_)),
        Raw::Object(_) => {
            matches!(kind, Kind::Object(_) | Kind::Map(_) | Kind::Names(_) | Kind::Foreign)
        }
    }
}

fn check_choice(node: &Node, words: &[&str], report: &mut Report) {
    if node.text().is_some_and(|text| words.contains(&text)) {
        return;
    }
    let meant = node.text().and_then(|text| suggest::nearest(text, words.iter().copied())).map(quoted);
    report.suggest(&node.path, node.describe(), one_of(words), meant);
}

/// The value is not told: behind a misspelt name it may be a secret.
fn refuse_unknown(name: &str, member: &Node, shape: &Shape, report: &mut Report) {
    let known = || shape.fields.iter().map(|field| field.name);
    let meant = suggest::nearest(name, known()).map(|name| format!("{:?}", report.spell(name)));
    let found = "an unknown field";
    let allowed = format!("one of the fields of {}: {}", shape.name, report.spell_all(shape.fields));
    report.suggest(&member.path, found, allowed, meant);
}

fn check_group(node: &Node, group: &Group, report: &mut Report) {
    let given = |fields: &[&Field]| -> Vec<&'static str> {
        fields.iter().filter(|field| node.member(field.name).is_some()).map(|field| field.name).collect()
    };
    let (fields, given, wanted) = match group {
        Group::ExactlyOne(fields) => match given(fields) {
            given if given.len() == 1 => return,
            given => (fields, given, "exactly one of"),
        },
        Group::AtMostOne(fields) => match given(fields) {
            given if given.len() <= 1 => return,
            given => (fields, given, "at most one of"),
        },
        Group::AtLeastOne(fields) => match given(fields) {
            given if !given.is_empty() => return,
            given => (fields, given, "at least one of"),
        },
        Group::Needs(field, needed) => {
            if node.member(field.name).is_some() && node.member(needed.name).is_none() {
                let allowed = format!("a value, since {} is given", report.spell(field.name));
                report.refuse(&report.path_of(&node.path, needed.name), "nothing", allowed);
            }
            return;
        }
    };
    let names: Vec<String> = given.iter().map(|name| report.spell(name)).collect();
    let found = if names.is_empty() { "none".to_owned() } else { names.join(" and ") };
    report.refuse(&node.path, found, format!("{wanted} {}", report.spell_all(fields)));
}
