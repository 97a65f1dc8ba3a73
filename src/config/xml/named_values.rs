//! Named values: `{{name}}` in a policy stands for a text that is kept elsewhere.

use std::borrow::Cow;

use super::element::Element;
use crate::config::suggest;

/// The values that a policy may name.
pub(in crate::config) enum NamedValues<'v> {
    /// A policy alone, with nowhere to keep them.
    Unknown,
    /// What stands beside the policy: name and value.
    Given(Vec<(&'v str, &'v str)>),
}

/// A named value that has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Missing<'t>(pub(super) &'t str);

impl NamedValues<'_> {
    /// The text with the values in it, each as it is: braces in a value stand for nothing.
    pub(super) fn put_into<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, Missing<'t>> {
        let mut filled = String::new();
        let mut rest = text;
        for Reference { before, name, behind } in references(text) {
            filled.push_str(before);
            filled.push_str(self.value(name).ok_or(Missing(name))?);
            rest = behind;
        }
        if rest.len() == text.len() {
            return Ok(Cow::Borrowed(text));
        }
        filled.push_str(rest);
        Ok(Cow::Owned(filled))
    }

    /// The name that was probably meant.
    pub(super) fn nearest(&self, name: &str) -> Option<&str> {
        suggest::nearest(name, self.given().iter().map(|(known, _)| *known))
    }

    /// The names that a document does not use.
    pub(super) fn unused(&self, root: &Element) -> impl Iterator<Item = &str> {
        let mut used = Vec::new();
        if !self.given().is_empty() {
            names(root, &mut used);
        }
        self.given().iter().map(|(name, _)| *name).filter(move |name| !used.iter().any(|used| used == name))
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.given().iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    fn given(&self) -> &[(&str, &str)] {
        match self {
            Self::Unknown => &[],
            Self::Given(values) => values,
        }
    }
}

/// The names in a text that have no value, each once.
#[cfg(not(target_family = "wasm"))]
pub(in crate::config) fn missing(text: &str, values: &NamedValues<'_>) -> Vec<String> {
    let mut missing: Vec<String> = Vec::new();
    for Reference { name, .. } in references(text) {
        if values.value(name).is_none() && !missing.iter().any(|known| known == name) {
            missing.push(name.to_owned());
        }
    }
    missing
}

/// The named values of an element and of everything in it.
pub(in crate::config) fn names(element: &Element, into: &mut Vec<String>) {
    let attributes = element.attributes.as_deref().unwrap_or_default();
    for text in attributes.iter().map(|attribute| &attribute.value).chain([&element.text]) {
        into.extend(references(text).map(|reference| reference.name.to_owned()));
    }
    element.children.iter().for_each(|child| names(child, into));
}

/// Every reference in a text; what stands before it begins where the last one ended.
fn references(text: &str) -> impl Iterator<Item = Reference<'_>> {
    std::iter::successors(Reference::first(text), |last| Reference::first(last.behind))
}

/// `{{name}}`, blanks around the name allowed.
struct Reference<'t> {
    before: &'t str,
    name: &'t str,
    behind: &'t str,
}

impl<'t> Reference<'t> {
    fn first(text: &'t str) -> Option<Self> {
        let mut from = 0;
        loop {
            let start = from + text.get(from..)?.find("{{")?;
            let (before, rest) = text.split_at_checked(start)?;
            let rest = rest.get(2..)?.trim_start();
            let (name, rest) =
                rest.split_at_checked(rest.bytes().take_while(|byte| is_name_byte(*byte)).count())?;
            if let (false, Some(behind)) = (name.is_empty(), rest.trim_start().strip_prefix("}}")) {
                return Some(Self { before, name, behind });
            }
            from = start + 1;
        }
    }
}

/// What API Management accepts in a named value's name.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_braces_become_their_values() {
        let values = NamedValues::Given(vec![("a", "1"), ("b.c-d_E", "{{a}}"), ("empty", "")]);
        for (text, expected) in [
            ("", Ok("")),
            ("plain {a} }}", Ok("plain {a} }}")),
            ("{{a}}", Ok("1")),
            ("{{ a }}", Ok("1")),
            ("{{\n a\t}}", Ok("1")),
            ("x{{a}}y{{a}}{{empty}}z", Ok("x1y1z")),
            ("{{b.c-d_E}}", Ok("{{a}}")),
            ("{{{a}}}", Ok("{1}")),
            ("{{ {{a}}", Ok("{{ 1")),
            ("{{\"a\": 1}} {{a}}", Ok("{{\"a\": 1}} 1")),
            ("{{}}", Ok("{{}}")),
            ("{{a", Ok("{{a")),
            ("{{a}", Ok("{{a}")),
            ("{{a}} {{nope}}", Err(Missing("nope"))),
            ("{{A}}", Err(Missing("A"))),
        ] {
            assert_eq!(values.put_into(text).as_deref().map_err(|missing| *missing), expected, "{text}");
        }
        assert_eq!(NamedValues::Unknown.put_into("{{a}}"), Err(Missing("a")));
    }
}
