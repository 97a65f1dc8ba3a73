//! The path as rules see it.

use std::borrow::Cow;

use super::extract::escaped;

/// A path without query, normalised: escapes of unreserved characters decoded (RFC 3986, 6.2.2.2), dot
/// segments resolved (5.2.4), repeated slashes joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NormalPath<'a>(Cow<'a, str>);

/// Two programs would read this path differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ambiguous;

impl<'a> NormalPath<'a> {
    /// Normalises the target of a request.
    ///
    /// # Errors
    ///
    /// [`Ambiguous`] when the path still holds an encoded slash, backslash or NUL, a backslash, a
    /// malformed escape, a byte that no path may hold, or a dot segment with parameters (`..;`), which
    /// some servers resolve and others do not.
    pub(crate) fn of(target: &'a [u8]) -> Result<Self, Ambiguous> {
        let path = target.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default();
        if let Some(plain) = as_it_is(path) {
            return Ok(Self(Cow::Borrowed(plain)));
        }
        let decoded = decode(path)?;
        if !decoded.starts_with('/') {
            // `*` of OPTIONS, or an authority: no rule can mean it by path.
            return if decoded == "*" { Ok(Self(decoded.into())) } else { Err(Ambiguous) };
        }
        let mut segments: Vec<&str> = Vec::new();
        let mut directory = true;
        for segment in decoded.split('/').skip(1) {
            directory = matches!(segment, "" | "." | "..");
            match segment {
                "" | "." => {}
                ".." => {
                    segments.pop();
                }
                // `..;` and its escaped twin: some servers strip the parameters and then see a dot segment.
                named if DOTS_WITH_PARAMETERS.iter().any(|start| named.starts_with(start)) => {
                    return Err(Ambiguous);
                }
                named => segments.push(named),
            }
        }
        let mut normal = String::with_capacity(decoded.len());
        for segment in &segments {
            normal.push('/');
            normal.push_str(segment);
        }
        if directory {
            normal.push('/');
        }
        Ok(Self(normal.into()))
    }

    /// The path.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A path that normalising would not change, as nearly all are: no escape, no empty segment, none that begins with
/// a dot.
fn as_it_is(path: &[u8]) -> Option<&str> {
    let mut before = b' ';
    for &byte in path {
        let plain = byte.is_ascii_graphic() && !matches!(byte, b'%' | b'\\');
        if !plain || (before == b'/' && matches!(byte, b'/' | b'.')) {
            return None;
        }
        before = byte;
    }
    std::str::from_utf8(path).ok().filter(|path| path.starts_with('/'))
}

/// Decodes escapes of unreserved characters; other escapes stay, in upper case.
fn decode(path: &[u8]) -> Result<String, Ambiguous> {
    let mut text = String::with_capacity(path.len());
    let mut bytes = path.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => match escaped(&mut bytes).ok_or(Ambiguous)? {
                b'/' | b'\\' | 0 => return Err(Ambiguous),
                plain if plain.is_ascii_alphanumeric() || b"-._~".contains(&plain) => {
                    text.push(char::from(plain));
                }
                other => {
                    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
                    text.extend(['%', digit(other >> 4).to_ascii_uppercase()]);
                    text.push(digit(other & 15).to_ascii_uppercase());
                }
            },
            b'\\' => return Err(Ambiguous),
            plain if plain.is_ascii_graphic() => text.push(char::from(plain)),
            _ => return Err(Ambiguous),
        }
    }
    Ok(text)
}

const DOTS_WITH_PARAMETERS: [&str; 4] = [".;", "..;", ".%3B", "..%3B"];

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
            ("/./a/./b/.", "/a/b/"),
            ("/admin/../public", "/public"),
            ("/public/../admin", "/admin"),
            ("/../../a", "/a"),
            ("/%61dmin", "/admin"),
            ("/%2e%2e/a", "/a"),
            ("/public/%2E%2e/admin", "/admin"),
            ("/a%7eb", "/a~b"),
            ("/a%20b%c3%a9", "/a%20b%C3%A9"),
            ("/a%252fb", "/a%252fb"),
            ("/ADMIN", "/ADMIN"),
            ("/admin;x=1", "/admin;x=1"),
            ("*", "*"),
        ] {
            assert_eq!(NormalPath::of(target.as_bytes()).unwrap().as_str(), expected, "{target}");
        }
    }

    #[test]
    fn ambiguous_paths_are_refused() {
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
            "/.;/a",
            "",
            "admin",
            "example.com:443",
        ] {
            assert_eq!(NormalPath::of(target.as_bytes()), Err(Ambiguous), "{target}");
        }
        assert_eq!(NormalPath::of(b"/a\xff"), Err(Ambiguous));
    }
}
