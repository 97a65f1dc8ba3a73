//! Keys of a document that cannot be used, each with the reason.

use std::fmt;

use super::KeyUnusable;
use crate::excerpt::Excerpt;

/// A key that is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedKey {
    /// Its place in the document, counted from 0.
    pub position: usize,
    /// `kid`.
    pub id: Option<Excerpt>,
    /// `kty`, and `crv` where it has one.
    pub kind: Option<Excerpt>,
    /// Why.
    pub why: KeyUnusable,
}

/// All of them; of a crowd only the first are remembered one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SkippedKeys {
    first: Vec<SkippedKey>,
    total: usize,
}

impl SkippedKeys {
    /// The first of them, in the document's order.
    pub fn first(&self) -> &[SkippedKey] {
        &self.first
    }

    /// How many there are.
    pub fn total(&self) -> usize {
        self.total
    }

    /// Adds one.
    pub(super) fn add(&mut self, key: SkippedKey) {
        self.total = self.total.saturating_add(1);
        if self.first.len() < REMEMBERED {
            self.first.push(key);
        }
    }
}

impl fmt::Display for SkippedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, key) in self.first.iter().enumerate() {
            write!(f, "{}{key}", if at == 0 { "" } else { "; " })?;
        }
        match self.total.saturating_sub(self.first.len()) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl fmt::Display for SkippedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.id {
            Some(id) => write!(f, "key {id:?}")?,
            None => write!(f, "keys[{}]", self.position)?,
        }
        if let Some(kind) = &self.kind {
            write!(f, " ({kind})")?;
        }
        write!(f, ": {}", self.why)
    }
}

/// As many as fit a log line.
const REMEMBERED: usize = 8;
