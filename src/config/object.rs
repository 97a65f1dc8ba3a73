//! The view of an object through which the second pass reads. It says nothing about what the first pass
//! ([`super::check`]) has already reported: a field of the wrong type reads as if it were absent.

use std::time::Duration;

use super::choice::Choice;
use super::field::{Field, Presence, Preset};
use super::node::{Node, Raw};

/// An object of the tree.
#[derive(Clone, Copy)]
pub(super) struct Object<'a> {
    node: &'a Node,
}

impl<'a> Object<'a> {
    pub(super) fn new(node: &'a Node) -> Self {
        Self { node }
    }

    pub(super) fn path(self) -> &'a str {
        &self.node.path
    }

    /// What stands at the field, of whatever type.
    pub(super) fn node(self, field: &Field) -> Option<&'a Node> {
        self.node.member(field.name)
    }

    pub(super) fn has(self, field: &Field) -> bool {
        self.node(field).is_some()
    }

    pub(super) fn object(self, field: &Field) -> Option<Object<'a>> {
        self.node(field).filter(|node| matches!(node.raw, Raw::Object(_))).map(Object::new)
    }

    pub(super) fn items(self, field: &Field) -> &'a [Node] {
        self.node(field).map(Node::items).unwrap_or_default()
    }

    pub(super) fn objects(self, field: &Field) -> impl Iterator<Item = Object<'a>> + use<'a> {
        self.items(field).iter().filter(|node| matches!(node.raw, Raw::Object(_))).map(Object::new)
    }

    pub(super) fn text(self, field: &Field) -> Option<&'a str> {
        self.text_node(field).map(|(text, _)| text)
    }

    /// A text together with its node, for a message about it.
    pub(super) fn text_node(self, field: &Field) -> Option<(&'a str, &'a Node)> {
        self.node(field).and_then(|node| Some((node.text()?, node))).filter(|(text, _)| !text.is_empty())
    }

    /// A list of texts, each with its node.
    pub(super) fn text_nodes(self, field: &Field) -> impl Iterator<Item = (&'a str, &'a Node)> + use<'a> {
        self.items(field).iter().filter_map(|node| Some((node.text()?, node)))
    }

    /// A list of texts, or `None` if there is no such field.
    pub(super) fn texts(self, field: &Field) -> Option<Vec<String>> {
        self.node(field)?;
        Some(self.text_nodes(field).map(|(text, _)| text.to_owned()).collect())
    }

    /// A boolean or its default.
    pub(super) fn flag(self, field: &Field) -> bool {
        match (self.node(field).map(|node| &node.raw), &field.presence) {
            (Some(Raw::Flag(flag)), _) | (_, Presence::Preset(Preset::Flag(flag))) => *flag,
            _ => false,
        }
    }

    /// Seconds or their default.
    pub(super) fn seconds(self, field: &Field) -> Duration {
        let preset = match field.presence {
            Presence::Preset(Preset::Seconds(seconds)) => duration(seconds),
            _ => None,
        };
        self.seconds_given(field).or(preset).unwrap_or_default()
    }

    /// Seconds, where given.
    pub(super) fn seconds_given(self, field: &Field) -> Option<Duration> {
        self.node(field).and_then(Node::number).and_then(duration)
    }

    /// A whole number or its default.
    pub(super) fn whole(self, field: &Field) -> usize {
        let preset = match field.presence {
            Presence::Preset(Preset::Whole(number)) => usize::try_from(number).ok(),
            _ => None,
        };
        self.whole_given(field).or(preset).unwrap_or_default()
    }

    /// A whole number, where given.
    pub(super) fn whole_given(self, field: &Field) -> Option<usize> {
        let number = self.node(field).and_then(Node::number)?;
        // The proxy hands all numbers over as doubles; the first pass refuses what is not whole.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast from a float saturates"
        )]
        Some(number as usize)
    }

    /// What the word at the field means, or what holds without it.
    pub(super) fn choice<T: Copy + Sync>(self, choice: &Choice<T>) -> T {
        choice.meaning(self.text(&choice.field))
    }
}

/// Seconds as a duration; `None` for what is negative or beyond all bounds.
fn duration(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}
