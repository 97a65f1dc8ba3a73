//! JSON, as text or as a protobuf `Struct`, to [`Node`]s. A member given twice is a problem: two programs would read it differently.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::node::{Node, Raw};
use super::problem::Report;
use super::protobuf;

/// Reads the text; a syntax error is one problem, and then there is no tree.
pub(super) fn read(text: &[u8], report: &mut Report) -> Option<Node> {
    if text.iter().all(u8::is_ascii_whitespace) {
        report.refuse("", "nothing", ALLOWED);
        return None;
    }
    let message = protobuf::object(text);
    let seed = Seed { path: String::new(), report: &mut *report };
    let node = if let Some(value) = message {
        seed.deserialize(value)
    } else {
        let mut deserializer = serde_json::Deserializer::from_slice(text);
        seed.deserialize(&mut deserializer).and_then(|node| deserializer.end().map(|()| node))
    };
    match node {
        Ok(node) => Some(node),
        Err(error) => {
            report.refuse("", format!("invalid JSON ({error})"), ALLOWED);
            None
        }
    }
}

struct Seed<'r> {
    path: String,
    report: &'r mut Report,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::new(self.path, Raw::Null))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Node, E> {
        Ok(Node::new(self.path, Raw::Flag(flag)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(Node::new(self.path, Raw::Number(number.into())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(Node::new(self.path, Raw::Number(number.into())))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Node, E> {
        let number = Number::from_f64(number).ok_or_else(|| E::custom("a number that is not finite"))?;
        Ok(Node::new(self.path, Raw::Number(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::new(self.path, Raw::Text(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        loop {
            let path = format!("{}[{}]", self.path, items.len());
            match sequence.next_element_seed(Seed { path, report: &mut *self.report })? {
                Some(item) => items.push(item),
                None => return Ok(Node::new(self.path, Raw::List(items))),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut members: Vec<(String, Node)> = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            let path = self.report.path_of(&self.path, &name);
            let node = map.next_value_seed(Seed { path, report: &mut *self.report })?;
            if members.iter().any(|(known, _)| *known == name) {
                self.report.refuse(&node.path, "the field twice", "each field once");
            } else {
                members.push((name, node));
            }
        }
        Ok(Node::new(self.path, Raw::Object(members)))
    }
}

/// A member's name, escapes resolved.
struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

const ALLOWED: &str = "a JSON object, or an APIM policy in XML";
