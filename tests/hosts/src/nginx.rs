//! What nginx with `ngx_wasm_module` does not bear, and how it shows a request.
//!
//! A real one ends the worker, or the request, at each of these; this host keeps a list, and the test that caused an
//! entry fails.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use proxy_wasm_host::VecHeaderMap;
use proxy_wasm_host::abi::v0_2_1::Callback;

use crate::proxy::{header_map, pairs};

/// How much a host bears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strictness {
    /// As much as the ABI allows.
    #[default]
    Lenient,
    /// As much as nginx does.
    Nginx,
}

/// What nginx would have ended the worker for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offences(Arc<Mutex<BTreeSet<String>>>);

impl Offences {
    /// Keeps one.
    pub(crate) fn add(&self, what: impl Into<String>) {
        self.0.lock().expect("nothing panics while it writes").insert(what.into());
    }

    /// All of them, a line each.
    pub(crate) fn text(&self) -> String {
        let offences = self.0.lock().expect("nothing panics while it writes");
        offences.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

/// Callbacks that nginx calls without looking whether the module has them.
pub(crate) const CALLED_UNSEEN: [Callback; 5] =
    [Callback::RequestBody, Callback::ResponseHeaders, Callback::ResponseBody, Callback::Done, Callback::Log];

/// Callbacks of the root, in which no request is at hand.
pub(crate) fn is_of_root(callback: Option<Callback>) -> bool {
    matches!(callback, None | Some(Callback::Configure | Callback::Tick | Callback::HttpCallResponse))
}

/// A request as nginx shows it.
pub(crate) struct Shown {
    /// The header map: a name of the server's own for `:authority`, the decoded path, and the client's `Host` beside.
    pub(crate) headers: VecHeaderMap,
    /// The request's target as the client sent it.
    pub(crate) target: String,
    /// What the upstream gets, whatever the filter removes.
    pub(crate) sent: Vec<(String, String)>,
}

impl Shown {
    /// Of a request as a client sends it.
    pub(crate) fn of(sent: &[(&str, &str)]) -> Self {
        let mut headers = Vec::new();
        let mut target = String::new();
        for &(name, value) in sent {
            match name {
                ":authority" => headers.extend([(name, SERVER_NAME.to_owned()), ("host", value.to_owned())]),
                ":path" => {
                    value.clone_into(&mut target);
                    headers.push((name, uri(value)));
                }
                _ => headers.push((name, value.to_owned())),
            }
        }
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
        let headers = header_map(&headers);
        let sent = pairs(&headers).into_iter().filter(|(name, _)| !name.starts_with(':')).collect();
        Self { headers, target, sent }
    }
}

/// What nginx calls `$uri`, and the query: escapes decoded, dot segments resolved, empty segments merged.
fn uri(target: &str) -> String {
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let mut bytes = path.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        let escaped = (byte == b'%').then(|| {
            let digits: Vec<_> = bytes.by_ref().take(2).collect();
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()
        });
        decoded
            .push(escaped.map_or(byte, |escaped| escaped.expect("nginx answers 400 to a malformed escape")));
    }
    let decoded = String::from_utf8_lossy(&decoded).into_owned();
    let mut segments = Vec::new();
    for segment in decoded.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    let last = if decoded.ends_with('/') && !segments.is_empty() { "/" } else { "" };
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("/{}{last}{query}", segments.join("/"))
}

/// The first `server_name`.
const SERVER_NAME: &str = "gateway.internal";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_shown_decoded_and_resolved() {
        for (target, shown) in [
            ("/", "/"),
            ("/a/b/?q=%20", "/a/b/?q=%20"),
            ("/public/..%2fadmin", "/admin"),
            ("//a/./b//c", "/a/b/c"),
            ("/a%3fb", "/a?b"),
        ] {
            assert_eq!(uri(target), shown, "{target}");
        }
    }
}
