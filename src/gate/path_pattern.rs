//! `path_regex`: a regular expression for the whole path.

use std::fmt;

use regex_lite::Regex;

use super::pattern::anchored;
use super::reading::Case;

/// A regular expression, anchored at both ends, for servers that heed case and for those that do not.
#[derive(Debug, Clone)]
pub struct PathPattern {
    heeding: Regex,
    ignoring: Regex,
    heeds_case: bool,
}

impl PathPattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// What is wrong with it; also when it is too large or nested too deeply, or heeds case whatever it is told.
    pub fn new(pattern: &str) -> Result<Self, PathPatternError> {
        if insists_on_case(pattern) {
            return Err(PathPatternError::InsistsOnCase);
        }
        Ok(Self {
            heeding: anchored(pattern, Case::Heeded)?,
            ignoring: anchored(pattern, Case::Ignored)?,
            heeds_case: heeds_case(pattern),
        })
    }

    /// The pattern with its anchors.
    pub fn as_str(&self) -> &str {
        self.heeding.as_str()
    }

    /// Whether it matches a path as a rule has it.
    pub(crate) fn is_match(&self, path: &str) -> bool {
        self.matches(path, Case::Heeded)
    }

    /// Whether it matches this path.
    pub(super) fn matches(&self, path: &str, case: Case) -> bool {
        match case {
            Case::Heeded => self.heeding.is_match(path),
            Case::Ignored => self.ignoring.is_match(path),
        }
    }

    /// Whether ignoring case could make a difference to a path without capitals.
    pub(super) fn heeds_case(&self) -> bool {
        self.heeds_case
    }
}

/// Why a text cannot be a pattern for paths.
#[derive(Debug, Clone)]
pub enum PathPatternError {
    /// It is not a regular expression.
    Syntax(regex_lite::Error),
    /// It turns off that case is ignored, which is how a path is judged for servers that ignore it.
    InsistsOnCase,
}

impl From<regex_lite::Error> for PathPatternError {
    fn from(error: regex_lite::Error) -> Self {
        Self::Syntax(error)
    }
}

impl fmt::Display for PathPatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(error) => error.fmt(f),
            Self::InsistsOnCase => {
                f.write_str("without (?-i): whether case counts is up to the server behind")
            }
        }
    }
}

/// Whether a group of a pattern turns the flag `i` off, as `(?-i)` and `(?s-i:…)` do. One behind a backslash or within a
/// class is taken for such a group too.
fn insists_on_case(pattern: &str) -> bool {
    pattern.split("(?").skip(1).any(|group| {
        let flags = group.split(|letter: char| !letter.is_ascii_alphabetic() && letter != '-').next();
        flags.and_then(|flags| flags.split_once('-')).is_some_and(|(_, off)| off.contains('i'))
    })
}

/// Whether a pattern holds capitals, or anything that may stand for some: the escape of a character, a class by name
/// (`[:upper:]`), or a range that is not one of digits or small letters, or begins with an escape. A hyphen between other
/// characters need not be a range, and counts all the same.
fn heeds_case(pattern: &str) -> bool {
    let bytes = pattern.as_bytes();
    let capital = bytes.iter().any(u8::is_ascii_uppercase);
    let escape = bytes.windows(2).any(|pair| matches!(pair, [b'\\', b'x' | b'u']));
    let range = bytes.windows(3).any(|three| match three {
        [from, b'-', to] => {
            let both = |kind: fn(&u8) -> bool| kind(from) && kind(to);
            !both(u8::is_ascii_digit) && !both(u8::is_ascii_lowercase)
        }
        _ => false,
    });
    let class = bytes.windows(2).any(|pair| pair == b"[:");
    let escaped_start = bytes.windows(3).any(|three| matches!(three, [b'\\', _, b'-']));
    capital || escape || range || class || escaped_start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_heeds_case_whatever_it_is_told_is_refused() {
        for pattern in ["(?-i)/admin", "/(?-i:admin)", "/a(?s-i)b", "/(?m-si:x)", "(?i-i)/x"] {
            let error = PathPattern::new(pattern).expect_err(pattern);
            assert!(matches!(error, PathPatternError::InsistsOnCase), "{pattern}: {error}");
        }
        for pattern in ["(?i)/admin", "/(?:a-i)", "/(?s)x", "/(?i-s)x", "/(?<id>-i)", "/a-i", "/(x)?-i"] {
            PathPattern::new(pattern).expect(pattern);
        }
    }

    #[test]
    fn a_pattern_without_capitals_matches_small_letters_alike_with_and_without_case() {
        for (pattern, heeds) in [
            ("/orders/[0-9a-f]+", false),
            ("/my-orders/.*", false),
            (r"/a\.b/\d+/[^/]*", false),
            ("/(a|b)[^a-z]", false),
            ("/Orders", true),
            ("/[A-Z]+", true),
            (r"/\x41", true),
            (r"/\u{41}", true),
            ("/[@-_]", true),
            ("/[!-~]", true),
            (r"/\D", true),
            ("/[[:upper:]]+", true),
            ("/[[:^lower:]]+", true),
            (r"/[\t-a]+", true),
        ] {
            let pattern = PathPattern::new(pattern).expect("a pattern");
            assert_eq!(pattern.heeds_case(), heeds, "{pattern:?}");
            if !heeds {
                for path in ["/orders/12ab", "/my-orders/x", "/a.b/1/x_~", "/a1", "/b-", "/c"] {
                    let [heeded, ignored] =
                        [Case::Heeded, Case::Ignored].map(|case| pattern.matches(path, case));
                    assert_eq!(heeded, ignored, "{pattern:?}: {path}");
                }
            }
        }
    }
}
