//! Fields whose value is one of a few words. One table has the words, what each of them means, and the default.

use super::field::{Field, Kind, Presence, Preset, Words, doc};

/// A field with a word for each variant of `T`.
pub(super) struct Choice<T: 'static> {
    pub(super) field: Field,
    default: T,
    others: &'static [(&'static str, T)],
}

impl<T: Copy + Sync> Choice<T> {
    /// `default` is what holds without the field.
    pub(super) const fn new<const N: usize>(
        name: &'static str,
        default: (&'static str, T),
        others: &'static [(&'static str, T); N],
        text: &'static str,
    ) -> Self {
        let (word, default) = default;
        let kind = Kind::Choice { default: word, others };
        let field = Field { name, kind, presence: Presence::Preset(Preset::Word(word)), doc: doc(text) };
        Self { field, default, others }
    }

    /// What a word means. The first pass has refused every other word.
    pub(super) fn meaning(&self, word: Option<&str>) -> T {
        let known = self.others.iter().find(|(known, _)| word == Some(*known));
        known.map_or(self.default, |(_, meaning)| *meaning)
    }
}

impl<T: Sync, const N: usize> Words for [(&'static str, T); N] {
    fn words(&self) -> Vec<&'static str> {
        self.iter().map(|(word, _)| *word).collect()
    }
}
