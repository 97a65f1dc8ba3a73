//! Strict JSON (RFC 8259, RFC 7493) for everything that a caller can send.
//!
//! On top of `serde_json`: no member name twice in an object, at any level and after escapes are decoded; nesting of at
//! most [`MAXIMUM_DEPTH`] levels; nothing after the value. Bytes that are not
//! UTF-8, byte order marks, lone surrogates and numbers beyond `f64` are syntax errors. The time is linear in the text.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

pub use super::json_value::{Json, JsonObject};

/// How deep objects and arrays may nest; the outermost one counts.
pub const MAXIMUM_DEPTH: usize = 32;

/// More members than most payloads have.
const USUAL_MEMBERS: usize = 24;

/// What is wrong with a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonError {
    /// Not strict JSON: syntax, encoding, a duplicate member, too deep, or trailing data.
    Invalid,
    /// Valid, but not an object.
    NotAnObject,
}

impl fmt::Display for JsonError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Invalid => "not a strict JSON text",
            Self::NotAnObject => "not a JSON object",
        })
    }
}

impl std::error::Error for JsonError {}

/// Parses a text that is one JSON object.
pub(crate) fn parse_object(text: &[u8]) -> Result<JsonObject<'_>, JsonError> {
    match parse_value(text)? {
        Json::Object(members) => Ok(members),
        _ => Err(JsonError::NotAnObject),
    }
}

/// Parses a text that is one JSON value.
pub fn parse_value(text: &[u8]) -> Result<Json<'_>, JsonError> {
    // One look at all of the text is quicker than one at every string.
    let text = std::str::from_utf8(text).map_err(|_| JsonError::Invalid)?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = StrictValue { depth_left: MAXIMUM_DEPTH }.deserialize(&mut deserializer);
    let value = value.map_err(|_| JsonError::Invalid)?;
    deserializer.end().map_err(|_| JsonError::Invalid)?;
    Ok(value)
}

/// Reads one value that may hold `depth_left` levels of objects and arrays.
#[derive(Clone, Copy)]
struct StrictValue {
    depth_left: usize,
}

impl StrictValue {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        match self.depth_left.checked_sub(1) {
            Some(depth_left) => Ok(Self { depth_left }),
            None => Err(E::custom("too deep")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for StrictValue {
    type Value = Json<'de>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Json<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for StrictValue {
    type Value = Json<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Json<'de>, E> {
        Number::from_f64(value).map(Json::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Json<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut array = Vec::new();
        while let Some(element) = elements.next_element_seed(inner)? {
            array.push(element);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json<'de>, A::Error> {
        let inner = self.deeper()?;
        // The outermost object is a header or a payload; there may be thousands of inner ones.
        let is_outermost = self.depth_left == MAXIMUM_DEPTH;
        let mut object = Vec::with_capacity(if is_outermost { USUAL_MEMBERS } else { 0 });
        while let Some(name) = members.next_key_seed(MemberName)? {
            object.push((name, members.next_value_seed(inner)?));
        }
        JsonObject::of(object).map(Json::Object).ok_or_else(|| A::Error::custom("duplicate member name"))
    }
}

/// Reads the name of a member.
struct MemberName;

impl<'de> DeserializeSeed<'de> for MemberName {
    type Value = Cow<'de, str>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for MemberName {
    type Value = Cow<'de, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a member name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[track_caller]
    fn check_refused(text: impl AsRef<[u8]>) {
        let text = text.as_ref();
        assert_eq!(parse_value(text), Err(JsonError::Invalid), "{}", String::from_utf8_lossy(text));
    }

    #[test]
    fn ordinary_documents_read_as_serde_json_reads_them() {
        for text in [
            r#"{"a":1,"b":[true,false,null],"c":{"d":"e\u00e9\ud83d\ude00","f":-1.5e3},"":""}"#,
            " [ ] ",
            "\"text\"",
            "18446744073709551615",
            "-9223372036854775808",
            "{}",
        ] {
            let read = parse_value(text.as_bytes()).unwrap();
            assert_eq!(Value::from(read), serde_json::from_str::<Value>(text).unwrap());
        }
    }

    #[test]
    fn duplicate_members_are_refused_at_every_level_and_in_every_spelling() {
        for text in [
            r#"{"alg":"none","alg":"RS256"}"#,
            r#"{"alg":"none","\u0061lg":"RS256"}"#,
            r#"{"a":{"b":1,"b":1}}"#,
            r#"[[{"b":1,"c":2,"b":1}]]"#,
            r#"{"":1,"":2}"#,
            r#"{"iat":1,"ist":2,"iat":3}"#,
        ] {
            check_refused(text);
        }
        assert!(parse_object(br#"{"alg":1,"Alg":2,"alg ":3,"aig":4,"":5}"#).is_ok());
        let many = |last: usize| {
            let members: Vec<_> = (0..100).chain([last]).map(|number| format!("\"m{number}\":0")).collect();
            format!("{{{}}}", members.join(","))
        };
        assert!(parse_object(many(100).as_bytes()).is_ok());
        for repeated in [0, 50, 99] {
            check_refused(many(repeated));
        }
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in [
            "",
            " ",
            "{",
            "}",
            "{}x",
            "{} {}",
            "{\"a\":1,}",
            "[1,]",
            "{'a':1}",
            "{a:1}",
            "// c\n{}",
            "NaN",
            "Infinity",
            "0x10",
            "01",
            "1.",
            ".5",
            "+1",
            "1e400",
            "-1e400",
            "\"\\ud800\"",
            "\"\\udc00\\ud800\"",
            "\"\\x41\"",
            "\"a\nb\"",
            "\u{feff}{}",
            "nul",
            "True",
            "{\"a\"}",
            "{1:2}",
        ] {
            check_refused(text);
        }
        for text in [
            &b"\"\xff\""[..],
            b"\"\xc0\xaf\"",
            b"\"\xed\xa0\x80\"",
            b"{\"\xff\":1}",
            b"\xff\xfe{\0}\0",
            b"{}\0",
        ] {
            check_refused(text);
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse_value(nested(MAXIMUM_DEPTH).as_bytes()).is_ok());
        check_refused(nested(MAXIMUM_DEPTH + 1));
        check_refused(nested(100_000));
        check_refused("[".repeat(100_000));
        check_refused("{\"a\":".repeat(100_000));
    }

    #[test]
    fn no_content_is_printed() {
        let value = parse_value(br#"{"secret":["secret"]}"#).unwrap();
        assert_eq!(format!("{value:?} {:?}", value.as_object()), "an object Some(JsonObject(1 members))");
    }

    #[test]
    fn only_an_object_is_an_object() {
        for text in ["[]", "1", "null", "\"{}\"", "true"] {
            assert_eq!(parse_object(text.as_bytes()), Err(JsonError::NotAnObject), "{text}");
        }
    }
}
