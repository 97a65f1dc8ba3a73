//! Where a policy finds the token: `header_name`, `query_parameter_name`, `cookie_name`, `require_scheme`.

use super::field::{Field, Group, Kind, doc};
use super::node::Node;
use super::object::Object;
use super::problem::Report;
use super::text;
use crate::gate::{HeaderName, Scheme, TokenPlace};

/// Reads the source of a `validate_jwt` policy.
pub(super) fn of_validate_jwt(policy: Object<'_>, report: &mut Report) -> TokenPlace {
    let required = policy.text_node(&REQUIRE_SCHEME).map(|(scheme, node)| {
        if !text::is_http_token(scheme) {
            report.refuse_value(node, "an authentication scheme such as Bearer, without a space");
        }
        (scheme, node)
    });
    if let Some(source) = beside_header(policy, report) {
        warn_without_effect(required, report);
        return source;
    }
    let name = header(policy, report);
    let scheme = match required {
        None => Scheme::BearerOptional,
        Some((scheme, _)) if name == HeaderName::authorization() => Scheme::Required(scheme.to_owned()),
        Some(_) => {
            warn_without_effect(required, report);
            Scheme::BearerOptional
        }
    };
    TokenPlace::Header { name, scheme }
}

/// Anywhere but in `Authorization` a scheme is not looked for, as in API Management.
fn warn_without_effect(required: Option<(&str, &Node)>, report: &mut Report) {
    if let Some((_, node)) = required {
        let spelt = report.spell(REQUIRE_SCHEME.name);
        let text =
            format!("{spelt} has no effect on a token that is not in Authorization, as in API Management");
        report.warn(&node.path, text);
    }
}

/// Reads the source of a `validate_azure_ad_token` policy.
pub(super) fn of_azure_ad(policy: Object<'_>, report: &mut Report) -> TokenPlace {
    if let Some(source) = beside_header(policy, report) {
        return source;
    }
    let name = header(policy, report);
    let is_default = name == HeaderName::authorization();
    let scheme = if is_default { Scheme::Required("Bearer".to_owned()) } else { Scheme::Forbidden };
    TokenPlace::Header { name, scheme }
}

fn beside_header(policy: Object<'_>, report: &mut Report) -> Option<TokenPlace> {
    if let Some((name, node)) = policy.text_node(&QUERY_PARAMETER_NAME) {
        check_plain(name, node, report);
        return Some(TokenPlace::Query(name.to_owned()));
    }
    let (name, node) = policy.text_node(&COOKIE_NAME)?;
    if !text::is_http_token(name) {
        report.refuse_value(node, "a cookie's name: letters, digits and - _ . (RFC 6265, 4.1.1)");
    }
    Some(TokenPlace::Cookie(name.to_owned()))
}

fn check_plain(name: &str, node: &Node, report: &mut Report) {
    if name.chars().any(char::is_control) {
        report.refuse_value(node, "a query parameter's name as it reads after percent-decoding");
    }
}

fn header(policy: Object<'_>, report: &mut Report) -> HeaderName {
    let Some((name, node)) = policy.text_node(&HEADER_NAME) else { return HeaderName::authorization() };
    let Some(name) = text::header_name(name, node, report) else { return HeaderName::authorization() };
    if name.as_str() == "cookie" {
        report.refuse_value(node, "a header that holds the token alone; for a cookie write cookie_name");
    } else if text::is_framing(&name) {
        report.refuse_value(node, "a header that may carry a token");
    }
    name
}

/// At most one place.
pub(super) const ONE_PLACE: Group = Group::AtMostOne(&[&HEADER_NAME, &QUERY_PARAMETER_NAME, &COOKIE_NAME]);

pub(super) static HEADER_NAME: Field = Field::optional(
    "header_name",
    Kind::Text(doc("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$")),
    "Header that holds the token. Without any of the three: `Authorization`.",
);
pub(super) static QUERY_PARAMETER_NAME: Field = Field::optional(
    "query_parameter_name",
    Kind::Text(doc("")),
    "Query parameter that holds the token, percent-decoded; given twice it is refused.",
);
pub(super) static COOKIE_NAME: Field = Field::optional(
    "cookie_name",
    Kind::Text(doc("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$")),
    "Cookie that holds the token.",
);
pub(super) static REQUIRE_SCHEME: Field = Field::optional(
    "require_scheme",
    Kind::Text(doc("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$")),
    "Scheme that must stand before the token in `Authorization`, compared ignoring case. Without it `Bearer` \
     is taken off where present. No effect anywhere else.",
);
