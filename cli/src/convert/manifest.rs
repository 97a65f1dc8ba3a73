//! Reads documents in YAML or JSON, of which a file may hold several.

use serde::Deserialize as _;
use serde_json::Value;
use validate_jwt::config::Problem;

use super::Refused;

/// One document.
pub(super) struct Document {
    /// The file that it stands in.
    pub(super) file: String,
    /// What it says.
    pub(super) value: Value,
}

/// Reads all documents of a file; the items of a Kubernetes `List` are documents of their own.
///
/// They are read into YAML's own values first: those refuse a key that is given twice.
pub(super) fn parse(file: &str, text: &[u8]) -> Result<Vec<Document>, Refused> {
    let values =
        values(text).map_err(|problem| Refused { file: file.to_owned(), problems: vec![problem] })?;
    let documents = values.into_iter().flat_map(items);
    Ok(documents.map(|value| Document { file: file.to_owned(), value }).collect())
}

fn values(text: &[u8]) -> Result<Vec<Value>, Problem> {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let mut values = Vec::new();
    for document in yaml_serde::Deserializer::from_slice(text) {
        let value = yaml_serde::Value::deserialize(document).map_err(|error| broken(&error))?;
        let value = serde_json::to_value(&value).map_err(|error| broken(&error))?;
        if !value.is_null() {
            values.push(value);
        }
    }
    Ok(values)
}

fn broken(error: &dyn std::fmt::Display) -> Problem {
    Problem {
        path: String::new(),
        found: format!("another text ({error})"),
        allowed: "YAML or JSON".to_owned(),
        suggestion: None,
    }
}

fn items(mut value: Value) -> Vec<Value> {
    let is_list = value.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"));
    match value.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) if is_list => items,
        Some(items) => {
            if let Value::Object(members) = &mut value {
                members.insert("items".to_owned(), items);
            }
            vec![value]
        }
        None => vec![value],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_come_in_yaml_and_in_json_alone_and_in_lists() {
        for (text, count) in [
            ("a: 1\n---\nb: 2\n", 2),
            ("---\na: 1\n---\n# nothing\n", 1),
            ("\u{feff}{\n\t\"a\":\t[1, 2]\n}", 1),
            (r#"{"kind": "List", "items": [{"a": 1}, {"b": 2}]}"#, 2),
            ("items: [1, 2]\n", 1),
        ] {
            let documents = parse("f", text.as_bytes()).ok().unwrap();
            assert_eq!(documents.len(), count, "{text}");
        }
    }

    #[test]
    fn what_is_no_yaml_is_refused_with_its_line() {
        for (text, told) in [("a: [1,\nb: 2", "line 3"), ("a: 1\na: 2", "duplicate")] {
            let problem = values(text.as_bytes()).unwrap_err().to_string();
            assert!(problem.contains(told), "{problem}");
        }
    }
}
