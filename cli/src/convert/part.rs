//! A part of a document, which notes what was read of it: what nobody read is left to do.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::Value;
use validate_jwt::config::Problem;

use super::manifest::Document;
use super::{Left, duration};
use crate::input::{Tree, camel};

/// What was read of a document, and what there is to say about it.
pub(super) struct Ledger {
    file: String,
    tree: Rc<Tree>,
    label: String,
    notes: RefCell<Notes>,
}

#[derive(Default)]
struct Notes {
    read: BTreeSet<String>,
    left: Vec<(String, String)>,
    problems: Vec<Problem>,
}

/// What to do about a member, wherever it stands, when the conversion does not take it over.
pub(super) type Advice = [(&'static str, &'static str)];

impl Ledger {
    /// For a document, called `label` in the list.
    pub(super) fn new(document: &Document, label: &str) -> Self {
        let Document { file, tree, .. } = document;
        Self { file: file.clone(), tree: Rc::clone(tree), label: label.to_owned(), notes: RefCell::default() }
    }

    /// Lists what is left, in the order of the document: what was said, and every member that nobody read.
    pub(super) fn finish(&self, root: &Part<'_>, advice: &Advice) -> Result<Vec<Left>, Vec<Problem>> {
        let mut order = BTreeMap::new();
        let mut unread = Vec::new();
        root.walk(&mut order, &mut unread, &self.notes.borrow().read);
        let notes = self.notes.take();
        if !notes.problems.is_empty() {
            return Err(notes.problems);
        }
        let mut left = notes.left;
        for (path, name) in unread {
            let known = advice.iter().find(|(known, _)| *known == name);
            let instead =
                known.map_or("has no counterpart here: see whether you need it", |(_, instead)| instead);
            left.push((path, instead.to_owned()));
        }
        left.sort_by_key(|(path, _)| order.get(path).copied().unwrap_or(usize::MAX));
        let told = left.into_iter().map(|(path, instead)| {
            let what = [self.label.as_str(), path.as_str()].into_iter().filter(|part| !part.is_empty());
            let line = Some(self.tree.line_of(&path));
            Left { file: self.file.clone(), line, what: what.collect::<Vec<_>>().join(": "), instead }
        });
        Ok(told.collect())
    }
}

/// A part of a document, at a path.
#[derive(Clone)]
pub(super) struct Part<'a> {
    value: &'a Value,
    path: String,
    ledger: &'a Ledger,
}

impl<'a> Part<'a> {
    /// The whole of what a ledger is about, which stands at `path` in its file.
    pub(super) fn root(value: &'a Value, path: &str, ledger: &'a Ledger) -> Self {
        Self { value, path: path.to_owned(), ledger }
    }

