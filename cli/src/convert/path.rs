//! Conditions on a request's path, which may have to hold together.

use serde_json::{Map, Value, json};
use validate_jwt::config::Config;

use super::pattern;

/// A condition on a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PathForm {
    /// The path is this.
    Exact(String),
    /// It starts with this, wherever the segment ends.
    Prefix(String),
    /// It is this, or leads below it.
    Below(String),
    /// It ends with this.
    Suffix(String),
    /// It matches a regular expression; what such a path begins with, as far as that is known.
    Pattern { start: String, pattern: String },
}

/// What two conditions have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meet {
    /// No path.
    Nothing,
    /// The paths of this condition.
    Form(PathForm),
    /// Paths that no condition describes.
    Unsayable,
}

impl PathForm {
    /// It matches a regular expression.
    pub(super) fn regex(pattern: &str) -> Self {
        Self::Pattern { start: String::new(), pattern: pattern.to_owned() }
    }

    /// It fits a template with variables, if that is one.
    pub(super) fn template(template: &str) -> Option<Self> {
        let pattern = pattern::of_template(template)?;
        let start = template.split(['*', '{']).next().unwrap_or_default().to_owned();
        Some(Self::Pattern { start, pattern })
    }

    /// The condition that both hold.
    pub(super) fn and(&self, other: &Self) -> Meet {
        if self == other {
            return Meet::Form(self.clone());
        }
        match (self, other) {
            (Self::Exact(path), form) | (form, Self::Exact(path)) => match form.holds(path) {
                Some(true) => Meet::Form(Self::Exact(path.clone())),
                Some(false) => Meet::Nothing,
                None => Meet::Unsayable,
            },
            (Self::Prefix(one), Self::Prefix(two)) => {
                longer(one, two, |long, short| long.starts_with(short), Self::Prefix)
            }
            (Self::Suffix(one), Self::Suffix(two)) => {
                longer(one, two, |long, short| long.ends_with(short), Self::Suffix)
            }
            (Self::Below(one), Self::Below(two)) => longer(one, two, is_below, Self::Below),
            (Self::Below(below), Self::Prefix(prefix)) | (Self::Prefix(prefix), Self::Below(below)) => {
                if below.starts_with(prefix) {
                    Meet::Form(Self::Below(below.clone()))
                } else if is_below(prefix, below) {
                    Meet::Form(Self::Prefix(prefix.clone()))
                } else {
                    Meet::Nothing
                }
            }
            (Self::Prefix(prefix), Self::Suffix(suffix)) | (Self::Suffix(suffix), Self::Prefix(prefix)) => {
                Meet::Form(between(prefix, suffix))
            }
            (Self::Pattern { start, .. }, Self::Prefix(prefix) | Self::Below(prefix)) => {
                within(self, start, other, prefix)
            }
            (Self::Prefix(prefix) | Self::Below(prefix), Self::Pattern { start, .. }) => {
                within(other, start, self, prefix)
            }
            _ => Meet::Unsayable,
        }
    }

    /// Whether it holds for a path, where that can be said.
    fn holds(&self, path: &str) -> Option<bool> {
        match self {
            Self::Exact(exact) => Some(path == exact),
            Self::Prefix(prefix) => Some(path.starts_with(prefix)),
            Self::Below(below) => Some(is_below(path, below)),
            Self::Suffix(suffix) => Some(path.ends_with(suffix)),
            Self::Pattern { pattern, .. } => {
                let pattern = regex_lite::Regex::new(&format!("^(?:{pattern})$")).ok()?;
                Some(pattern.is_match(path))
            }
        }
    }

    /// A regular expression for all of the path.
    pub(super) fn pattern(&self) -> String {
        match self {
            Self::Exact(path) => pattern::literal(path),
            Self::Prefix(prefix) => pattern::literal(prefix) + ".*",
            Self::Below(below) => pattern::literal(below) + "(?:/.*)?",
            Self::Suffix(suffix) => format!(".*{}", pattern::literal(suffix)),
            Self::Pattern { pattern, .. } => pattern.clone(),
        }
    }

