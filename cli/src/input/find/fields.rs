//! The fields around a configuration that decide whether the filter runs at all.

use validate_jwt::config::{Problem, nearest};

use super::super::located::Located;
use super::super::spelling::camel;
use super::super::walk::At;

/// Refuses members that the host does not know: some hosts pass over them in silence.
pub(super) fn check(at: &At<'_>, known: &[&str], problems: &mut Vec<Located<Problem>>) {
    for (name, member) in at.members() {
        if !known.iter().any(|known| name == *known || name == camel(known)) {
            let allowed = format!("one of {}", known.join(", "));
            let mut problem = Located::at(member.tree.line, &member.path, "an unknown field", allowed);
            problem.told.suggestion = nearest(name, known.iter().copied()).map(|name| format!("{name:?}"));
            problems.push(problem);
        }
    }
}

/// Refuses a word that the host does not know.
pub(super) fn check_word(at: &At<'_>, name: &str, known: &[&str], problems: &mut Vec<Located<Problem>>) {
    let Some(member) = at.member(name) else { return };
    let word = member.text().map(|text| text.text.as_str());
    if word.is_some_and(|word| known.contains(&word)) {
        return;
    }
    let found = word.map_or_else(|| member.tree.describe().to_owned(), |word| format!("{word:?}"));
    let mut problem =
        Located::at(member.tree.line, &member.path, found, format!("one of {}", known.join(", ")));
    problem.told.suggestion =
        word.and_then(|word| nearest(word, known.iter().copied())).map(|name| format!("{name:?}"));
    problems.push(problem);
}

/// Refuses an object without a member that has to be there.
pub(super) fn need(at: &At<'_>, name: &str, allowed: &str, problems: &mut Vec<Located<Problem>>) {
    if at.member(name).is_none() {
        let path = if at.path.is_empty() { name.to_owned() } else { format!("{}.{name}", at.path) };
        problems.push(Located::at(at.tree.line, &path, "nothing", allowed));
    }
}
