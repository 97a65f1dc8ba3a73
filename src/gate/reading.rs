//! The ways in which servers read one path.
//!
//! All combinations are asked, but only those that a path can tell apart: each difference between servers needs
//! something in the path, its [`Traits`]. A plain path has one reading. There are [`MOST`] at most, so that the work
//! stays linear in the path's length.

use std::borrow::Cow;

use super::escapes::{folded, letter, push_escape, push_letter};
use super::path::RequestPath;
use super::path_traits::{Traits, is_visible};
use super::percent::escaped;
use super::segments::{Segments, any_parameter, position};

/// `paths`: what an operator says of the servers behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ServerPaths {
    /// `paths.case`.
    pub case: PathCase,
    /// `paths.parameters`.
    pub parameters: PathParameters,
}

/// `paths.case`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PathCase {
    /// Nothing is known.
    #[default]
    Ambiguous,
    /// The servers heed case.
    Sensitive,
    /// They do not, and neither do the rules.
    Insensitive,
}

/// `paths.parameters`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PathParameters {
    /// Nothing is known.
    #[default]
    Ambiguous,
    /// The servers route without them, and so do the rules.
    Dropped,
    /// The servers know none: a semicolon is a character.
    Literal,
}

/// One way to read paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) words: Words,
    gaps: Gaps,
}

/// How a reading sees each segment: rules are read the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Words {
    segment: Segment,
    pub(super) case: Case,
}

/// Parameters and escapes. A server that drops parameters may look for them before it decodes (the servlet
/// specification) or after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Segment {
    Literal,
    Dropped,
    Decoded,
    DroppedThenDecoded,
    DecodedThenDropped,
}

/// Whether case matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Heeded,
    Ignored,
}

/// What becomes of empty segments, and of those that are empty without their parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gaps {
    Merged,
    /// Those alone that were empty before parameters were dropped.
    MergedFirst,
    Kept,
    /// `//host/path` is taken for an authority and a path, as WHATWG's URL parser does, and the rest kept.
    Authority,
    /// The same, and the rest merged.
    AuthorityMerged,
}

/// The most readings of one path.
pub(super) const MOST: usize = SEGMENTS.len() * CASES.len() * GAPS.len();

const SEGMENTS: [Segment; 5] = [
    Segment::Literal,
    Segment::Dropped,
    Segment::Decoded,
    Segment::DroppedThenDecoded,
    Segment::DecodedThenDropped,
];
const CASES: [Case; 2] = [Case::Heeded, Case::Ignored];
const GAPS: [Gaps; 5] = [Gaps::Merged, Gaps::MergedFirst, Gaps::Kept, Gaps::Authority, Gaps::AuthorityMerged];

impl Reading {
    /// The readings that are possible, the first one first: each with what a path, or a rule, has to hold for it to
    /// differ from the first.
    pub(super) fn all(paths: ServerPaths) -> Vec<(Self, Traits)> {
        let segments = SEGMENTS.into_iter().filter(|segment| match paths.parameters {
            PathParameters::Ambiguous => true,
            PathParameters::Dropped => !matches!(segment, Segment::Literal | Segment::Decoded),
            PathParameters::Literal => matches!(segment, Segment::Literal | Segment::Decoded),
        });
        let cases = CASES.into_iter().filter(|case| match paths.case {
            PathCase::Ambiguous => true,
            PathCase::Sensitive => *case == Case::Heeded,
            PathCase::Insensitive => *case == Case::Ignored,
        });
        let mut readings = Vec::with_capacity(MOST);
        for segment in segments {
            for case in cases.clone() {
                for gaps in GAPS {
                    let reading = Self { words: Words { segment, case }, gaps };
                    readings.push((reading, reading.needs(paths)));
                }
            }
        }
        readings
    }