    /// The text that a path has to hold, where it could stand in a path that was normalised.
    fn odd(&self) -> Option<&str> {
        match self {
            Self::Exact(text) | Self::Prefix(text) | Self::Below(text) => (!is_normal(text)).then_some(text),
            Self::Suffix(text) => {
                let path = format!("/x/{}", text.trim_start_matches('/'));
                (!is_normal(&path)).then_some(text)
            }
            Self::Pattern { .. } => None,
        }
    }
}

/// Paths with both ends, which may overlap.
fn between(prefix: &str, suffix: &str) -> PathForm {
    let apart = format!("{}.*{}", pattern::literal(prefix), pattern::literal(suffix));
    let overlapping = suffix.char_indices().skip(1).map(|(at, _)| suffix.split_at(at));
    let overlapping = overlapping.filter(|(shared, _)| prefix.ends_with(shared));
    let mut patterns = vec![apart];
    patterns.extend(overlapping.map(|(_, rest)| pattern::literal(prefix) + &pattern::literal(rest)));
    if prefix.ends_with(suffix) {
        patterns.push(pattern::literal(prefix));
    }
    PathForm::Pattern { start: prefix.to_owned(), pattern: pattern::any_of(&patterns) }
}

/// What a pattern whose paths begin with `start` has in common with a condition on the beginning.
fn within(pattern: &PathForm, start: &str, beginning: &PathForm, prefix: &str) -> Meet {
    match beginning {
        PathForm::Prefix(_) if start.starts_with(prefix) => Meet::Form(pattern.clone()),
        PathForm::Below(_) if start.len() > prefix.len() && is_below(start, prefix) => {
            Meet::Form(pattern.clone())
        }
        _ if !start.starts_with(prefix) && !prefix.starts_with(start) => Meet::Nothing,
        _ => Meet::Unsayable,
    }
}

