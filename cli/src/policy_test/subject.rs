//! What is tested: a configuration, with its providers' test keys.

use std::path::Path;

use serde_json::Value;
use validate_jwt::config::Config;

use super::file::{TestFile, WrittenConfiguration};
use super::provider::{TestProvider, providers};
use super::wrong::Wrong;

/// A configuration under test.
pub(super) struct Subject {
    text: Vec<u8>,
    pub(super) providers: Vec<TestProvider>,
    /// When tokens are minted.
    pub(super) now: i64,
}

impl Subject {
    /// What a file tests; `folder` is the file's own.
    pub(super) fn of(file: &TestFile, folder: &Path) -> Result<Self, Wrong> {
        let text = match &file.configuration {
            WrittenConfiguration::Tree(tree) => Value::to_string(tree).into_bytes(),
            WrittenConfiguration::Text(text) if text.trim_start().starts_with('<') => {
                text.clone().into_bytes()
            }
            WrittenConfiguration::Text(name) => read(&folder.join(name), name)?,
        };
        let config = Config::parse(&text).map_err(Wrong::Refused)?;
        Ok(Self { text, providers: providers(&config, &file.providers)?, now: file.now })
    }

    /// The configuration, once more: a filter takes it with it.
    pub(super) fn config(&self) -> Result<Config, Wrong> {
        Config::parse(&self.text).map_err(Wrong::Refused)
    }

    /// The provider of this name, which stands in that member.
    pub(super) fn provider(&self, name: &str, place: &'static str) -> Result<&TestProvider, Wrong> {
        self.providers.iter().find(|provider| provider.name == name).ok_or_else(|| {
            let known = self.providers.iter().map(|provider| provider.name.clone()).collect();
            Wrong::UnknownProvider { place, found: name.to_owned(), known }
        })
    }
}

fn read(file: &Path, name: &str) -> Result<Vec<u8>, Wrong> {
    std::fs::read(file).map_err(|error| Wrong::Configuration(name.to_owned(), error.to_string()))
}
