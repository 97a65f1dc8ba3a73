//! A value with its path in the document.

use validate_jwt::config::member_name;

use super::spelling::camel;
use super::tree::{Text, Tree};

/// A value, and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct At<'t> {
    pub(crate) tree: &'t Tree,
    /// In the document; empty for the whole of it.
    pub(crate) path: String,
}

impl<'t> At<'t> {
    /// A whole document, or one that stands in a text at this path.
    pub(crate) fn root(tree: &'t Tree, path: &str) -> Self {
        Self { tree, path: path.to_owned() }
    }

    /// A member, in either spelling that protobuf's JSON knows (`vm_config`, `vmConfig`).
    pub(crate) fn member(&self, name: &str) -> Option<Self> {
        self.members().find(|(known, _)| *known == name || *known == camel(name)).map(|(_, at)| at)
    }

    /// What stands behind several names.
    pub(crate) fn below(&self, names: &[&str]) -> Option<Self> {
        names.iter().try_fold(self.clone(), |at, name| at.member(name))
    }

    /// All members with their names.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&'t str, Self)> + use<'t> {
        let parent = self.path.clone();
        self.tree.members().iter().map(move |(name, tree)| {
            let own = member_name(name);
            let path = if parent.is_empty() { own } else { format!("{parent}.{own}") };
            (name.as_str(), Self { tree, path })
        })
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> impl Iterator<Item = Self> + use<'t> {
        let parent = self.path.clone();
        let numbered = self.tree.items().iter().enumerate();
        numbered.map(move |(index, tree)| Self { tree, path: format!("{parent}[{index}]") })
    }

    /// Everything directly below.
    pub(crate) fn children(&self) -> impl Iterator<Item = Self> + use<'t> {
        self.members().map(|(_, at)| at).chain(self.items())
    }

    pub(crate) fn text(&self) -> Option<&'t Text> {
        self.tree.text()
    }

    /// A member that is a text.
    pub(crate) fn word(&self, name: &str) -> Option<&'t str> {
        let tree = self.member(name)?.tree;
        tree.text().map(|text| text.text.as_str())
    }

    /// Whether `@type` names a message with this end.
    pub(crate) fn is_typed(&self, end: &str) -> bool {
        self.word("@type").is_some_and(|name| name.ends_with(end))
    }
}
