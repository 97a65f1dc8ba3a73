//! The tree that both languages are read into: values, each with its path in what the user wrote.

use serde_json::{Map, Number, Value};

use super::quote::quoted;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) path: String,
    pub(super) raw: Raw,
    /// How a text is written, where named values were put into it: what they stand for is not told.
    pub(super) written: Option<Box<str>>,
}

/// A value as written.
#[derive(Debug, Clone)]
pub(super) enum Raw {
    Null,
    Flag(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    /// In the order in which it was written; no name twice.
    Object(Vec<(String, Node)>),
}

impl Node {
    pub(super) fn new(path: impl Into<String>, raw: Raw) -> Self {
        Self { path: path.into(), raw, written: None }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.raw {
            Raw::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        match &self.raw {
            Raw::Number(number) => number.as_f64(),
            _ => None,
        }
    }

    /// The items of a list; nothing for any other value.
    pub(super) fn items(&self) -> &[Node] {
        match &self.raw {
            Raw::List(items) => items,
            _ => &[],
        }
    }

    /// The members of an object; nothing for any other value.
    pub(super) fn members(&self) -> &[(String, Node)] {
        match &self.raw {
            Raw::Object(members) => members,
            _ => &[],
        }
    }

    pub(super) fn member(&self, name: &str) -> Option<&Node> {
        self.members().iter().find(|(known, _)| known == name).map(|(_, node)| node)
    }

    /// The value for a message: scalars as they are, cut; of everything else the kind.
    pub(super) fn describe(&self) -> String {
        if let Some(written) = &self.written {
            return format!("what {} stands for", quoted(written));
        }
        match &self.raw {
            Raw::Flag(flag) => flag.to_string(),
            Raw::Number(number) => number.to_string(),
            Raw::Text(text) => quoted(text),
            Raw::List(items) if items.is_empty() => "an empty list".to_owned(),
            Raw::Object(members) if members.is_empty() => "an empty object".to_owned(),
            Raw::Null | Raw::List(_) | Raw::Object(_) => self.describe_kind(),
        }
    }

    /// The kind of value, for messages about what may be secret.
    pub(super) fn describe_kind(&self) -> String {
        match &self.raw {
            Raw::Null => "null",
            Raw::Flag(_) => "a boolean",
            Raw::Number(_) => "a number",
            Raw::Text(text) if text.trim().is_empty() => "an empty string",
            Raw::Text(_) => "a string",
            Raw::List(_) => "a list",
            Raw::Object(_) => "an object",
        }
        .to_owned()
    }

    /// The value as JSON.
    pub(super) fn to_json(&self) -> Value {
        match &self.raw {
            Raw::Null => Value::Null,
            Raw::Flag(flag) => Value::Bool(*flag),
            Raw::Number(number) => Value::Number(number.clone()),
            Raw::Text(text) => Value::String(text.clone()),
            Raw::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Raw::Object(_) => Value::Object(self.to_json_members()),
        }
    }

    /// The members of an object as JSON.
    pub(super) fn to_json_members(&self) -> Map<String, Value> {
        // Not collected: see `Map::from` for `JsonObject`.
        let mut members = Map::new();
        members.extend(self.members().iter().map(|(name, node)| (name.clone(), node.to_json())));
        members
    }
}