    fn needs(self, paths: ServerPaths) -> Traits {
        let parameter = match paths.parameters {
            PathParameters::Dropped => Traits::default(),
            PathParameters::Ambiguous | PathParameters::Literal => Traits::PARAMETER,
        };
        let segment = match self.words.segment {
            Segment::Literal => Traits::default(),
            Segment::Dropped => parameter,
            Segment::Decoded => Traits::ESCAPE,
            Segment::DroppedThenDecoded => parameter.and(Traits::ESCAPE),
            Segment::DecodedThenDropped => Traits::ESCAPED_PARAMETER,
        };
        let case = match (self.words.case, paths.case) {
            (Case::Ignored, PathCase::Ambiguous) => Traits::CASE,
            _ => Traits::default(),
        };
        let gaps = match self.gaps {
            Gaps::Merged => Traits::default(),
            Gaps::MergedFirst => Traits::EMPTY.and(Traits::HOLLOW),
            Gaps::Kept => Traits::GAP,
            Gaps::Authority | Gaps::AuthorityMerged => Traits::AUTHORITY,
        };
        segment.and(case).and(gaps)
    }

    /// The path as this reading has it. Only the first `enough` bytes and at least one more need be there.
    pub(super) fn of<'a>(self, path: &'a RequestPath<'_>, enough: usize) -> Cow<'a, str> {
        let merged = match self.words.segment {
            Segment::Literal | Segment::Decoded => path.merged(),
            Segment::Dropped | Segment::DroppedThenDecoded => path.solid(),
            Segment::DecodedThenDropped => path.bare(),
        };
        let source = match self.gaps {
            Gaps::Merged => merged.whole(),
            Gaps::MergedFirst => path.merged().whole(),
            Gaps::Kept => path.kept().whole(),
            Gaps::Authority => path.kept().below_authority(),
            Gaps::AuthorityMerged => merged.below_authority(),
        };
        if path.traits().among(self.words.changes()).is_empty() {
            source.into()
        } else {
            self.words.rewritten(source, enough).into()
        }
    }
}

impl Words {
    /// A rule's path, which is in normal form, as this reading has it.
    pub(super) fn of_rule(self, path: &str) -> String {
        self.rewritten(path, usize::MAX)
    }

    fn rewritten(self, path: &str, enough: usize) -> String {
        let mut text = String::with_capacity(path.len().min(enough.saturating_add(SLACK)));
        for segment in Segments::of(path) {
            if text.len() > enough {
                break;
            }
            text.push('/');
            self.write(self.segment.without_parameters(segment), &mut text, enough);
        }
        text
    }

    fn drops(self) -> bool {
        !matches!(self.segment, Segment::Literal | Segment::Decoded)
    }

    /// What in a path such a reading changes.
    fn changes(self) -> Traits {
        let dropped = if self.drops() { Traits::PARAMETER } else { Traits::default() };
        let decoded = match self.segment {
            Segment::Literal | Segment::Dropped => Traits::default(),
            _ => Traits::ESCAPE,
        };
        let folded = if self.case == Case::Ignored { Traits::CASE } else { Traits::default() };
        dropped.and(decoded).and(folded)
    }

    /// Writes a segment's name until there is enough.
    fn write(self, segment: &str, text: &mut String, enough: usize) {
        let decodes = !matches!(self.segment, Segment::Literal | Segment::Dropped);
        let mut bytes = segment.bytes();
        while text.len() <= enough
            && let Some(byte) = bytes.next()
        {
            let escape = if byte == b'%' { escaped(&mut bytes) } else { None };
            match escape {
                Some(visible) if decodes && is_visible(visible) => text.push(self.case.of(visible)),
                Some(first) if self.case == Case::Ignored && !first.is_ascii() => {
                    match letter(first, &mut bytes) {
                        Some(letter) => push_letter(text, folded(letter)),
                        None => push_escape(text, first),
                    }
                }
                Some(other) => push_escape(text, other),
                None => text.push(self.case.of(byte)),
            }
        }
    }
}

impl Segment {
    fn without_parameters(self, segment: &str) -> &str {
        let end = match self {
            Self::Literal | Self::Decoded => None,
            Self::Dropped | Self::DroppedThenDecoded => position(segment, b';'),
            Self::DecodedThenDropped => any_parameter(segment),
        };
        end.and_then(|end| segment.get(..end)).unwrap_or(segment)
    }
}

impl Case {
    fn of(self, byte: u8) -> char {
        char::from(match self {
            Self::Heeded => byte,
            Self::Ignored => byte.to_ascii_lowercase(),
        })
    }
}

/// Room for the last character and a slash.
const SLACK: usize = 40;

#[cfg(test)]
mod tests;
