//! Parameters of a request's query, as `application/x-www-form-urlencoded` has them but for `+`.

use std::borrow::Cow;

use super::percent::escaped;
use super::split::split_once;

/// The values of a parameter, as sent.
pub(super) fn values<'a>(target: &'a [u8], name: &str) -> impl Iterator<Item = &'a [u8]> {
    parameters(target).map(pair_of).filter(move |(found, _)| is(found, name)).map(|(_, value)| value)
}

/// The target without some parameters; every other byte stays.
pub(super) fn without(target: &[u8], names: &[&str]) -> Vec<u8> {
    let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
    let mut rest = path.to_vec();
    let kept = parameters(target).filter(|pair| !names.iter().any(|name| is(pair_of(pair).0, name)));
    for (at, pair) in kept.enumerate() {
        rest.push(if at == 0 { b'?' } else { b'&' });
        rest.extend_from_slice(pair);
    }
    rest
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

/// Every parameter, name and value, as sent.
fn parameters(target: &[u8]) -> impl Iterator<Item = &[u8]> {
    let query = split_once(target, b'?').map_or(&b""[..], |(_, query)| query);
    let query = split_once(query, b'#').map_or(query, |(query, _)| query);
    query.split(|byte| *byte == b'&')
}

/// Name and value of a parameter.
fn pair_of(parameter: &[u8]) -> (&[u8], &[u8]) {
    split_once(parameter, b'=').unwrap_or((parameter, b""))
}

/// Whether a parameter's name, as sent, is this one.
fn is(name: &[u8], wanted: &str) -> bool {
    percent_decoded(name).is_some_and(|name| name.as_ref() == wanted.as_bytes())
}
