//! JSON documents from a provider, read leniently (RFC 8259): a byte order mark and white space may precede the object,
//! and members that are not read may be anything, even duplicated. Members that are read are read strictly: a duplicate
//! has no value, because two programs would pick different ones. Tokens are read by [`json`] only, which is lenient
//! about nothing.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::json::{self, Json};
use crate::excerpt::Excerpt;

/// The members of an object that are read, as they stand.
#[derive(Debug)]
pub(crate) struct Members<'a>(Vec<(&'static str, Given<'a>)>);

#[derive(Debug)]
enum Given<'a> {
    Once(&'a RawValue),
    Twice,
}

/// A member that is read was given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GivenTwice;

/// What stands where a JSON object was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotAnObject {
    /// Nothing.
    Empty,
    /// HTML or XML, which starts like this.
    Markup(Excerpt),
    /// The magic number of gzip (RFC 1952, section 2.3.1).
    Gzip,
    /// A byte order mark of UTF-16, or zeros between the characters.
    Utf16,
    /// Not UTF-8 from this byte on, counted from 0.
    NotUtf8(usize),
    /// A number, a string, an array, …
    OtherValue(&'static str),
    /// Something that does not start like JSON.
    OtherText(Excerpt),
    /// JSON that ends after so many bytes, in the middle of something.
    CutShort(usize),
    /// JSON with an error at this place, both counted from 1.
    Syntax {
        /// The line.
        line: usize,
        /// The byte in the line.
        column: usize,
    },
}

impl<'a> Members<'a> {
    /// Reads a document, and of its outermost object the members named.
    ///
    /// # Errors
    ///
    /// [`NotAnObject`] says what was found instead.
    pub(crate) fn of(document: &'a [u8], read: &'static [&'static str]) -> Result<Self, NotAnObject> {
        let text = std::str::from_utf8(document).map_err(|error| not_text(document, error.valid_up_to()))?;
        let text = text.trim_start_matches(|c: char| c == '\u{feff}' || c.is_ascii_whitespace());
        Self::of_text(text, read).map_err(|error| not_an_object(text, &error))
    }

    /// Reads one object.
    pub(super) fn of_text(text: &'a str, read: &'static [&'static str]) -> serde_json::Result<Self> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let members = deserializer.deserialize_map(Reader(read))?;
        deserializer.end()?;
        Ok(members)
    }

    /// A member; `null` is as good as absent.
    ///
    /// # Errors
    ///
    /// [`GivenTwice`], whatever the values are.
    pub(crate) fn get(&self, name: &str) -> Result<Option<&'a RawValue>, GivenTwice> {
        match self.0.iter().find(|(known, _)| *known == name) {
            None => Ok(None),
            Some((_, Given::Once(value))) => Ok(Some(*value).filter(|value| value.get() != "null")),
            Some((_, Given::Twice)) => Err(GivenTwice),
        }
    }

    /// A member that is a text; one of another type is as good as absent.
    ///
    /// # Errors
    ///
    /// [`GivenTwice`].
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, GivenTwice> {
        let text = |value: &RawValue| match json::parse_value(value.get().as_bytes()) {
            Ok(Json::String(text)) => Some(text.into_owned()),
            _ => None,
        };
        Ok(self.get(name)?.and_then(text))
    }

    /// The names of the members that there are.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(name, _)| *name)
    }
}

/// Reads an object's members of these names.
struct Reader(&'static [&'static str]);

impl<'de> Visitor<'de> for Reader {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut found: Vec<(&'static str, Given<'de>)> = Vec::new();
        while let Some(name) = members.next_key::<String>()? {
            match self.0.iter().find(|known| **known == name) {
                None => drop(members.next_value::<IgnoredAny>()?),
                Some(name) => {
                    let value = members.next_value()?;
                    match found.iter_mut().find(|(known, _)| known == name) {
                        Some((_, given)) => *given = Given::Twice,
                        None => found.push((name, Given::Once(value))),
                    }
                }
            }
        }
        Ok(Members(found))
    }
}

fn not_text(document: &[u8], valid_up_to: usize) -> NotAnObject {
    match document {
        [0x1f, 0x8b, ..] => NotAnObject::Gzip,
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => NotAnObject::Utf16,
        _ => NotAnObject::NotUtf8(valid_up_to),
    }
}

/// What a text is that could not be read as an object. Of one that starts like JSON only the place of the error is told:
/// what is in it may be a key.
fn not_an_object(text: &str, error: &serde_json::Error) -> NotAnObject {
    match text.as_bytes() {
        [] => NotAnObject::Empty,
        [b'<', ..] => NotAnObject::Markup(Excerpt::word(text)),
        [_, 0, ..] | [0, ..] => NotAnObject::Utf16,
        [b'[', ..] => NotAnObject::OtherValue("an array"),
        [b'{', ..] if error.is_eof() => NotAnObject::CutShort(text.len()),
        [b'{', ..] => NotAnObject::Syntax { line: error.line(), column: error.column() },
        // A whole value of another type than expected.
        _ if error.is_data() => NotAnObject::OtherValue("null, a string or a number"),
        _ => NotAnObject::OtherText(Excerpt::word(text)),
    }
}

impl fmt::Display for NotAnObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a JSON object, found ")?;
        match self {
            Self::Empty => f.write_str("nothing"),
            Self::Markup(start) => write!(f, "HTML or XML, {start:?}"),
            Self::Gzip => f.write_str("gzip"),
            Self::Utf16 => f.write_str("UTF-16"),
            Self::NotUtf8(at) => write!(f, "invalid UTF-8 at byte {at}"),
            Self::OtherValue(kind) => f.write_str(kind),
            Self::OtherText(start) => write!(f, "{start:?}"),
            Self::CutShort(length) => write!(f, "JSON that is cut short after {length} bytes"),
            Self::Syntax { line, column } => write!(f, "invalid JSON at line {line}, byte {column}"),
        }
    }
}

impl std::error::Error for NotAnObject {}
