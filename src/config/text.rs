//! Checks of strings that several files share: placeholders left in, header names, tokens of HTTP.

use super::node::Node;
use super::problem::Report;
use super::quote::quoted;
use crate::gate::HeaderName;

/// A part in braces that somebody was meant to replace, such as `{aad-tenant}`.
pub(super) fn placeholder(text: &str) -> Option<&str> {
    let start = text.find('{')?;
    let rest = text.get(start..)?;
    let mut end = rest.find('}')? + 1;
    if rest.starts_with("{{") {
        end = rest.find("}}")? + 2;
    }
    let found = rest.get(..end)?;
    // JSON text is no placeholder.
    if found.contains(['"', ':']) { None } else { Some(found) }
}

/// Refuses a value that still holds a placeholder, and says what to do. True if there was one.
pub(super) fn refuse_placeholder(text: &str, node: &Node, report: &mut Report) -> bool {
    let Some(part) = placeholder(text) else { return false };
    let allowed = if node.written.is_some() {
        "a value without a placeholder in braces".to_owned()
    } else if part.starts_with("{{") {
        format!(
            "the value itself ({} is a named value of API Management, which is not known here)",
            quoted(part)
        )
    } else {
        format!("the value itself (replace the placeholder {})", quoted(part))
    };
    report.refuse_value(node, allowed);
    true
}

/// Reads a header's name.
pub(super) fn header_name(text: &str, node: &Node, report: &mut Report) -> Option<HeaderName> {
    let name = HeaderName::parse(text).ok();
    if text.starts_with(':') {
        report.refuse_value(node, "a header's name, not a pseudo-header");
        return None;
    }
    if name.is_none() {
        report.refuse_value(node, "a header's name: letters, digits and - _ . (RFC 9110, 5.1)");
    }
    name
}

/// `token` of RFC 9110, 5.6.2.
pub(super) fn is_http_token(text: &str) -> bool {
    HeaderName::parse(text).is_ok()
}

/// Whether a header frames the message or belongs to one hop: nobody may read a token from it or write it.
pub(super) fn is_framing(name: &HeaderName) -> bool {
    const FRAMING: [&str; 12] = [
        "connection",
        "content-encoding",
        "content-length",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    FRAMING.contains(&name.as_str())
}
