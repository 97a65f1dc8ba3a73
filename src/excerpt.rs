//! Text that a stranger wrote, made fit for a log line: cut where it is made, so that no line can forget to.

use std::fmt;

/// The beginning of a stranger's text in printable ASCII: everything else, and quotation marks, are escaped.
#[derive(Clone, PartialEq, Eq)]
pub struct Excerpt(Box<str>);

impl Excerpt {
    /// Of a name, such as a `kid` or an issuer: at most 80 bytes.
    pub fn name(text: &str) -> Self {
        Self::cut(text, 80)
    }

    /// Of an address, which may be long and tells most by its end: at most 240 bytes.
    pub fn address(text: &str) -> Self {
        Self::cut(text, 240)
    }

    /// Of a word that is one of a few, such as a `kty`, or of a document's first line: at most 32 bytes.
    pub fn word(text: &str) -> Self {
        Self::cut(text, 32)
    }

    /// Of a sentence of the filter's own, in which excerpts stand, and which may have come by way of the shared record,
    /// where anybody could have written it: at most so many bytes. Nothing is escaped twice.
    pub fn sentence(text: &str, most: usize) -> Self {
        let safe = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
        if text.len() <= most {
            return Self(text.chars().map(safe).collect());
        }
        let start = text.chars().take(most.saturating_sub(MARK.len())).map(safe);
        Self(start.chain(MARK.chars()).collect())
    }

    fn cut(text: &str, most: usize) -> Self {
        // Nearly every text is fit as it is, and every refusal has some.
        if text.len() <= most
            && text.bytes().all(|byte| matches!(byte, b' '..=b'~' if byte != b'"' && byte != b'\\'))
        {
            return Self(text.into());
        }
        let (mut shown, mut fits) = (String::new(), 0);
        for character in text.chars() {
            match character {
                '"' | '\\' => shown.extend(character.escape_default()),
                ' '..='~' => shown.push(character),
                _ => shown.extend(character.escape_default()),
            }
            if shown.len() > most {
                shown.truncate(fits);
                shown.push_str(MARK);
                break;
            }
            if shown.len().saturating_add(MARK.len()) <= most {
                fits = shown.len();
            }
        }
        Self(shown.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Excerpt {
    /// In quotation marks, as a line shows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

/// The longest line that holds a stranger's text, in bytes.
pub(crate) const LINE: usize = 1900;

/// What stands where text was left out.
const MARK: &str = "...";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_short_printable_and_shows_what_differs() {
        for (text, expected) in [
            ("https://idp.example/", "https://idp.example/"),
            ("", ""),
            ("a b ", "a b "),
            ("a\r\nb", "a\\r\\nb"),
            ("a\"b\\c", "a\\\"b\\\\c"),
            ("a\0\u{1b}[31m", "a\\u{0}\\u{1b}[31m"),
            ("idp\u{200b}.example", "idp\\u{200b}.example"),
            ("\u{202e}é", "\\u{202e}\\u{e9}"),
        ] {
            assert_eq!(Excerpt::name(text).as_str(), expected);
        }
        assert_eq!(Excerpt::name(&"k".repeat(80)).as_str(), "k".repeat(80));
        assert_eq!(Excerpt::name(&"k".repeat(81)).as_str(), format!("{}...", "k".repeat(77)));
        for text in ["k", "\n", "\u{10ffff}", "é", "\"", "\\", "a\u{0}"] {
            for (make, most) in [
                (Excerpt::name as fn(&str) -> Excerpt, 80),
                (Excerpt::address, 240),
                (Excerpt::word, 32),
                (|text| Excerpt::sentence(text, LINE), LINE),
            ] {
                let long = make(&text.repeat(200_000));
                assert!(long.as_str().len() <= most && long.as_str().ends_with("..."), "{long}");
                assert!(long.as_str().bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{long}");
            }
        }
    }

    #[test]
    fn a_sentence_of_excerpts_is_escaped_once() {
        let line = format!("kid {:?}: skipped", Excerpt::name("a\"\n"));
        assert_eq!(Excerpt::sentence(&line, LINE).as_str(), line);
        assert_eq!(Excerpt::sentence("a\nb\u{e9}", LINE).as_str(), "a?b?");
    }
}
