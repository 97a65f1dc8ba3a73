//! The path of a request, as far as all servers agree about it.

use std::borrow::Cow;

use super::extract::escaped;

/// A path without query: escapes of unreserved characters decoded (RFC 3986, 6.2.2.2), dot segments resolved (5.2.4),
/// empty segments kept. What servers make of the rest is a [`Reading`](super::reading::Reading)'s business.
#[derive(Debug)]
pub(crate) struct RequestPath<'a> {
    kept: Cow<'a, str>,
    /// With empty segments merged, where there are any.
    merged: Option<String>,
    traits: Traits,
}

/// Two programs would read this path differently, whatever the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// What a path holds that not all servers read alike: a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Traits(u8);

impl Traits {
    /// A semicolon.
    pub(super) const PARAMETER: Self = Self(1);
    /// An escaped semicolon.
    pub(super) const ESCAPED_PARAMETER: Self = Self(1 << 1);
    /// The escape of a visible character.
    pub(super) const ESCAPE: Self = Self(1 << 2);
    /// An upper-case letter, or one beyond ASCII.
    pub(super) const CASE: Self = Self(1 << 3);
    /// An empty segment before the last one.
    pub(super) const EMPTY: Self = Self(1 << 4);
    /// A segment of parameters alone.
    pub(super) const HOLLOW: Self = Self(1 << 5);
    /// One of these two.
    pub(super) const GAP: Self = Self(1 << 6);
    /// An empty segment at the start: `//host/path` is a reference with an authority (RFC 3986, 4.2).
    pub(super) const AUTHORITY: Self = Self(1 << 7);

    /// These and those.
    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those of these that are among `others`.
    pub(super) const fn among(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What a plain byte says.
    fn of_byte(byte: u8) -> Self {
        match byte {
            b';' => Self::PARAMETER,
            b'A'..=b'Z' => Self::CASE,
            _ => Self::default(),
        }
    }

    /// What an escape says that stays one.
    fn of_escape(byte: u8) -> Self {
        match byte {
            b';' => Self::ESCAPE.and(Self::ESCAPED_PARAMETER),
            visible if is_visible(visible) => Self::ESCAPE,
            letter if !letter.is_ascii() => Self::CASE,
            _ => Self::default(),
        }
    }

    /// What the whole path says.
    fn of_segments(path: &str) -> Self {
        let holds = |text: &str, traits: Self| if path.contains(text) { traits } else { Self::default() };
        let authority = if path.starts_with("//") { Self::AUTHORITY } else { Self::default() };
        holds("//", Self::EMPTY.and(Self::GAP))
            .and(holds("/;", Self::HOLLOW.and(Self::GAP)))
            .and(holds(ESCAPED_HOLLOW, Self::HOLLOW.and(Self::GAP)))
            .and(authority)
    }
}

impl<'a> RequestPath<'a> {
    /// Reads the target of a request.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] when the path holds an encoded slash, backslash or NUL, a backslash, a malformed escape, a byte
    /// that no path may hold, a dot segment with parameters (`..;`), or `..` over an empty segment or one with
    /// parameters: some servers have taken those out before they resolve it, so that it leads elsewhere there.
    pub(crate) fn of(target: &'a [u8]) -> Result<Self, Unreadable> {
        let path = target.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default();
        if let Some((plain, traits)) = as_it_is(path) {
            return Ok(Self { kept: Cow::Borrowed(plain), merged: None, traits });
        }
        let (decoded, traits) = decode(path)?;
        if !decoded.starts_with('/') {
            // `*` of OPTIONS, or an authority: no rule can mean it by path.
            let asterisk = || Self { kept: decoded.into(), merged: None, traits: Traits::default() };
            return if path == b"*" { Ok(asterisk()) } else { Err(Unreadable) };
        }
        let kept = resolve(&decoded)?;
        let traits = traits.and(Traits::of_segments(&kept));
        let merged = (!traits.among(Traits::EMPTY).is_empty()).then(|| merge(&kept));
        Ok(Self { kept: kept.into(), merged, traits })
    }

    /// With empty segments merged: the normal form, in which rules are written.
    pub(crate) fn merged(&self) -> &str {
        self.merged.as_deref().unwrap_or(&self.kept)
    }

    /// With empty segments kept.
    pub(super) fn kept(&self) -> &str {
        &self.kept
    }

