//! Cookies of a request (RFC 6265, 4.2.1).

use super::header_edit::HeaderEdit;
use super::header_name::HeaderName;
use super::request::Request;
use super::split::split_once;

/// The values of a cookie in every `cookie` header, without quotes around them.
pub(super) fn values<'a>(request: &'a Request, name: &str) -> impl Iterator<Item = &'a [u8]> {
    pairs(request).filter_map(move |pair| value(pair, name))
}

/// The edit that takes some cookies out of a request.
pub(super) fn without(request: &Request, names: &[&str]) -> HeaderEdit {
    let kept: Vec<&[u8]> = pairs(request)
        .map(<[u8]>::trim_ascii)
        .filter(|pair| !pair.is_empty() && names.iter().all(|name| value(pair, name).is_none()))
        .collect();
    if kept.is_empty() {
        HeaderEdit::Remove((&HeaderName::cookie()).into())
    } else {
        HeaderEdit::Set(HeaderName::cookie(), kept.join(&b"; "[..]))
    }
}

fn pairs(request: &Request) -> impl Iterator<Item = &[u8]> {
    request.values("cookie").flat_map(|line| line.split(|byte| *byte == b';'))
}

/// The value of a pair of this name.
fn value<'a>(pair: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let (found, value) = split_once(pair, b'=')?;
    let value = value.trim_ascii();
    let bare = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value);
    (found.trim_ascii() == name.as_bytes()).then_some(bare)
}
