//! The JSON Schema (2020-12) of the configuration, generated from the same table that the reader checks against.

use serde_json::{Map, Value, json};

use super::field::{Doc, Field, Group, Kind, Presence, Preset, Shape, choices};
use super::top::CONFIGURATION;

/// The schema of the whole configuration.
pub(super) fn schema() -> Value {
    let mut definitions = Map::new();
    let mut root = Map::new();
    root.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    root.insert("title".to_owned(), json!("validate-jwt"));
    root.extend(object(&CONFIGURATION, &mut definitions));
    root.insert("$defs".to_owned(), Value::Object(definitions));
    Value::Object(root)
}

/// An object and, below it, the definitions that it refers to.
fn object(shape: &'static Shape, definitions: &mut Map<String, Value>) -> Map<String, Value> {
    let mut properties = Map::new();
    for field in shape.fields {
        properties.insert(field.name.to_owned(), property(field, definitions));
    }
    let required: Vec<&str> =
        shape.fields.iter().filter(|field| is_required(field)).map(|field| field.name).collect();
    let mut object = Map::new();
    object.insert("description".to_owned(), json!(shape.doc.0));
    object.insert("type".to_owned(), json!("object"));
    object.insert("properties".to_owned(), Value::Object(properties));
    object.insert("additionalProperties".to_owned(), json!(false));
    if !required.is_empty() {
        object.insert("required".to_owned(), json!(required));
    }
    let together: Vec<Value> = shape.groups.iter().map(group).collect();
    if !together.is_empty() {
        object.insert("allOf".to_owned(), Value::Array(together));
    }
    object
}

fn is_required(field: &Field) -> bool {
    matches!(field.presence, Presence::Required)
}

fn property(field: &'static Field, definitions: &mut Map<String, Value>) -> Value {
    let mut property = kind(&field.kind, definitions);
    property.insert("description".to_owned(), json!(field.doc.0));
    if let Presence::Preset(preset) = field.presence {
        let preset = match preset {
            Preset::Flag(flag) => json!(flag),
            Preset::Whole(number) => json!(number),
            Preset::Seconds(seconds) => number(seconds),
            Preset::Word(word) => json!(word),
            Preset::Words(words) => json!(words),
        };
        property.insert("default".to_owned(), preset);
    }
    Value::Object(property)
}

fn kind(of: &'static Kind, definitions: &mut Map<String, Value>) -> Map<String, Value> {
    let schema = match of {
        Kind::Flag => json!({"type": "boolean"}),
        Kind::AnyText => json!({"type": "string"}),
        Kind::Text(Doc("")) | Kind::Secret => json!({"type": "string", "minLength": 1}),
        Kind::Text(Doc(pattern)) => json!({"type": "string", "minLength": 1, "pattern": pattern}),
        Kind::Choice { default, others } => json!({"enum": choices(default, *others)}),
        Kind::Word(words) => json!({"enum": words}),
        Kind::Whole { least, most } => json!({"type": "integer", "minimum": least, "maximum": most}),
        Kind::Seconds { least, most } => {
            json!({"type": "number", "minimum": number(*least), "maximum": number(*most)})
        }
        Kind::List(item) => {
            json!({"type": "array", "minItems": 1, "items": kind(item, definitions)})
        }
        Kind::Object(shape) => reference(shape, definitions),
        Kind::Map(shape) => json!({
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": "^[A-Za-z0-9_-]{1,64}$", "not": {"enum": ["allow", "rules"]}},
            "additionalProperties": reference(shape, definitions),
        }),
        Kind::Names(value) => json!({
            "type": "object",
            "minProperties": 1,
            "additionalProperties": kind(value, definitions),
        }),
        Kind::Null => json!({"type": "null"}),
        Kind::Either(kinds) => {
            json!({"anyOf": kinds.iter().map(|one| kind(one, definitions)).collect::<Vec<_>>()})
        }
        Kind::Foreign => json!({"type": "object"}),
    };
    match schema {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn reference(shape: &'static Shape, definitions: &mut Map<String, Value>) -> Value {
    if !definitions.contains_key(shape.name) {
        definitions.insert(shape.name.to_owned(), Value::Null);
        let object = object(shape, definitions);
        definitions.insert(shape.name.to_owned(), Value::Object(object));
    }
    json!({"$ref": format!("#/$defs/{}", shape.name)})
}

fn group(group: &Group) -> Value {
    let each = |fields: &[&Field]| -> Vec<Value> {
        fields.iter().map(|field| json!({"required": [field.name]})).collect()
    };
    match group {
        Group::ExactlyOne(fields) => json!({"oneOf": each(fields)}),
        Group::AtLeastOne(fields) => json!({"anyOf": each(fields)}),
        Group::AtMostOne(fields) => {
            let pairs = fields.iter().enumerate().flat_map(|(index, first)| {
                let others = fields.iter().skip(index + 1);
                others.map(|second| json!({"required": [first.name, second.name]}))
            });
            json!({"not": {"anyOf": pairs.collect::<Vec<_>>()}})
        }
        Group::Needs(field, needed) => json!({"dependentRequired": {field.name: [needed.name]}}),
    }
}

/// Whole numbers without a decimal point.
fn number(seconds: f64) -> Value {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "bounds of the table, far below the end of the range"
    )]
    if seconds.fract() == 0.0 { json!(seconds as i64) } else { json!(seconds) }
}