    /// Where it stands.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The value, unread.
    pub(super) fn value(&self) -> &'a Value {
        self.value
    }

    /// A member, in either spelling that protobuf's JSON knows (`remote_jwks`, `remoteJwks`). `null` is none.
    pub(super) fn member(&self, name: &str) -> Option<Self> {
        let Some(members) = self.value.as_object() else {
            if !self.value.is_null() {
                self.refuse("an object");
            }
            return None;
        };
        let spelling = if members.contains_key(name) { name.to_owned() } else { camel(name) };
        let part = self.child(&spelling, members.get(&spelling)?);
        part.note();
        (!part.value.is_null()).then_some(part)
    }

    /// All members.
    pub(super) fn members(&self) -> Vec<(String, Self)> {
        let Some(members) = self.value.as_object() else {
            self.refuse("an object");
            return Vec::new();
        };
        let parts = members.iter().map(|(name, value)| (name.clone(), self.child(name, value)));
        parts.inspect(|(_, part)| part.note()).collect()
    }

    /// All members, by their names as protobuf's text has them (`remote_jwks`).
    pub(super) fn fields(&self) -> Vec<(String, Self)> {
        self.members().into_iter().map(|(name, part)| (snake(&name), part)).collect()
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Vec<Self> {
        let Value::Array(items) = self.value else {
            self.refuse("a list");
            return Vec::new();
        };
        let parts = items.iter().enumerate().map(|(index, value)| Self {
            value,
            path: format!("{}[{index}]", self.path),
            ledger: self.ledger,
        });
        parts.inspect(Self::note).collect()
    }

    /// The items of a member that is a list; none without it.
    pub(super) fn list(&self, name: &str) -> Vec<Self> {
        self.member(name).map(|part| part.items()).unwrap_or_default()
    }

    /// The text that stands here.
    pub(super) fn as_text(&self) -> Option<&'a str> {
        if !self.value.is_string() {
            self.refuse("a text");
        }
        self.value.as_str()
    }

    /// A member that is a text. An empty one is none, as in protobuf.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.member(name)?.as_text().filter(|text| !text.is_empty())
    }

    /// A member that is a list of texts.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        let items = self.list(name);
        items.iter().filter_map(|item| item.as_text().map(ToOwned::to_owned)).collect()
    }

    /// A member that is `true` or `false`.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        let part = self.member(name)?;
        if !part.value.is_boolean() {
            part.refuse("true or false");
        }
        part.value.as_bool()
    }

    /// A member that is a number without sign or fraction.
    pub(super) fn count(&self, name: &str) -> Option<u64> {
        let part = self.member(name)?;
        if !part.value.is_u64() {
            part.refuse("a number");
        }
        part.value.as_u64()
    }

    /// A member that is a time span, in seconds.
    pub(super) fn seconds(&self, name: &str) -> Option<Value> {
        let part = self.member(name)?;
        let seconds = duration::seconds(part.value);
        match seconds {
            Some(_) => part.take(),
            None => part.refuse("a duration such as 5s"),
        }
        seconds
    }

    /// Notes that everything here was read.
    pub(super) fn take(&self) {
        self.note();
        match self.value {
            Value::Object(members) => {
                members.iter().for_each(|(name, value)| self.child(name, value).take());
            }
            Value::Array(_) => self.items().iter().for_each(Self::take),
            _ => {}
        }
    }

    /// Says what to do about this part; nothing else is said about what it holds.
    pub(super) fn leave(&self, instead: impl Into<String>) {
        self.take();
        self.say(instead);
    }

    /// Says something about this part.
    pub(super) fn say(&self, instead: impl Into<String>) {
        let entry = (self.path.clone(), instead.into());
        let mut notes = self.ledger.notes.borrow_mut();
        if !notes.left.contains(&entry) {
            notes.left.push(entry);
        }
    }

    /// Says that the document is not what it should be.
    pub(super) fn refuse(&self, allowed: &str) {
        let problem = Problem {
            path: self.path.clone(),
            found: found(self.value),
            allowed: allowed.to_owned(),
            suggestion: None,
        };
        let mut notes = self.ledger.notes.borrow_mut();
        if !notes.problems.contains(&problem) {
            notes.problems.push(problem);
        }
    }

    fn note(&self) {
        self.ledger.notes.borrow_mut().read.insert(self.path.clone());
    }

    fn child(&self, name: &str, value: &'a Value) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { value, path, ledger: self.ledger }
    }

    /// Numbers all paths, and collects the outermost that nobody read.
    fn walk(
        &self,
        order: &mut BTreeMap<String, usize>,
        unread: &mut Vec<(String, String)>,
        read: &BTreeSet<String>,
    ) {
        order.insert(self.path.clone(), order.len());
        match self.value {
            Value::Object(members) => {
                for (name, value) in members {
                    let part = self.child(name, value);
                    if read.contains(&part.path) {
                        part.walk(order, unread, read);
                    } else if !value.is_null() {
                        order.insert(part.path.clone(), order.len());
                        unread.push((part.path, snake(name)));
                    }
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    let path = format!("{}[{index}]", self.path);
                    if read.contains(&path) {
                        Self { value, path, ledger: self.ledger }.walk(order, unread, read);
                    } else {
                        order.insert(path.clone(), order.len());
                        unread.push((path, String::new()));
                    }
                }
            }
            _ => {}
        }
    }
}

/// What stands somewhere, for a message.
fn found(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        other => other.to_string(),
    }
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for char in name.chars() {
        if char.is_ascii_uppercase()
            && !snake.ends_with(|last: char| last == '_' || last.is_ascii_uppercase())
        {
            snake.push('_');
        }
        snake.push(char.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::manifest;
    use super::*;

    fn document(value: &Value) -> Document {
        manifest::parse("f", value.to_string().as_bytes()).ok().unwrap().remove(0)
    }

    #[test]
    fn what_nobody_reads_is_left_once_and_outermost_in_the_order_of_the_document() {
        let value =
            json!({"a": {"b": "x", "c": {"d": 1}}, "fooBar": true, "w": [0], "z": [1, {"y": 2}], "n": null});
        let document = document(&value);
        let ledger = Ledger::new(&document, "L");
        let root = Part::root(&value, "", &ledger);
        let a = root.member("a").unwrap();
        assert_eq!(a.text("b"), Some("x"));
        root.list("z");
        root.member("w").unwrap();
        a.say("look");
        let left = ledger.finish(&root, &[("foo_bar", "write foo")]).unwrap();
        let told: Vec<_> = left.iter().map(|left| (left.what.as_str(), left.instead.as_str())).collect();
        let nothing = "has no counterpart here: see whether you need it";
        assert_eq!(
            told,
            [
                ("L: a", "look"),
                ("L: a.c", nothing),
                ("L: fooBar", "write foo"),
                ("L: w[0]", nothing),
                ("L: z[1].y", nothing),
            ]
        );
    }

    #[test]
    fn either_spelling_is_read_and_another_type_is_refused() {
        let value = json!({"remoteJwks": {"a": 1}, "local_jwks": "x", "flag": "yes"});
        let document = document(&value);
        let ledger = Ledger::new(&document, "");
        let root = Part::root(&value, "root", &ledger);
        assert_eq!(root.member("remote_jwks").unwrap().path(), "root.remoteJwks");
        assert_eq!(root.texts("local_jwks"), Vec::<String>::new());
        assert_eq!(root.flag("flag"), None);
        assert!(root.member("flag").unwrap().member("x").is_none());
        let problems = ledger.finish(&root, &[]).err().unwrap();
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                r#"root.local_jwks: expected a list, found "x""#,
                r#"root.flag: expected true or false, found "yes""#,
                r#"root.flag: expected an object, found "yes""#
            ]
        );
    }
}
