//! `google.protobuf.Struct`, which Envoy hands over as it is: in Protocol Buffers' wire format.

use prost::Message as _;
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value as Message};
use serde_json::{Map, Number, Value};

/// The JSON object that a serialised `Struct` stands for; `None` if the bytes are no such thing.
///
/// A `Struct` with any member starts with the byte 0x0a, as no JSON text in use does. Its members have no
/// order, and numbers are doubles; whole ones become integers again.
pub(super) fn object(bytes: &[u8]) -> Option<Value> {
    let message = Struct::decode(bytes).ok().filter(|message| !message.fields.is_empty())?;
    members(message)
}

fn members(message: Struct) -> Option<Value> {
    // Not collected: see `Map::from` for `JsonObject`.
    let mut members = Map::new();
    for (name, member) in message.fields {
        members.insert(name, value(member)?);
    }
    Some(Value::Object(members))
}

fn value(message: Message) -> Option<Value> {
    Some(match message.kind? {
        Kind::NullValue(_) => Value::Null,
        Kind::BoolValue(flag) => Value::Bool(flag),
        Kind::NumberValue(number) => Value::Number(whole(number).or_else(|| Number::from_f64(number))?),
        Kind::StringValue(text) => Value::String(text),
        Kind::StructValue(object) => members(object)?,
        Kind::ListValue(ListValue { values }) => {
            Value::Array(values.into_iter().map(value).collect::<Option<_>>()?)
        }
    })
}

/// A whole number that a double holds exactly.
fn whole(number: f64) -> Option<Number> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let fits = number.fract() == 0.0 && number.abs() <= EXACT;
    #[expect(clippy::cast_possible_truncation, reason = "within the exact integers of a double")]
    fits.then_some(number as i64).map(Number::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_struct_becomes_json() {
        // {"a": {"b": [1, "x", true, null, 0.5]}}, as Envoy sends it.
        let list = [
            &b"\x0a\x09\x11\x00\x00\x00\x00\x00\x00\xf0\x3f"[..],
            b"\x0a\x03\x1a\x01x",
            b"\x0a\x02\x20\x01",
            b"\x0a\x02\x08\x00",
            b"\x0a\x09\x11\x00\x00\x00\x00\x00\x00\xe0\x3f",
        ]
        .concat();
        let wrap = |tag: u8, inner: &[u8]| [&[tag, u8::try_from(inner.len()).unwrap()], inner].concat();
        let entry = |name: &[u8], value: &[u8]| wrap(0x0a, &[wrap(0x0a, name), wrap(0x12, value)].concat());
        let bytes = entry(b"a", &wrap(0x2a, &entry(b"b", &wrap(0x32, &list))));
        assert_eq!(object(&bytes), Some(json!({"a": {"b": [1, "x", true, null, 0.5]}})));
        for end in 0..bytes.len() {
            assert_eq!(object(&bytes[..end]), None, "cut at {end}");
        }
    }

    #[test]
    fn other_bytes_are_no_struct() {
        for bytes in
            [&b""[..], b"\n", b"\n{}", b"{}", b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff", b"\x0a\x00"]
        {
            assert_eq!(object(bytes), None, "{bytes:?}");
        }
    }
}
