//! Reads documents in YAML or JSON, of which a file may hold several.

use std::rc::Rc;

use serde_json::Value;
use validate_jwt::config::Problem;

use crate::input::{self, Refused, Tree};

/// One document.
pub(super) struct Document {
    /// The file that it stands in.
    pub(super) file: String,
    /// What it says.
    pub(super) value: Value,
    /// The same with lines.
    pub(super) tree: Rc<Tree>,
}

impl Document {
    fn new(file: &str, tree: Tree) -> Self {
        Self { file: file.to_owned(), value: tree.to_value(), tree: Rc::new(tree) }
    }

    /// Its file, for what is wrong at paths of it.
    pub(super) fn refused(&self, problems: Vec<Problem>) -> Refused {
        Refused::file(&self.file, problems, |problem| self.tree.line_of(&problem.path))
    }
}

/// Reads all documents of a file; the items of a Kubernetes `List` are documents of their own.
pub(super) fn parse(file: &str, content: &[u8]) -> Result<Vec<Document>, Refused> {
    let documents = input::values(file, content)?;
    Ok(documents.into_iter().flat_map(items).map(|tree| Document::new(file, tree)).collect())
}

fn items(tree: Tree) -> Vec<Tree> {
    let is_list = tree.member("kind").and_then(Tree::text).is_some_and(|kind| kind.text.ends_with("List"));
    match tree.member("items") {
        Some(items) if is_list => items.items().to_vec(),
        _ => vec![tree],
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
        for (text, told) in [
            ("a: [1,\nb: 2", "f:2: configuration: expected YAML"),
            ("a: 1\na: 2", "f:2: a: expected each field once"),
        ] {
            let refused = parse("f", text.as_bytes()).err().unwrap().to_string();
            assert!(refused.contains(told), "{refused}");
        }
    }
}
