//! What YAML and JSON say, each value with its line.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Number, Value};
use validate_jwt::config::member_name;

use super::lines::Lines;
use super::xml;

/// A value.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    /// Where it stands in its file, counted from 1: a member where its name does.
    pub(crate) line: usize,
    pub(crate) kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Null,
    Flag(bool),
    Number(Number),
    Text(Text),
    List(Vec<Tree>),
    /// In the order in which they stand. A name may be there twice.
    Object(Vec<(String, Tree)>),
}

/// A text, and where its lines stand.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) lines: Lines,
}

impl Tree {
    pub(crate) fn text(&self) -> Option<&Text> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn flag(&self) -> Option<bool> {
        match self.kind {
            Kind::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    /// The items of a list; nothing for any other value.
    pub(crate) fn items(&self) -> &[Tree] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The members of an object; nothing for any other value.
    pub(crate) fn members(&self) -> &[(String, Tree)] {
        match &self.kind {
            Kind::Object(members) => members,
            _ => &[],
        }
    }

    pub(crate) fn member(&self, name: &str) -> Option<&Tree> {
        self.members().iter().find(|(known, _)| known == name).map(|(_, tree)| tree)
    }

    /// The line of what stands at a path such as `validate_jwt.openid_config[0].url`, or of the innermost part of the path
    /// that is there. Of a name that is given twice it is the last: that one is the problem.
    pub(crate) fn line_of(&self, path: &str) -> usize {
        let below = match &self.kind {
            Kind::Object(members) => {
                let path = path.strip_prefix('.').unwrap_or(path);
                let ends = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[', '/']);
                // With quotation marks where a message has them, or without.
                let rest = |name: &str| {
                    let quoted = path.strip_prefix(member_name(name).as_str());
                    quoted.or_else(|| path.strip_prefix(name)).filter(|rest| ends(rest))
                };
                members.iter().rev().find_map(|(name, tree)| Some(tree.line_of(rest(name)?)))
            }
            Kind::List(items) => path.strip_prefix('[').and_then(|path| {
                let (index, rest) = path.split_once(']')?;
                Some(items.get(index.parse::<usize>().ok()?)?.line_of(rest))
            }),
            Kind::Text(text) => path
                .strip_prefix('/')
                .and_then(|path| xml::line(text.text.as_bytes(), path))
                .map(|line| text.lines.at(line)),
            _ => None,
        };
        below.unwrap_or(self.line)
    }

    /// What it is, for a message that must not show it.
    pub(crate) fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "null",
            Kind::Flag(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "a string",
            Kind::List(_) => "a list",
            Kind::Object(_) => "an object",
        }
    }

    /// The value as JSON. Of members that are given twice it has the last.
    pub(crate) fn to_value(&self) -> Value {
        // Names are texts.
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The value as JSON text. Members that are given twice are written twice, for the filter's reader to refuse.
    pub(crate) fn to_json(&self) -> String {
        // Writing to memory does not fail, and names are texts.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.kind {
            Kind::Null => serializer.serialize_unit(),
            Kind::Flag(flag) => serializer.serialize_bool(*flag),
            Kind::Number(number) => number.serialize(serializer),
            Kind::Text(text) => serializer.serialize_str(&text.text),
            Kind::List(items) => serializer.collect_seq(items),
            Kind::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, member) in members {
                    map.serialize_entry(name, member)?;
                }
                map.end()
            }
        }
    }
}
