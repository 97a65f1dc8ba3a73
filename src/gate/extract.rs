//! Finding the one token of a request (RFC 6750, 2; `behaviour.md`, section 3).

use std::borrow::Cow;

use super::reason::Reason;
use super::request::Request;
use super::source::{Scheme, TokenSource};

/// Takes the token out of what was [`presented`]. Bytes stay bytes: whether they are a token is not decided here.
///
/// # Errors
///
/// [`Reason::TokenNotPresent`], [`Reason::TokenAmbiguous`] or [`Reason::TokenMalformed`].
pub(super) fn token<'a>(source: &TokenSource, presented: &'a [u8]) -> Result<&'a [u8], Reason> {
    match source {
        TokenSource::Header { scheme, .. } => from_header(scheme, presented),
        TokenSource::Query(_) | TokenSource::Cookie(_) => Ok(presented),
    }
}

/// What stands at the configured place, once: a header's whole value, scheme and all; a query parameter, decoded;
/// a cookie. Nothing has looked into it yet.
///
/// # Errors
///
/// [`Reason::TokenNotPresent`], [`Reason::TokenAmbiguous`], or [`Reason::TokenMalformed`] for a query parameter
/// with a broken escape.
pub(super) fn presented<'a>(source: &TokenSource, request: &'a Request) -> Result<Cow<'a, [u8]>, Reason> {
    match source {
        TokenSource::Header { name, .. } => only(request.values(name.as_str())).map(Cow::Borrowed),
        TokenSource::Query(parameter) => from_query(request.target(), parameter),
        TokenSource::Cookie(name) => {
            only(request.values("cookie").flat_map(|line| cookies(line, name))).map(Cow::Borrowed)
        }
    }
}

/// The value of a query parameter, percent-decoded once. An empty one is no token.
fn from_query<'a>(target: &'a [u8], parameter: &str) -> Result<Cow<'a, [u8]>, Reason> {
    let named = parameters(target).map(pair_of).filter(|(name, _)| is_parameter(name, parameter));
    percent_decoded(only(named.map(|(_, value)| value))?).ok_or(Reason::TokenMalformed)
}

/// Every query parameter, name and value, as sent.
pub(super) fn parameters(target: &[u8]) -> impl Iterator<Item = &[u8]> {
    let query = split_once(target, b'?').map_or(&b""[..], |(_, query)| query);
    let query = split_once(query, b'#').map_or(query, |(query, _)| query);
    query.split(|byte| *byte == b'&')
}

/// Name and value of a query parameter.
pub(super) fn pair_of(parameter: &[u8]) -> (&[u8], &[u8]) {
    split_once(parameter, b'=').unwrap_or((parameter, b""))
}

/// Whether a parameter's name, as sent, is this one.
pub(super) fn is_parameter(name: &[u8], wanted: &str) -> bool {
    percent_decoded(name).is_some_and(|name| name.as_ref() == wanted.as_bytes())
}

/// The values of a cookie in one `cookie` header (RFC 6265, 4.2.1), without quotes around them.
pub(super) fn cookies<'a>(line: &'a [u8], wanted: &str) -> impl Iterator<Item = &'a [u8]> {
    line.split(|byte| *byte == b';').filter_map(move |pair| {
        let (name, value) = split_once(pair, b'=')?;
        let value = value.trim_ascii();
        let bare = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value);
        (name.trim_ascii() == wanted.as_bytes()).then_some(bare)
    })
}

/// Takes the scheme off a header's value. What stands behind it is not looked into: reading it as a token is one look,
/// and [`malformed`] takes another one where that failed.
fn from_header<'a>(scheme: &Scheme, value: &'a [u8]) -> Result<&'a [u8], Reason> {
    match split_once(value, b' ') {
        Some((first, rest)) if *scheme != Scheme::Forbidden && is_wanted(scheme, first) => {
            Ok(rest.trim_ascii_start())
        }
        _ => strictly_from_header(scheme, value),
    }
}

/// Why what [`token`] took is none.
pub(super) fn malformed(source: &TokenSource, presented: &[u8]) -> Reason {
    match source {
        TokenSource::Header { scheme, .. } => strictly_from_header(scheme, presented).err(),
        TokenSource::Query(_) | TokenSource::Cookie(_) => None,
    }
    .unwrap_or(Reason::TokenMalformed)
}