    pub(super) fn traits(&self) -> Traits {
        self.traits
    }
}

/// The visible characters that no reading takes for anything but themselves once they are decoded: RFC 3986's `pchar`,
/// and those that it does not allow but clients send.
pub(super) fn is_visible(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"/\\?#%".contains(&byte)
}

/// Writes an escape.
pub(super) fn push_escape(text: &mut String, byte: u8) {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0').to_ascii_uppercase();
    text.extend(['%', digit(byte >> 4), digit(byte & 15)]);
}

/// Where a segment's parameters begin, escaped or not.
pub(super) fn any_parameter(segment: &str) -> Option<usize> {
    let plain = segment.find(';');
    let escaped = segment.get(..plain.unwrap_or(segment.len())).and_then(|name| name.find(ESCAPED_SEMICOLON));
    escaped.or(plain)
}

/// A path that needs no normalising, as nearly all do not: no escape, no empty segment, none that begins with a dot.
fn as_it_is(path: &[u8]) -> Option<(&str, Traits)> {
    let mut before = b' ';
    let mut traits = Traits::default();
    for &byte in path {
        let plain = byte.is_ascii_graphic() && !matches!(byte, b'%' | b'\\');
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
            b'\\' => return Err(Unreadable),
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

/// Resolves dot segments.
fn resolve(path: &str) -> Result<String, Unreadable> {
    let mut resolved = String::with_capacity(path.len());
    let mut directory = false;
    for segment in path.split('/').skip(1) {
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

const ESCAPED_SEMICOLON: &str = "%3B";
const ESCAPED_HOLLOW: &str = "/%3B";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised() {
        for (target, expected) in [
            ("/", "/"),
            ("/a", "/a"),
            ("/a/", "/a/"),
            ("/a?x=/../b", "/a"),
            ("/a#b", "/a"),
            ("//a///b", "/a/b"),
            ("/a//", "/a/"),
            ("//", "/"),
            ("/./a/./b/.", "/a/b/"),
            ("/.", "/"),
            ("/a/..", "/"),
            ("/a/b/..", "/a/"),
            ("/admin/../public", "/public"),
            ("/public/../admin", "/admin"),
            ("/a//b/../c", "/a/c"),
            ("/../../a", "/a"),
            ("/%61dmin", "/admin"),
            ("/%2e%2e/a", "/a"),
            ("/public/%2E%2e/admin", "/admin"),
            ("/a%7eb", "/a~b"),
            ("/a%20b%c3%a9", "/a%20b%C3%A9"),
            ("/a%252fb", "/a%252fb"),
            ("/%40ops", "/%40ops"),
            ("/ADMIN", "/ADMIN"),
            ("/admin;x=1", "/admin;x=1"),
            ("/;/admin", "/;/admin"),
            ("/.../..a/.a", "/.../..a/.a"),
            ("*", "*"),
        ] {
            assert_eq!(RequestPath::of(target.as_bytes()).unwrap().merged(), expected, "{target}");
        }
    }

    #[test]
    fn paths_that_lead_to_two_places_whatever_the_rules_are_refused() {
        for target in [
            "/a%2fb",
            "/a%2Fb",
            "/a%5cb",
            "/a\\b",
            "\\admin",
            "/a%00",
            "/a%",
            "/a%2",
            "/a%zz",
            "/public/..;/admin",
            "/public/..%3b/admin",
            "/public/..;x=1/admin",
            "/public/%2e%2e;/admin",
            "/.;/a",
            "/a/..;",
            "/public/;/../admin",
            "/public/%3B/../admin",
            "/public/a/;x/../../admin",
            "/public/a;x/../admin",
            "/public//../admin",
            "/public/a//b/../../admin",
            "//../admin",
            "/a;v=1/..",
            "",
            "admin",
            "example.com:443",
        ] {
            assert_eq!(RequestPath::of(target.as_bytes()).err(), Some(Unreadable), "{target}");
        }
        assert_eq!(RequestPath::of(b"/a\xff").err(), Some(Unreadable));
    }

    #[test]
    fn a_path_says_what_in_it_is_read_in_two_ways() {
        let none = Traits::default();
        for (target, expected) in [
            ("/orders/17", none),
            ("/orders/a%2eb", none),
            ("/a%20b", none),
            ("/a/../b/./c/", none),
            ("/Orders", Traits::CASE),
            ("/%4frders", Traits::CASE),
            ("/caf%c3%a9", Traits::CASE),
            ("/a;v=1", Traits::PARAMETER),
            ("/a%3Bv", Traits::ESCAPED_PARAMETER.and(Traits::ESCAPE)),
            ("/%40me", Traits::ESCAPE),
            ("/a/;/b", Traits::PARAMETER.and(Traits::HOLLOW).and(Traits::GAP)),
            ("/a//b", Traits::EMPTY.and(Traits::GAP)),
            ("//a", Traits::EMPTY.and(Traits::GAP).and(Traits::AUTHORITY)),
        ] {
            assert_eq!(RequestPath::of(target.as_bytes()).unwrap().traits(), expected, "{target}");
        }
    }
}