fn is_below(path: &str, below: &str) -> bool {
    path.strip_prefix(below).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn longer(
    one: &str,
    two: &str,
    fits: impl Fn(&str, &str) -> bool,
    form: impl Fn(String) -> PathForm,
) -> Meet {
    if fits(one, two) {
        Meet::Form(form(one.to_owned()))
    } else if fits(two, one) {
        Meet::Form(form(two.to_owned()))
    } else {
        Meet::Nothing
    }
}

/// Writes conditions of which any must hold into `match`. A text that no normalised path holds is written as a path, so that
/// it is refused: as a pattern it would silently never match.
pub(super) fn put(forms: &[PathForm], matcher: &mut Map<String, Value>) {
    let (name, text) = match (forms.iter().find_map(PathForm::odd), forms) {
        (Some(odd), _) => ("path_prefix", odd.to_owned()),
        (None, [PathForm::Exact(path)]) => ("path", path.clone()),
        (None, [PathForm::Below(below)]) => ("path_prefix", below.clone()),
        (None, several) => {
            let patterns: Vec<_> = several.iter().map(PathForm::pattern).collect();
            ("path_regex", pattern::any_of(&patterns))
        }
    };
    matcher.insert(name.to_owned(), text.into());
}

/// Said of such a text.
pub(super) const ODD: &str = "no path is so after normalisation: check refuses it, and says what is meant";

/// Whether any of the conditions is about a text that no normalised path holds.
pub(super) fn any_odd(forms: &[PathForm]) -> bool {
    forms.iter().any(|form| form.odd().is_some())
}

/// Whether a path is as paths are after normalisation: what a rule takes for one says so.
fn is_normal(path: &str) -> bool {
    let policy = json!({"validate_jwt": {"issuer_signing_keys": [{"key": "AAAA"}]}});
    let rules = json!([{"match": {"path": path}, "policy": "p"}, {"match": {}, "policy": "p"}]);
    let text = json!({"policies": {"p": policy}, "rules": rules}).to_string();
    let problems = Config::parse(text.as_bytes()).err().unwrap_or_default();
    !problems.iter().any(|problem| problem.path == "rules[0].match.path")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(path: &str) -> PathForm {
        PathForm::Exact(path.to_owned())
    }
    fn prefix(path: &str) -> PathForm {
        PathForm::Prefix(path.to_owned())
    }
    fn below(path: &str) -> PathForm {
        PathForm::Below(path.to_owned())
    }
    fn suffix(path: &str) -> PathForm {
        PathForm::Suffix(path.to_owned())
    }

    #[test]
    fn two_conditions_meet_in_the_narrower_one_or_nowhere() {
        let pattern = || PathForm::regex("/x.*");
        let template = || PathForm::template("/a/{*}/b").unwrap();
        for (one, two, expected) in [
            (prefix("/a"), prefix("/ab"), Meet::Form(prefix("/ab"))),
            (prefix("/a"), prefix("/b"), Meet::Nothing),
            (prefix("/a"), exact("/abc"), Meet::Form(exact("/abc"))),
            (below("/a"), exact("/abc"), Meet::Nothing),
            (below("/a"), below("/a/b"), Meet::Form(below("/a/b"))),
            (below("/a"), below("/ab"), Meet::Nothing),
            (below("/ab"), prefix("/a"), Meet::Form(below("/ab"))),
            (below("/a"), prefix("/a/x"), Meet::Form(prefix("/a/x"))),
            (below("/a"), prefix("/ax"), Meet::Nothing),
            (suffix(".html"), suffix("x.html"), Meet::Form(suffix("x.html"))),
            (pattern(), exact("/x"), Meet::Form(exact("/x"))),
            (pattern(), exact("/y"), Meet::Nothing),
            (pattern(), prefix("/x"), Meet::Unsayable),
            (pattern(), suffix("x"), Meet::Unsayable),
            (template(), prefix("/a/"), Meet::Form(template())),
            (template(), below("/a"), Meet::Form(template())),
            (template(), below("/a/x"), Meet::Unsayable),
            (template(), prefix("/ab"), Meet::Nothing),
            (template(), exact("/a/x/b"), Meet::Form(exact("/a/x/b"))),
            (pattern(), pattern(), Meet::Form(pattern())),
        ] {
            assert_eq!(one.and(&two), expected, "{one:?}, {two:?}");
            assert_eq!(two.and(&one), expected, "{two:?}, {one:?}");
        }
    }

    #[test]
    fn both_ends_of_a_path_may_overlap() {
        for (start, end, paths, others) in [
            ("/ab", "bc", ["/abbc", "/abc"], ["/ab", "/bc"]),
            ("/a/x.html", ".html", ["/a/x.html", "/a/x.html.html"], ["/a/x", "/x.html"]),
            ("/admin", ".html", ["/admin.html", "/admin/x.html"], ["/admin", "/x.html"]),
        ] {
            let Meet::Form(form) = prefix(start).and(&suffix(end)) else { panic!("{start} {end}") };
            for (path, expected) in
                paths.map(|path| (path, true)).into_iter().chain(others.map(|path| (path, false)))
            {
                assert_eq!(form.holds(path), Some(expected), "{start} {end}: {path}");
            }
        }
    }

    #[test]
    fn conditions_are_written_in_the_plainest_form() {
        for (forms, expected) in [
            (vec![exact("/a")], json!({"path": "/a"})),
            (vec![below("/a")], json!({"path_prefix": "/a"})),
            (vec![prefix("/a.b")], json!({"path_regex": r"/a\.b.*"})),
            (vec![exact("/a"), below("/b"), suffix(".x")], json!({"path_regex": r"/a|/b(?:/.*)?|.*\.x"})),
            (vec![exact("/a%2Fb")], json!({"path_prefix": "/a%2Fb"})),
            (vec![prefix("/a//b"), exact("/c")], json!({"path_prefix": "/a//b"})),
        ] {
            let mut matcher = Map::new();
            put(&forms, &mut matcher);
            assert_eq!(Value::from(matcher), expected, "{forms:?}");
        }
        assert!(any_odd(&[exact("/a/../b")]));
        assert!(!any_odd(&[exact("/a/"), prefix("/"), suffix("/x"), suffix(".x")]));
    }
}
