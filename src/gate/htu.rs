//! A URI without query and fragment, in one spelling (RFC 9449, 4.3; RFC 3986, 6.2.2 and 6.2.3).

use super::escapes::push_escape;
use super::path::resolve;
use super::percent::escaped;
use crate::keys::Scheme;

/// An `http` or `https` URI as it is compared: scheme and host in lower case, no default port, escapes of unreserved
/// characters decoded and all others in upper case, dot segments resolved, without query and fragment. `None` for anything
/// else, and where dot segments lead elsewhere for some servers.
pub(super) fn normal(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once("://")?;
    let known = [Scheme::Https, Scheme::Http];
    let scheme = known.into_iter().find(|known| scheme.eq_ignore_ascii_case(known.as_str()))?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at_checked(end)?;
    let authority = authority.to_ascii_lowercase();
    let authority = scheme.without_default_port(&authority);
    if authority.is_empty() || authority.contains('@') {
        return None;
    }
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let path = if path.is_empty() { "/".to_owned() } else { normal_path(path)? };
    Some(format!("{}://{authority}{path}", scheme.as_str()))
}

fn normal_path(path: &str) -> Option<String> {
    let mut normal = String::with_capacity(path.len());
    let mut parts = path.split('%');
    normal.push_str(parts.next()?);
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        let byte = escaped(&mut digits.bytes())?;
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            normal.push(char::from(byte));
        } else {
            push_escape(&mut normal, byte);
        }
        normal.push_str(rest);
    }
    resolve(&normal).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_uris_have_one_spelling() {
        for (written, expected) in [
            ("https://api.example/a", Some("https://api.example/a")),
            ("HTTPS://API.example:443/a?b=c#d", Some("https://api.example/a")),
            ("http://api.example:80", Some("http://api.example/")),
            ("https://api.example:80/", Some("https://api.example:80/")),
            ("https://api.example?x", Some("https://api.example/")),
            ("https://api.example/%7Ea%2fb%C3%a9", Some("https://api.example/~a%2Fb%C3%A9")),
            ("https://[::1]:8443/a", Some("https://[::1]:8443/a")),
            ("https://api.example/A", Some("https://api.example/A")),
            ("https://api.example/a/../b/./%2E%2e/c/.", Some("https://api.example/c/")),
            ("https://api.example/../a", Some("https://api.example/a")),
            ("https://api.example//a/", Some("https://api.example//a/")),
            ("https://api.example/a//../b", None),
            ("https://api.example/a/..;/b", None),
            ("https://user@api.example/a", None),
            ("https:///a", None),
            ("ftp://api.example/a", None),
            ("/a", None),
            ("", None),
            ("https://api.example/%zz", None),
            ("https://api.example/%+1", None),
            ("https://api.example/%4", None),
        ] {
            assert_eq!(normal(written).as_deref(), expected, "{written}");
        }
    }
}
