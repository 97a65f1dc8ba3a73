//! Policy expressions as API Management accepts them, unescaped, turned into text that XML can hold.
//!
//! Before the document is parsed, what XML would take for markup within an expression is escaped: in attributes, in
//! text and in CDATA. Comments and processing instructions are left alone. Lines stay what they were.

use std::borrow::Cow;

use super::expression;

/// A document in which expressions are text.
pub(super) struct Opaque<'t> {
    pub(super) text: Cow<'t, str>,
    /// Where an expression begins that never ends, in bytes. From there on the text is as it was.
    pub(super) unending: Option<usize>,
}

/// Escapes the expressions of a document. Linear in its length.
pub(super) fn expressions(text: &str) -> Opaque<'_> {
    let mut scan = Scan { text, at: 0, copied: 0, escaped: String::new() };
    let unending = scan.document().err();
    let text = if scan.escaped.is_empty() {
        Cow::Borrowed(text)
    } else {
        scan.escaped.push_str(text.get(scan.copied..).unwrap_or_default());
        Cow::Owned(scan.escaped)
    };
    Opaque { text, unending }
}

struct Scan<'t> {
    text: &'t str,
    /// Bytes that have been looked at.
    at: usize,
    /// Bytes that `escaped` stands for.
    copied: usize,
    escaped: String,
}

impl Scan<'_> {
    /// The error is where an expression begins that never ends.
    fn document(&mut self) -> Result<(), usize> {
        while let Some(found) = self.next(b"<@") {
            if found == b'@' {
                self.expression(escape)?;
            } else if self.skip(b"<!--") {
                self.skip_past(b"-->");
            } else if self.skip(b"<![CDATA[") {
                self.character_data()?;
            } else if self.skip(b"<?") {
                self.skip_past(b"?>");
            } else {
                self.tag()?;
            }
        }
        Ok(())
    }

    fn tag(&mut self) -> Result<(), usize> {
        while let Some(found) = self.next(b">\"'") {
            self.at += 1;
            if found == b'>' {
                break;
            }
            while let Some(next) = self.next(&[found, b'@']) {
                if next == found {
                    self.at += 1;
                    break;
                }
                self.expression(escape)?;
            }
        }
        Ok(())
    }

    /// Nothing is escaped in CDATA, but an expression may hold what would end it.
    fn character_data(&mut self) -> Result<(), usize> {
        let blanks = self.rest().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.at += blanks;
        if self.rest().first() == Some(&b'@') {
            self.expression(|expression| expression.replace("]]>", "]] >"))?;
        }
        self.skip_past(b"]]>");
        Ok(())
    }

    /// Escapes the expression here, if one begins here.
    fn expression(&mut self, escape: fn(&str) -> String) -> Result<(), usize> {
        if !matches!(self.rest(), [b'@', b'(' | b'{', ..]) {
            self.at += 1;
            return Ok(());
        }
        let length = expression::length(self.rest()).ok_or(self.at)?;
        let end = self.at + length;
        let before = self.text.get(self.copied..self.at).unwrap_or_default();
        let expression = self.text.get(self.at..end).unwrap_or_default();
        self.escaped.push_str(before);
        self.escaped.push_str(&escape(expression));
        (self.at, self.copied) = (end, end);
        Ok(())
    }

    /// Goes on to the next of these bytes, or to the end.
    fn next(&mut self, bytes: &[u8]) -> Option<u8> {
        let found = self.rest().iter().position(|byte| bytes.contains(byte));
        self.at = found.map_or(self.text.len(), |found| self.at + found);
        self.rest().first().copied()
    }

    fn skip(&mut self, start: &[u8]) -> bool {
        let found = self.rest().starts_with(start);
        self.at += if found { start.len() } else { 0 };
        found
    }

    fn skip_past(&mut self, end: &[u8]) {
        let found = expression::find(self.rest(), end);
        self.at = found.map_or(self.text.len(), |found| self.at + found + end.len());
    }

    fn rest(&self) -> &[u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }
}

/// Escapes what is markup; what is an entity already stays one.
fn escape(expression: &str) -> String {
    let mut escaped = String::with_capacity(expression.len() + expression.len() / 4);
    for (at, char) in expression.char_indices() {
        match char {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '&' if !ENTITIES
                .iter()
                .any(|name| expression.get(at..).is_some_and(|rest| rest.starts_with(name))) =>
            {
                escaped.push_str("&amp;");
            }
            char => escaped.push(char),
        }
    }
    escaped
}

const ENTITIES: [&str; 5] = ["&lt;", "&gt;", "&amp;", "&quot;", "&apos;"];
