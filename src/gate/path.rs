//! The path of a request, and whether all servers would read it alike.

use std::borrow::Cow;

use super::escapes::push_escape;
use super::path_traits::Traits;
use super::percent::escaped;
use super::segments::{Segments, any_parameter};

/// A path without query: escapes of unreserved characters decoded (RFC 3986, 6.2.2.2), dot segments resolved (5.2.4),
/// empty segments kept. What servers make of the rest is a [`Reading`](super::reading::Reading)'s business.
#[derive(Debug)]
pub(crate) struct RequestPath<'a> {
    kept: Form<'a>,
    /// With empty segments merged, where there are any.
    merged: Option<Form<'a>>,
    /// Without segments of parameters alone either, where there are any.
    solid: Option<Form<'a>>,
    /// The same where escaped semicolons count, and there are any.
    bare: Option<Form<'a>>,
    traits: Traits,
}

/// One form of a path.
#[derive(Debug)]
pub(super) struct Form<'a> {
    text: Cow<'a, str>,
    /// Where the path begins for a reader who takes `//host/path` for an authority and a path.
    below_authority: usize,
}

/// Two programs would read this path differently, whatever the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable;

impl<'a> RequestPath<'a> {
    /// Reads the target of a request.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] when the path holds an encoded slash, backslash or NUL, a backslash, a malformed escape, a byte
    /// that no path may hold (`#` among them), a dot segment with parameters (`..;`), or `..` over an empty segment or one with
    /// parameters: some servers have taken those out before they resolve it, so that it leads elsewhere there.
    pub(crate) fn of(target: &'a [u8]) -> Result<Self, Unreadable> {
        // A fragment does not belong in a target (RFC 9112, 3.2): some servers cut it off, others take it for a path.
        let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
        if let Some((plain, traits)) = as_it_is(path) {
            return Ok(Self::new(Cow::Borrowed(plain), traits));
        }
        let (decoded, traits) = decode(path)?;
        if !decoded.starts_with('/') {
            // `*` of OPTIONS, or an authority: no rule can mean it by path.
            return if path == b"*" { Ok(Self::new(decoded.into(), traits)) } else { Err(Unreadable) };
        }
        let kept = resolve(&decoded)?;
        let traits = traits.and(Traits::of_segments(&kept));
        Ok(Self::new(kept.into(), traits))
    }

    fn new(kept: Cow<'a, str>, traits: Traits) -> Self {
        let mut path = Self { kept: Form::new(kept, traits), merged: None, solid: None, bare: None, traits };
        if !traits.among(Traits::EMPTY).is_empty() {
            path.merged = Some(Form::new(merge(&path.kept.text).into(), traits));
        }
        if !traits.among(Traits::HOLLOW).is_empty() {
            path.solid = Some(path.merged().without(|segment| segment.starts_with(';')));
            let escaped = !traits.among(Traits::ESCAPED_PARAMETER).is_empty();
            path.bare = escaped.then(|| path.merged().without(|segment| any_parameter(segment) == Some(0)));
        }
        path
    }

    /// The normal form, in which rules are written: empty segments are merged.
    pub(crate) fn normal(&self) -> &str {
        &self.merged().text
    }

    pub(super) fn kept(&self) -> &Form<'a> {
        &self.kept
    }

    pub(super) fn merged(&self) -> &Form<'a> {
        self.merged.as_ref().unwrap_or(&self.kept)
    }

    /// Merged, without segments that begin with a semicolon; but a last one leaves its slash.
    pub(super) fn solid(&self) -> &Form<'a> {
        self.solid.as_ref().unwrap_or(self.merged())
    }

    /// The same, where an escaped semicolon counts as well.
    pub(super) fn bare(&self) -> &Form<'a> {
        self.bare.as_ref().unwrap_or(self.solid())
    }

    pub(super) fn traits(&self) -> Traits {
        self.traits
    }
}

impl<'a> Form<'a> {
    fn new(text: Cow<'a, str>, traits: Traits) -> Self {
        let below_authority =
            if traits.among(Traits::AUTHORITY).is_empty() { 0 } else { end_of_first_segment(&text) };
        Self { text, below_authority }
    }

