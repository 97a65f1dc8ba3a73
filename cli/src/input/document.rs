//! The documents of a file, and the filter's configurations in them.

use std::rc::Rc;

use validate_jwt::config::{Problem, member_name};

use super::clusters::Clusters;
use super::find::{self, Found};
use super::grammar::{Form, is_xml, read};
use super::handed::Handed;
use super::lines::Lines;
use super::located::{Located, Refused};
use super::part::Part;
use super::place::Place;
use super::text;
use super::tree::{Kind, Text, Tree};

/// Every configuration of the filter in a file, at least one.
///
/// # Errors
///
/// What keeps it from being read.
pub(super) fn parts(file: &str, content: &[u8]) -> Result<Vec<Part>, Refused> {
    let refused = |problems| Refused { place: Place::whole(file, 1), problems };
    let text = text::of(content).map_err(|broken| refused(vec![broken.into()]))?;
    if is_xml(text) {
        return Ok(vec![alone(file, text)]);
    }
    let (documents, form) = read(text, &Lines::Own).map_err(|broken| refused(vec![broken.into()]))?;
    let found = find::parts(file, &documents);
    if let Some(whole) = bare(&documents) {
        return of_bare(file, text, whole, form).map(|part| vec![part]).map_err(refused);
    }
    let Found { mut parts, others } = found;
    if parts.is_empty() {
        let line = documents.first().map_or(1, |document| document.line);
        return Err(refused(vec![Located::at(line, "", others.found(), find::WANTED)]));
    }
    let clusters = Rc::new(Clusters::of(&documents));
    for part in &mut parts {
        part.clusters = Rc::clone(&clusters);
    }
    if let Some(first) = parts.first_mut() {
        first.problems.extend(repeated(&documents, find::is_configuration));
    }
    Ok(parts)
}

/// Every document of a file that has YAML or JSON in it. A name that is given twice is refused.
///
/// # Errors
///
/// What keeps it from being read.
pub(crate) fn values(file: &str, content: &[u8]) -> Result<Vec<Tree>, Refused> {
    let refused = |problems| Refused { place: Place::whole(file, 1), problems };
    let text = text::of(content).map_err(|broken| refused(vec![broken.into()]))?;
    let (documents, _) = read(text, &Lines::Own).map_err(|broken| refused(vec![broken.into()]))?;
    let problems = repeated(&documents, |_| false);
    if problems.is_empty() { Ok(documents) } else { Err(refused(problems)) }
}

/// The document that is a configuration and nothing else.
fn bare(documents: &[Tree]) -> Option<&Tree> {
    match documents {
        [only] if find::is_configuration(only) => Some(only),
        _ => None,
    }
}

fn of_bare(file: &str, text: &str, tree: &Tree, form: Form) -> Result<Part, Vec<Located<Problem>>> {
    match form {
        Form::Json => Ok(alone(file, text)),
        Form::Yaml => Ok(Part::new(Place::whole(file, tree.line), Handed::object(tree, ""))),
        Form::YamlLikeJson(broken) => Err(vec![broken.into()]),
    }
}

/// A text that is a configuration and nothing else.
fn alone(file: &str, text: &str) -> Part {
    let text = Text { text: text.to_owned(), lines: Lines::Own };
    Part::new(Place::whole(file, 1), Handed::text(&text, ""))
}

/// Names that an object has twice, but for what others read: they say so themselves.
fn repeated(documents: &[Tree], of_others: fn(&Tree) -> bool) -> Vec<Located<Problem>> {
    fn search(tree: &Tree, path: &str, of_others: fn(&Tree) -> bool, problems: &mut Vec<Located<Problem>>) {
        if of_others(tree) {
            return;
        }
        if let Kind::Object(members) = &tree.kind {
            let mut names: Vec<&str> = Vec::with_capacity(members.len());
            for (name, member) in members {
                let own = member_name(name);
                let path = if path.is_empty() { own } else { format!("{path}.{own}") };
                if names.contains(&name.as_str()) {
                    problems.push(Located::at(member.line, &path, "the field twice", "each field once"));
                }
                names.push(name);
                search(member, &path, of_others, problems);
            }
        }
        for (index, item) in tree.items().iter().enumerate() {
            search(item, &format!("{path}[{index}]"), of_others, problems);
        }
    }
    let mut problems = Vec::new();
    for document in documents {
        search(document, "", of_others, &mut problems);
    }
    problems
}
