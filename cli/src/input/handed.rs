//! What the filter is handed: read by its own reader, each problem with its place.

use serde_json::{Value, json};
use validate_jwt::config::{Config, Problem, member_name};

use super::grammar::is_xml;
use super::lines::Lines;
use super::located::Located;
use super::tree::{Kind, Text, Tree};
use super::{json, xml, yaml};

/// What the filter is handed.
#[derive(Debug)]
pub(super) struct Handed {
    /// As it gets it.
    text: String,
    form: Form,
    /// Where it stands in the document.
    path: String,
}

#[derive(Debug)]
enum Form {
    /// Nothing, where a line says so.
    Nothing(usize),
    /// XML, whose lines stand there.
    Xml(Lines),
    /// JSON in a text.
    Json(Tree, Lines),
    /// YAML in a text, which the filter does not read.
    Yaml(Tree),
    /// An object that the host makes a message of, or JSON.
    Object(Tree),
    /// A text of another kind, whose lines stand there.
    Unknown(Lines),
}

impl Handed {
    /// A plugin without a configuration.
    pub(super) fn nothing(line: usize, path: &str) -> Self {
        Self { text: String::new(), form: Form::Nothing(line), path: path.to_owned() }
    }

    /// A text.
    pub(super) fn text(text: &Text, path: &str) -> Self {
        let Text { text, lines } = text;
        let form = if is_xml(text) {
            Form::Xml(lines.clone())
        } else if let Ok(tree) = json::read(text, lines) {
            Form::Json(tree, lines.clone())
        } else if let Some(tree) = yaml_object(text, lines).filter(|_| !path.is_empty()) {
            Form::Yaml(tree)
        } else {
            Form::Unknown(lines.clone())
        };
        Self { text: text.clone(), form, path: path.to_owned() }
    }

    /// An object.
    pub(super) fn object(tree: &Tree, path: &str) -> Self {
        Self { text: tree.to_json(), form: Form::Object(tree.clone()), path: path.to_owned() }
    }

    /// The configuration.
    pub(super) fn read(&self) -> Result<Config, Vec<Located<Problem>>> {
        if let Form::Yaml(tree) = &self.form {
            let allowed = "JSON or XML in a string, or the object itself as a google.protobuf.Struct";
            let mut problems = vec![Located::at(tree.line, &self.path, "YAML in a string", allowed)];
            // The rest as if it could be read.
            problems.extend(Self::object(tree, &self.path).read().err().into_iter().flatten());
            return Err(problems);
        }
        Config::parse(self.text.as_bytes())
            .map_err(|problems| problems.into_iter().map(|problem| self.located(problem)).collect())
    }

    /// Where something stands that is at a path of the configuration: its line, and its path in the document.
    pub(super) fn locate(&self, path: &str) -> (usize, String) {
        let joined = |joint: &str| match (self.path.as_str(), path) {
            ("", path) | (path, "") => path.to_owned(),
            (around, path) if path.starts_with('[') => format!("{around}{path}"),
            (around, path) => format!("{around}{joint}{path}"),
        };
        match &self.form {
            Form::Nothing(line) => (*line, self.path.clone()),
            Form::Xml(lines) => (lines.at(xml::line(self.text.as_bytes(), path).unwrap_or(1)), joined(": ")),
            Form::Json(tree, _) => (tree.line_of(path), joined(": ")),
            Form::Object(tree) | Form::Yaml(tree) => (tree.line_of(path), joined(".")),
            Form::Unknown(lines) => (lines.at(1), joined(": ")),
        }
    }

    /// The path of a member with one of these names that is this text; of the whole where there is none.
    pub(super) fn path_to(&self, names: &[&str], text: &str) -> String {
        let (Form::Json(tree, _) | Form::Object(tree) | Form::Yaml(tree)) = &self.form else {
            return String::new();
        };
        search(tree, "", names, text).unwrap_or_default()
    }

    /// The configuration as JSON has it.
    pub(super) fn to_value(&self) -> Value {
        match &self.form {
            Form::Json(tree, _) | Form::Object(tree) | Form::Yaml(tree) => tree.to_value(),
            Form::Nothing(_) | Form::Xml(_) | Form::Unknown(_) => json!({"policy_xml": self.text}),
        }
    }

    /// Whether the filter is handed the same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.text == other.text
    }

    fn located(&self, problem: Problem) -> Located<Problem> {
        let (line, path) = self.locate(&problem.path);
        match told_line(&problem).zip(self.lines_at(&problem.path)) {
            None => Located { line, path, told: problem },
            Some((within, lines)) => {
                let line = lines.at(within);
                let told = Problem { found: with_line(&problem.found, within, line, lines), ..problem };
                Located { line, path, told }
            }
        }
    }

    /// Where the lines of the text stand that is at a path: the whole, or a policy in XML in it.
    fn lines_at(&self, path: &str) -> Option<&Lines> {
        match &self.form {
            Form::Xml(lines) | Form::Unknown(lines) | Form::Json(_, lines) if path.is_empty() => Some(lines),
            Form::Json(tree, _) | Form::Object(tree) => Some(&tree.member(path)?.text()?.lines),
            _ => None,
        }
    }
}

fn yaml_object(text: &str, lines: &Lines) -> Option<Tree> {
    let mut documents = yaml::read(text, lines).ok()?;
    documents.pop().filter(|tree| documents.is_empty() && matches!(tree.kind, Kind::Object(_)))
}

fn search(tree: &Tree, path: &str, names: &[&str], text: &str) -> Option<String> {
    let members = tree.members().iter().find_map(|(name, member)| {
        let own = member_name(name);
        let path = if path.is_empty() { own } else { format!("{path}.{own}") };
        let is_it = names.contains(&name.as_str()) && member.text().is_some_and(|found| found.text == text);
        if is_it { Some(path) } else { search(member, &path, names, text) }
    });
    let mut items = tree.items().iter().enumerate();
    members.or_else(|| items.find_map(|(index, item)| search(item, &format!("{path}[{index}]"), names, text)))
}

/// The line that a problem with the grammar of a text tells, counted in that text.
pub(crate) fn told_line(problem: &Problem) -> Option<usize> {
    const GRAMMAR: [&str; 3] = ["invalid JSON (", "invalid XML (", "a policy expression that never ends ("];
    GRAMMAR.iter().find(|start| problem.found.starts_with(**start))?;
    let (_, rest) = problem.found.rsplit_once("line ")?;
    rest.split(|char: char| !char.is_ascii_digit()).next()?.parse().ok()
}

/// The same with the file's line. A column in a text is none in the file.
fn with_line(found: &str, within: usize, line: usize, lines: &Lines) -> String {
    let Some((start, rest)) = found.rsplit_once(&format!("line {within}")) else { return found.to_owned() };
    let rest = match (lines, rest.split_once(" column ")) {
        (Lines::Each(_), Some((before, column))) => {
            format!("{before}{}", column.trim_start_matches(|char: char| char.is_ascii_digit()))
        }
        _ => rest.to_owned(),
    };
    format!("{start}line {line}{rest}")
}