    fn without(&self, is_hollow: impl Fn(&str) -> bool) -> Self {
        let mut text = String::with_capacity(self.text.len());
        let mut segments = Segments::of(&self.text);
        let mut below_authority = None;
        while let Some(segment) = segments.next() {
            let hollow = is_hollow(segment);
            if !hollow || segments.has_ended() {
                text.push('/');
            }
            if !hollow {
                text.push_str(segment);
            }
            below_authority.get_or_insert(text.len());
        }
        Self { text: text.into(), below_authority: below_authority.unwrap_or(0) }
    }

    pub(super) fn whole(&self) -> &str {
        &self.text
    }

    /// What stands behind the first name where `//host/path` is taken for one; `/` where there is nothing.
    pub(super) fn below_authority(&self) -> &str {
        self.text.get(self.below_authority..).filter(|path| !path.is_empty()).unwrap_or("/")
    }
}

/// Where the first segment with a name ends.
fn end_of_first_segment(path: &str) -> usize {
    let start = path.len().saturating_sub(path.trim_start_matches('/').len());
    let end = path.get(start..).and_then(|path| path.find('/'));
    end.map_or(path.len(), |end| start.saturating_add(end))
}

/// A path that needs no normalising, as nearly all do not: no escape, no empty segment, none that begins with a dot.
fn as_it_is(path: &[u8]) -> Option<(&str, Traits)> {
    let mut before = b' ';
    let mut traits = Traits::default();
    for &byte in path {
        let plain = byte.is_ascii_graphic() && !matches!(byte, b'%' | b'\\' | b'#');
        if !plain || (before == b'/' && matches!(byte, b'/' | b'.')) {
            return None;
        }
        traits = traits.and(Traits::of_byte(byte));
        if before == b'/' && byte == b';' {
            traits = traits.and(Traits::HOLLOW).and(Traits::GAP);
        }
        before = byte;
    }
    let path = std::str::from_utf8(path).ok().filter(|path| path.starts_with('/'))?;
    Some((path, traits))
}

/// Decodes escapes of unreserved characters; other escapes stay, in upper case.
fn decode(path: &[u8]) -> Result<(String, Traits), Unreadable> {
    let mut text = String::with_capacity(path.len());
    let mut traits = Traits::default();
    let mut bytes = path.iter().copied();
    while let Some(byte) = bytes.next() {
        let (byte, escape) = match byte {
            b'%' => (escaped(&mut bytes).ok_or(Unreadable)?, true),
            b'\\' | b'#' => return Err(Unreadable),
            plain if plain.is_ascii_graphic() => (plain, false),
            _ => return Err(Unreadable),
        };
        let unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if escape && matches!(byte, b'/' | b'\\' | 0) {
            return Err(Unreadable);
        } else if escape && !unreserved {
            traits = traits.and(Traits::of_escape(byte));
            push_escape(&mut text, byte);
        } else {
            traits = traits.and(Traits::of_byte(byte));
            text.push(char::from(byte));
        }
    }
    Ok((text, traits))
}

/// Resolves dot segments (RFC 3986, 5.2.4), where all servers would resolve them alike.
pub(super) fn resolve(path: &str) -> Result<String, Unreadable> {
    let mut resolved = String::with_capacity(path.len());
    let mut directory = false;
    for segment in Segments::of(path) {
        directory = matches!(segment, "." | "..");
        match segment {
            "." => {}
            ".." => {
                let over = resolved.rfind('/').unwrap_or(0);
                let name = resolved.get(over..).unwrap_or_default();
                if name == "/" || any_parameter(name).is_some() {
                    return Err(Unreadable);
                }
                resolved.truncate(over);
            }
            // Servers that strip the parameters then see a dot segment.
            named if named.starts_with('.') && is_dots_with_parameters(named) => return Err(Unreadable),
            named => {
                resolved.push('/');
                resolved.push_str(named);
            }
        }
    }
    if directory {
        resolved.push('/');
    }
    Ok(resolved)
}

fn is_dots_with_parameters(segment: &str) -> bool {
    any_parameter(segment).and_then(|at| segment.get(..at)).is_some_and(|name| matches!(name, "." | ".."))
}

/// Joins repeated slashes.
fn merge(path: &str) -> String {
    let mut merged = String::with_capacity(path.len());
    let mut before = ' ';
    for letter in path.chars() {
        if letter != '/' || before != '/' {
            merged.push(letter);
        }
        before = letter;
    }
    merged
}

#[cfg(test)]
mod tests;
