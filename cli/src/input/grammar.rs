//! Which of the languages a text is in, and its documents.

use super::broken::{Broken, Why};
use super::lines::Lines;
use super::tree::Tree;
use super::{json, yaml};

/// What a text turned out to be.
#[derive(Debug)]
pub(super) enum Form {
    Json,
    Yaml,
    /// YAML that looks like JSON, and why it is none.
    YamlLikeJson(Broken),
}

/// Reads the documents of a text in YAML or JSON, whose lines stand there.
pub(super) fn read(text: &str, lines: &Lines) -> Result<(Vec<Tree>, Form), Broken> {
    if !text.trim_start().starts_with(['{', '[']) {
        return Ok((yaml::read(text, lines)?, Form::Yaml));
    }
    match json::read(text, lines) {
        Ok(tree) => Ok((vec![tree], Form::Json)),
        Err(broken) if matches!(broken.why, Why::Json(_)) => match yaml::read(text, lines) {
            Ok(documents) => Ok((documents, Form::YamlLikeJson(broken))),
            Err(_) => Err(broken),
        },
        Err(broken) => Err(broken),
    }
}

/// Whether it can only be XML.
pub(super) fn is_xml(text: &str) -> bool {
    text.trim_start().starts_with('<')
}
