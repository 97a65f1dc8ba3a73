//! What is tested: a configuration, with its providers' test keys.

use std::path::Path;

use serde_json::Value;
use validate_jwt::config::Config;

use super::file::{TestFile, WrittenConfiguration};
use super::provider::{TestProvider, providers};
use super::wrong::{BadInput, Wrong};
use crate::input::{self, Part, Unusable};

/// A configuration under test.
pub(super) struct Subject {
    source: Source,
    pub(super) providers: Vec<TestProvider>,
    /// When tokens are minted.
    pub(super) now: i64,
}

/// Where the configuration is.
enum Source {
    /// In the file of tests.
    Own(Vec<u8>),
    /// In another one, perhaps among other things.
    File(Box<Part>),
}

impl Subject {
    /// What a file tests; `folder` is the file's own.
    pub(super) fn of(file: &TestFile, folder: &Path) -> Result<Self, Wrong> {
        let source = match &file.configuration {
            WrittenConfiguration::Tree(tree) => Source::Own(Value::to_string(tree).into_bytes()),
            WrittenConfiguration::Text(text) if text.trim_start().starts_with('<') => {
                Source::Own(text.clone().into_bytes())
            }
            WrittenConfiguration::Text(name) => {
                let part = input::configuration(&folder.join(name).display().to_string());
                Source::File(Box::new(part.map_err(bad)?))
            }
        };
        let config = source.config()?;
        Ok(Self { source, providers: providers(&config, &file.providers)?, now: file.now })
    }

    /// The configuration, once more: a filter takes it with it.
    pub(super) fn config(&self) -> Result<Config, Wrong> {
        self.source.config()
    }

    /// The provider of this name, which stands in that member.
    pub(super) fn provider(&self, name: &str, place: &'static str) -> Result<&TestProvider, Wrong> {
        self.providers.iter().find(|provider| provider.name == name).ok_or_else(|| {
            let known = self.providers.iter().map(|provider| provider.name.clone()).collect();
            Wrong::UnknownProvider { place, found: name.to_owned(), known }
        })
    }
}

impl Source {
    fn config(&self) -> Result<Config, Wrong> {
        match self {
            Self::Own(text) => Config::parse(text).map_err(Wrong::Refused),
            Self::File(part) => part.config().map_err(|refused| bad(refused.into())),
        }
    }
}

fn bad(unusable: Unusable) -> Wrong {
    Wrong::Configuration(BadInput(Box::new(unusable)))
}
