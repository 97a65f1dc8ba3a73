//! The files: one document and the fragments that it includes.

use std::path::Path;

use validate_jwt::config::apim::{Document, Element};

use crate::convert::File;
use crate::failure::Failure;
use crate::input::{Refused, told_line};

/// What was given.
pub(super) struct Sources {
    pub(super) document: Source,
    pub(super) fragments: Vec<Source>,
}

/// A file, read.
pub(super) struct Source {
    /// Its name, `-` for standard input.
    pub(super) file: String,
    content: Document,
}

impl Sources {
    /// Takes the files apart. Outside: they are not one document and its fragments; inside: one is not XML.
    pub(super) fn read(files: &[File]) -> Result<Result<Self, Refused>, Failure> {
        let mut documents = Vec::new();
        let mut fragments: Vec<Source> = Vec::new();
        for file in files {
            let content = match Document::read(&file.text) {
                Ok(content) => content,
                Err(problems) => {
                    let line_of = |problem: &_| told_line(problem).unwrap_or(1);
                    return Ok(Err(Refused::file(&file.name, problems, line_of)));
                }
            };
            let source = Source { file: file.name.clone(), content };
            if source.root().name() == "fragment" { fragments.push(source) } else { documents.push(source) }
        }
        for (index, one) in fragments.iter().enumerate() {
            if let Some(other) =
                fragments.iter().skip(index + 1).find(|other| other.ids().any(|id| one.has_id(id)))
            {
                return Err(Failure::SameFragment(one.file.clone(), other.file.clone()));
            }
        }
        let document = match (documents.len(), fragments.len()) {
            (1, _) => documents.pop(),
            (0, 1) => fragments.pop(),
            _ => None,
        };
        let document = document.ok_or_else(|| {
            if documents.is_empty() {
                return Failure::FragmentsAlone(fragments.len());
            }
            Failure::SeveralDocuments(documents.iter().map(|source| source.file.clone()).collect())
        })?;
        Ok(Ok(Self { document, fragments }))
    }

    /// The fragment of this id.
    pub(super) fn fragment(&self, id: &str) -> Option<&Source> {
        self.fragments.iter().find(|fragment| fragment.has_id(id))
    }
}

impl Source {
    pub(super) fn root(&self) -> Element<'_> {
        self.content.root()
    }

    /// A fragment is known by its file's name, or by the id that it states.
    fn ids(&self) -> impl Iterator<Item = &str> {
        let stem = Path::new(&self.file).file_stem().and_then(|stem| stem.to_str());
        let stated = ["fragment-id", "id"].into_iter().filter_map(|name| self.root().attribute(name));
        stem.into_iter().chain(stated)
    }

    fn has_id(&self, id: &str) -> bool {
        self.ids().any(|known| known == id)
    }
}