/// Takes the scheme off a header's value that holds a scheme, one token and nothing else.
fn strictly_from_header<'a>(scheme: &Scheme, value: &'a [u8]) -> Result<&'a [u8], Reason> {
    // A proxy joins repeated headers with a comma, which no token holds: never the first that fits.
    let mut parts = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    let joined = value.contains(&b',');
    if joined && (parts.any(|part| is_credential(scheme, part)) || !value.contains(&b' ')) {
        return Err(Reason::TokenAmbiguous);
    }
    let (first, rest) = match split_once(value, b' ') {
        Some((first, rest)) => (first, rest.trim_ascii_start()),
        None => (value, &b""[..]),
    };
    let token = match scheme {
        Scheme::Forbidden => value,
        _ if is_wanted(scheme, first) => rest,
        Scheme::BearerOptional if rest.is_empty() => value,
        _ => return Err(Reason::TokenNotPresent),
    };
    if token.is_empty() {
        Err(Reason::TokenNotPresent)
    } else if token.iter().any(u8::is_ascii_whitespace) {
        Err(Reason::TokenMalformed)
    } else {
        Ok(token)
    }
}

/// Whether one part of a joined header could carry a token of ours.
fn is_credential(scheme: &Scheme, part: &[u8]) -> bool {
    is_wanted(scheme, split_once(part, b' ').map_or(part, |(first, _)| first))
}

/// Whether a word is the scheme that stands before a token of ours.
fn is_wanted(scheme: &Scheme, word: &[u8]) -> bool {
    match scheme {
        Scheme::Required(name) => word.eq_ignore_ascii_case(name.as_bytes()),
        Scheme::BearerOptional | Scheme::Forbidden => word.eq_ignore_ascii_case(b"bearer"),
    }
}

/// Exactly one non-empty value.
fn only<'a>(mut values: impl Iterator<Item = &'a [u8]>) -> Result<&'a [u8], Reason> {
    let value = values.next().ok_or(Reason::TokenNotPresent)?;
    match values.next() {
        Some(_) => Err(Reason::TokenAmbiguous),
        None if value.is_empty() => Err(Reason::TokenNotPresent),
        None => Ok(value),
    }
}

/// Decodes percent-escapes once (RFC 3986, 2.1); a malformed one gives nothing.
pub(super) fn percent_decoded(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !text.contains(&b'%') {
        return Some(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' { escaped(&mut bytes)? } else { byte });
    }
    Some(Cow::Owned(decoded))
}

/// The byte that two hexadecimal digits stand for.
pub(super) fn escaped(bytes: &mut impl Iterator<Item = u8>) -> Option<u8> {
    let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16));
    let value = digit()? * 16 + digit()?;
    u8::try_from(value).ok()
}

