//! Absolute `http` and `https` URLs, split as a callout needs them.

use std::fmt;

use crate::token::entra;

/// An absolute URL without user information or fragment. Path and query are kept verbatim.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Url {
    scheme: Scheme,
    authority: String,
    path: String,
}

/// The scheme of a [`Url`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain.
    Http,
    /// Over TLS.
    Https,
}

/// Why a text is no [`Url`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidUrl {
    /// It starts with neither `https://` nor `http://`.
    Scheme,
    /// The host is missing, or there is user information before it.
    Authority,
    /// It holds a fragment, or a byte that has to be percent-encoded (RFC 3986, 2).
    Characters,
}

impl Url {
    /// Parses a URL.
    ///
    /// # Errors
    ///
    /// [`InvalidUrl`] says which part is wrong.
    pub fn parse(text: &str) -> Result<Self, InvalidUrl> {
        let (scheme, rest) = if let Some(rest) = strip_prefix_ignoring_case(text, "https://") {
            (Scheme::Https, rest)
        } else if let Some(rest) = strip_prefix_ignoring_case(text, "http://") {
            (Scheme::Http, rest)
        } else {
            return Err(InvalidUrl::Scheme);
        };
        let (authority, path) = match rest.find(['/', '?']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        if !is_authority(authority) {
            return Err(InvalidUrl::Authority);
        }
        if !path.bytes().all(|byte| byte.is_ascii_graphic() && !b"#\"<>\\^`{|}".contains(&byte)) {
            return Err(InvalidUrl::Characters);
        }
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Self { scheme, authority: authority.to_ascii_lowercase(), path })
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Host and port as written, in lower case: the value of `:authority`.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The host without its port.
    pub fn host(&self) -> &str {
        let end = self.authority.rfind(']').map_or(0, |at| at + 1);
        match self.authority.get(end..).and_then(|rest| rest.find(':')) {
            Some(at) => self.authority.get(..end + at).unwrap_or_default(),
            None => &self.authority,
        }
    }

    /// The host without its port and without the dot that may end a full name: what hosts are compared by.
    pub fn bare_host(&self) -> &str {
        self.host().strip_suffix('.').unwrap_or(self.host())
    }

    /// Whether two URLs have the same scheme, host and port (RFC 6454, 4).
    pub(crate) fn is_same_origin(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.bare_host() == other.bare_host() && self.port() == other.port()
    }

    /// The port, by default the scheme's.
    pub fn port(&self) -> u16 {
        let written = self.authority.get(self.host().len()..).and_then(|rest| rest.strip_prefix(':'));
        written.and_then(|digits| digits.parse().ok()).unwrap_or(self.scheme.default_port())
    }

    /// Whether one of Microsoft's directories is there: Entra ID in any cloud, External ID, Azure AD B2C.
    pub fn is_of_microsoft(&self) -> bool {
        entra::is_authority(self.bare_host())
    }

    /// Path and query, verbatim; never empty.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl Scheme {
    /// As in `:scheme`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port of an authority that has none (RFC 9110, 4.2).
    const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    /// An authority without this scheme's default port (RFC 3986, 6.2.3).
    pub(crate) fn without_default_port(self, authority: &str) -> &str {
        let bare = match self {
            Self::Http => authority.strip_suffix(":80"),
            Self::Https => authority.strip_suffix(":443"),
        };
        bare.unwrap_or(authority)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme.as_str(), self.authority, self.path)
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `host[:port]` of letters, digits and the marks of names and addresses; no user information.
fn is_authority(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, port)) => (address, port),
            None => return false,
        },
        None => match text.find(':') {
            Some(at) => text.split_at(at),
            None => (text, ""),
        },
    };
    let port_fits = match port.strip_prefix(':') {
        Some(digits) => digits.parse::<u16>().is_ok_and(|port| port > 0),
        None => port.is_empty(),
    };
    let bracketed = text.starts_with('[');
    let is_host_byte =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte) || (bracketed && byte == b':');
    !host.is_empty() && host.bytes().all(is_host_byte) && port_fits
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let start = text.get(..prefix.len())?;
    if start.eq_ignore_ascii_case(prefix) { text.get(prefix.len()..) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn parts(text: &str) -> (String, String, String) {
        let url = Url::parse(text).unwrap();
        (url.host().to_owned(), url.authority().to_owned(), url.path().to_owned())
    }

    #[test]
    fn host_authority_and_path_are_split() {
        let of = |h: &str, a: &str, p: &str| (h.to_owned(), a.to_owned(), p.to_owned());
        assert_eq!(parts("https://Login.Example/a/b?c=d"), of("login.example", "login.example", "/a/b?c=d"));
        assert_eq!(parts("http://idp:8080"), of("idp", "idp:8080", "/"));
        assert_eq!(parts("HTTPS://idp?appid=1"), of("idp", "idp", "/?appid=1"));
        assert_eq!(parts("http://[::1]:80/x"), of("[::1]", "[::1]:80", "/x"));
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (one, other, expected) in [
            ("https://a.example/x", "https://A.example:443/y", true),
            ("http://a.example:80", "http://a.example./y", true),
            ("https://[::1]:443/", "https://[::1]/", true),
            ("https://a.example", "http://a.example", false),
            ("https://a.example:8443", "https://a.example", false),
            ("https://a.example", "https://b.a.example", false),
        ] {
            let [one, other] = [one, other].map(|text| Url::parse(text).unwrap());
            assert_eq!(
                [one.is_same_origin(&other), other.is_same_origin(&one)],
                [expected; 2],
                "{one} {other}"
            );
        }
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for (text, why) in [
            ("", InvalidUrl::Scheme),
            ("login.example/x", InvalidUrl::Scheme),
            ("ftp://x/", InvalidUrl::Scheme),
            ("https:///x", InvalidUrl::Authority),
            ("https://login.example@evil.example/", InvalidUrl::Authority),
            ("https://x:0/", InvalidUrl::Authority),
            ("https://x:99999/", InvalidUrl::Authority),
            ("https://x/a b", InvalidUrl::Characters),
            ("https://x/{tenant}/v2.0", InvalidUrl::Characters),
            ("https://x/a\r\nb", InvalidUrl::Characters),
            ("https://x/#f", InvalidUrl::Characters),
            ("https://x/é", InvalidUrl::Characters),
        ] {
            assert_eq!(Url::parse(text), Err(why), "{text}");
        }
    }
}
