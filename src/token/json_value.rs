//! A JSON value, read strictly, that borrows from its text where it can.
//!
//! `serde_json::Value` copies every string and builds a tree for every object. Each new token is read once, and only a
//! handful of its claims are looked at: those copies would be most of the cost of reading it.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde_json::{Map, Number, Value};

/// A JSON value.
#[derive(Clone, PartialEq)]
pub enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string; borrowed unless there were escapes in it.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Json<'a>>),
    /// An object.
    Object(JsonObject<'a>),
}

impl<'a> Json<'a> {
    /// The text, of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The members, of an object.
    pub fn as_object(&self) -> Option<&JsonObject<'a>> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// Whether this is a string.
    pub fn is_string(&self) -> bool {
        matches!(self, Self::String(_))
    }

    /// Whether this is an array.
    pub fn is_array(&self) -> bool {
        matches!(self, Self::Array(_))
    }
}

/// An object: its members in the order of the text, no name twice.
#[derive(Clone, PartialEq)]
pub struct JsonObject<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

impl<'a> JsonObject<'a> {
    /// An object of these members; `None` if two have the same name. The time is linear.
    pub(super) fn of(members: Vec<(Cow<'a, str>, Json<'a>)>) -> Option<Self> {
        let repeats = if members.len() <= FEW {
            // One bit per kind of name seen so far: most names are the first of their kind, and need no comparing.
            let mut kinds = 0_u64;
            members.iter().enumerate().any(|(at, (name, _))| {
                let before = kinds;
                kinds |= 1 << kind(name);
                kinds == before && members.iter().take(at).any(|(earlier, _)| is_same(earlier, name))
            })
        } else {
            let names: HashSet<&str> = members.iter().map(|(name, _)| &**name).collect();
            names.len() < members.len()
        };
        (!repeats).then_some(Self(members))
    }

    /// The member of that name.
    pub fn get(&self, name: &str) -> Option<&Json<'a>> {
        self.0.iter().find(|(known, _)| is_same(known, name)).map(|(_, value)| value)
    }

    /// Whether there is a member of that name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The members, in the order of the text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Json<'a>)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }
}

impl fmt::Debug for Json<'_> {
    /// What kind of value it is: it may be a claim, or a key.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        })
    }
}

impl fmt::Debug for JsonObject<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "JsonObject({} members)", self.0.len())
    }
}

impl From<Json<'_>> for Value {
    fn from(json: Json<'_>) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(value),
            Json::Number(number) => Self::Number(number),
            Json::String(text) => Self::String(text.into_owned()),
            Json::Array(elements) => Self::Array(elements.into_iter().map(Self::from).collect()),
            Json::Object(members) => Self::Object(members.into()),
        }
    }
}

impl From<JsonObject<'_>> for Map<String, Value> {
    fn from(object: JsonObject<'_>) -> Self {
        // Collecting would sort first: several kilobytes of code for objects of a few members.
        let mut map = Self::new();
        for (name, value) in object.0 {
            map.insert(name.into_owned(), value.into());
        }
        map
    }
}

/// Whether two names are the same. Nearly all claims have names of three letters, most of which differ in the last one:
/// looking at it saves a call that compares any number of them.
fn is_same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.as_bytes().last() == other.as_bytes().last() && one == other
}

/// A number below 64 that equal names share.
fn kind(name: &str) -> u32 {
    let [first, last] =
        [name.as_bytes().first(), name.as_bytes().last()].map(|byte| u32::from(*byte.unwrap_or(&0)));
    (first.wrapping_mul(5) ^ last.wrapping_mul(3) ^ u32::try_from(name.len()).unwrap_or(0)) % u64::BITS
}

/// Up to so many members, comparing names is quicker than hashing them.
const FEW: usize = 32;