fn split_once(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|byte| *byte == separator)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::super::header_name::HeaderName;
    use super::*;

    #[track_caller]
    fn check(source: &TokenSource, headers: &[(&str, &str)], expected: Result<&str, Reason>) {
        let request = Request::from_pairs(headers.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())));
        let presented = presented(source, &request);
        let found = presented.as_ref().map_err(|reason| *reason).and_then(|value| {
            let text = token(source, value)?;
            // No token holds any of these, so that reading it fails.
            let is_none = text.is_empty() || text.iter().any(|byte| b" \t,".contains(byte));
            if is_none { Err(malformed(source, value)) } else { Ok(text) }
        });
        assert_eq!(found.map(|token| std::str::from_utf8(token).unwrap()), expected, "{headers:?}");
    }

    fn header(scheme: Scheme) -> TokenSource {
        TokenSource::Header { name: HeaderName::authorization(), scheme }
    }

    #[test]
    fn authorization_values() {
        use Reason::{TokenAmbiguous, TokenMalformed, TokenNotPresent};
        for (value, optional, required) in [
            ("Bearer T", Ok("T"), Ok("T")),
            ("bearer T", Ok("T"), Ok("T")),
            ("BeArEr   T", Ok("T"), Ok("T")),
            ("T", Ok("T"), Err(TokenNotPresent)),
            ("", Err(TokenNotPresent), Err(TokenNotPresent)),
            ("Bearer", Err(TokenNotPresent), Err(TokenNotPresent)),
            ("Bearer ", Err(TokenNotPresent), Err(TokenNotPresent)),
            ("BearerT", Ok("BearerT"), Err(TokenNotPresent)),
            ("Bearer\tT", Err(TokenMalformed), Err(TokenNotPresent)),
            ("Bearer T junk", Err(TokenMalformed), Err(TokenMalformed)),
            ("Bearer T,realm=x", Err(TokenAmbiguous), Err(TokenAmbiguous)),
            ("Bearer A,Bearer B", Err(TokenAmbiguous), Err(TokenAmbiguous)),
            ("Bearer A, Bearer B", Err(TokenAmbiguous), Err(TokenAmbiguous)),
            ("Basic x, Bearer A", Err(TokenAmbiguous), Err(TokenAmbiguous)),
            ("A,B", Err(TokenAmbiguous), Err(TokenAmbiguous)),
            ("Basic dXNlcjpwYXNz", Err(TokenNotPresent), Err(TokenNotPresent)),
            ("DPoP T", Err(TokenNotPresent), Err(TokenNotPresent)),
            ("Digest realm=\"a\", nonce=\"b\"", Err(TokenNotPresent), Err(TokenNotPresent)),
        ] {
            let request = [("authorization", value)];
            check(&header(Scheme::BearerOptional), &request, optional);
            check(&header(Scheme::Required("Bearer".into())), &request, required);
        }
    }

    #[test]
    fn a_forbidden_scheme_makes_the_value_malformed() {
        let source =
            TokenSource::Header { name: HeaderName::parse("X-Token").unwrap(), scheme: Scheme::Forbidden };
        check(&source, &[("x-token", "T")], Ok("T"));
        check(&source, &[("x-token", "Bearer T")], Err(Reason::TokenMalformed));
    }

    #[test]
    fn two_headers_are_ambiguous_in_any_spelling() {
        let two = [("Authorization", "Bearer A"), ("authorization", "Bearer A")];
        check(&header(Scheme::BearerOptional), &two, Err(Reason::TokenAmbiguous));
        check(&header(Scheme::BearerOptional), &[], Err(Reason::TokenNotPresent));
    }

    #[test]
    fn query_parameters() {
        let source = TokenSource::Query("access_token".into());
        for (target, expected) in [
            ("/?access_token=T", Ok("T")),
            ("/?a=b&access_token=a%2Eb", Ok("a.b")),
            ("/?access%5Ftoken=T", Ok("T")),
            ("/?access_token=a%252Eb", Ok("a%2Eb")),
            ("/?access_token=T#access_token=U", Ok("T")),
            ("/?access_token=T&access_token=T", Err(Reason::TokenAmbiguous)),
            ("/?access_token=T&access%5ftoken=U", Err(Reason::TokenAmbiguous)),
            ("/?access_token=%zz", Err(Reason::TokenMalformed)),
            ("/?access_token=%2", Err(Reason::TokenMalformed)),
            ("/?access_token=", Err(Reason::TokenNotPresent)),
            ("/?Access_Token=T", Err(Reason::TokenNotPresent)),
            ("/#?access_token", Err(Reason::TokenNotPresent)),
            ("/access_token=T", Err(Reason::TokenNotPresent)),
        ] {
            check(&source, &[(":path", target)], expected);
        }
    }

    #[test]
    fn cookie_values() {
        let source = TokenSource::Cookie("t".into());
        for (lines, expected) in [
            (&["a=b; t=T; c=d"][..], Ok("T")),
            (&["t=\"T\""], Ok("T")),
            (&["a=t=T"], Err(Reason::TokenNotPresent)),
            (&["t=A; t=B"], Err(Reason::TokenAmbiguous)),
            (&["t=A", "t=A"], Err(Reason::TokenAmbiguous)),
            (&["T=A"], Err(Reason::TokenNotPresent)),
        ] {
            let headers: Vec<_> = lines.iter().map(|line| ("cookie", *line)).collect();
            check(&source, &headers, expected);
        }
    }
}
