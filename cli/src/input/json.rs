//! JSON, each value with its line. Whether a configuration in JSON is good says the filter's own reader: this one says where
//! things stand.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::broken::{self, Broken, Count, Why};
use super::lines::{Lines, Starts};
use super::tree::{Kind, Text, Tree};

/// Reads a text whose lines stand there.
pub(crate) fn read(text: &str, lines: &Lines) -> Result<Tree, Broken> {
    // A minified document has one line.
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| Broken {
        line: lines.at(error.line().max(1)),
        why: Why::Json(format!("{}, column {}", words(&error), error.column())),
    })?;
    let mut reader = Reader { text, starts: Starts::of(text), lines, count: Count::default() };
    reader.tree(raw, 0)
}

struct Reader<'t> {
    text: &'t str,
    starts: Starts<'t>,
    lines: &'t Lines,
    count: Count,
}

impl<'t> Reader<'t> {
    fn tree(&mut self, raw: &'t RawValue, depth: usize) -> Result<Tree, Broken> {
        let line = self.line(raw);
        broken::check_depth(depth, line)?;
        let written = raw.get();
        self.count.add(1, line)?;
        let kind = match written.as_bytes().first() {
            Some(b'{') => {
                let Members(members) = parse(written, line)?;
                let read = members.into_iter().map(|(name, value)| Ok((name, self.tree(value, depth + 1)?)));
                Kind::Object(read.collect::<Result<_, _>>()?)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = parse(written, line)?;
                let read = items.into_iter().map(|item| self.tree(item, depth + 1));
                Kind::List(read.collect::<Result<_, _>>()?)
            }
            Some(b'"') => Kind::Text(Text { text: parse(written, line)?, lines: Lines::One(line) }),
            Some(b't' | b'f') => Kind::Flag(parse(written, line)?),
            Some(b'n') => Kind::Null,
            _ => Kind::Number(parse(written, line)?),
        };
        Ok(Tree { line, kind })
    }

    fn line(&self, raw: &RawValue) -> usize {
        let offset = raw.get().as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        self.lines.at(self.starts.line(offset))
    }
}

/// A part of what was read once: its grammar is good, but a number can be too large, and half a character be missing.
fn parse<'t, T: Deserialize<'t>>(written: &'t str, line: usize) -> Result<T, Broken> {
    serde_json::from_str(written).map_err(|error| Broken { line, why: Why::Json(words(&error)) })
}

/// The parser's words without the place, which is told beside.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what).to_owned()
}

/// The members of an object, names that are given twice included.
struct Members<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_line_where_they_stand() {
        let text = "\n{\"a\": 1,\n \"b\": [true,\n  {\"c d\": null}],\n \"a\": \"x\"}";
        let tree = read(text, &Lines::Own).unwrap();
        for (path, line) in [
            ("", 2),
            ("a", 5),
            ("b", 3),
            ("b[0]", 3),
            ("b[1]", 4),
            ("b[1].\"c d\"", 4),
            ("b[1].missing", 4),
            ("b[7]", 3),
            ("missing", 2),
        ] {
            assert_eq!(tree.line_of(path), line, "{path}");
        }
        assert_eq!(tree.to_json(), r#"{"a":1,"b":[true,{"c d":null}],"a":"x"}"#);
    }

    #[test]
    fn what_is_no_json_is_told_with_its_line() {
        for (text, line, told) in [
            ("{\"a\": 1,\n}", 2, "invalid JSON (key must be a string, column 1)"),
            ("", 1, "invalid JSON (EOF while parsing a value, column 0)"),
            ("{\n\n\"a\": 1e999}", 3, "invalid JSON (number out of range)"),
        ] {
            let broken = read(text, &Lines::Own).unwrap_err();
            assert_eq!(broken.why.to_string(), told);
            assert_eq!(broken.line, line, "{text}");
        }
        let deep = "[".repeat(5_000) + &"]".repeat(5_000);
        assert!(matches!(read(&deep, &Lines::Own).unwrap_err().why, Why::Deep));
        let many = format!("[{}0]", "0,".repeat(1_000_000));
        assert!(matches!(read(&many, &Lines::Own).unwrap_err().why, Why::Many));
    }
}
