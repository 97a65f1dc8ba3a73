//! The filter's configurations in a document, wherever they stand.

mod envoy;
mod fields;
mod kubernetes;
mod plugin;
mod sign;

use std::rc::Rc;

use validate_jwt::excerpt::Excerpt;

use super::part::{Chosen, Part};
use super::tree::{Kind, Tree};
use super::walk::At;

pub(super) use sign::is_configuration;

/// What was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) parts: Vec<Part>,
    pub(super) others: Others,
}

/// What else there is.
#[derive(Debug, Default)]
pub(super) struct Others {
    /// Wasm plugins that are not this filter, with their lines.
    plugins: Vec<(String, usize)>,
    /// What the documents are.
    documents: Vec<String>,
}

impl Others {
    /// What was found instead, for a message.
    pub(super) fn found(&self) -> String {
        let (kind, names): (&str, Vec<String>) = if self.plugins.is_empty() {
            ("", self.documents.clone())
        } else {
            let name = |(name, line): &(String, usize)| format!("{name} in line {line}");
            ("other Wasm plugins: ", self.plugins.iter().map(name).collect())
        };
        let (first, more) = names.split_at(names.len().min(MOST_TOLD));
        let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
        let told = if first.is_empty() { "nothing".to_owned() } else { first.join(", ") };
        format!("{kind}{told}{more}")
    }
}

/// What is looked for.
pub(super) const WANTED: &str = "a configuration of the filter: alone (validate_jwt, validate_azure_ad_token, policy_xml or \
     policies), or that of a Wasm filter in an Envoy configuration, an EnvoyFilter, a WasmPlugin, a TrafficExtension, an \
     EnvoyExtensionPolicy or a ConfigMap";

/// The filter's configurations in the documents of a file.
pub(super) fn parts(file: &str, documents: &[Tree]) -> Found {
    let mut found = Found { parts: Vec::new(), others: Others::default() };
    let mut chosen = Vec::new();
    for document in documents {
        let root = At::root(document, "");
        in_document(file, &root, &mut found);
        choices(&root, &mut chosen);
    }
    let chosen: Rc<[Chosen]> = chosen.into();
    for part in &mut found.parts {
        part.chosen = Rc::clone(&chosen);
    }
    found
}

fn in_document(file: &str, root: &At<'_>, found: &mut Found) {
    if let Some(items) = kubernetes::items(root) {
        items.for_each(|item| in_document(file, &item, found));
        return;
    }
    found.others.documents.push(kubernetes::label(root).unwrap_or_else(|| match &root.tree.kind {
        Kind::Object(members) if !members.is_empty() => {
            let names: Vec<String> =
                members.iter().take(SHOWN).map(|(name, _)| format!("{:?}", Excerpt::word(name))).collect();
            format!("another document, with {}", names.join(", "))
        }
        Kind::Object(_) | Kind::List(_) => "another document".to_owned(),
        _ => root.tree.describe().to_owned(),
    }));
    let mut plugins = Vec::new();
    kubernetes::plugins(root, &mut plugins);
    for plugin in plugins {
        match plugin.into_part(file) {
            Ok(part) => found.parts.push(part),
            Err(stranger) => found.others.plugins.push(stranger),
        }
    }
    kubernetes::embedded(file, root, found);
}

/// How many members of a document that is none of ours are told.
const SHOWN: usize = 3;

/// `filter_metadata: {validate-jwt: {policy: …}}` of routes.
fn choices(at: &At<'_>, chosen: &mut Vec<Chosen>) {
    if let Some(policy) = at.below(&["filter_metadata", "validate-jwt", "policy"])
        && let Some(text) = policy.text()
    {
        chosen.push(Chosen { line: policy.tree.line, path: policy.path, policy: text.text.clone() });
    }
    at.children().for_each(|child| choices(&child, chosen));
}

const MOST_TOLD: usize = 5;
