//! What only works inside API Management, and what to write instead.

use super::element::Attribute;
use crate::config::problem::Report;

/// Refuses an attribute that cannot work here. True if it is one.
pub(super) fn refuse_attribute(
    element: &str,
    attribute: &Attribute,
    path: &str,
    report: &mut Report,
) -> bool {
    let Attribute { name: attribute, value, .. } = attribute;
    let instead = instead_of_attribute(element, attribute, value);
    if let Some(instead) = instead {
        report.refuse(path, format!("{attribute}, which only API Management knows"), instead);
    }
    instead.is_some()
}

/// `@(…)` or `@{…}`, as a whole value or within one.
pub(in crate::config) fn is_expression(value: &str) -> bool {
    value.contains("@(") || value.contains("@{")
}

/// What to write for an attribute that cannot work here.
fn instead_of_attribute(element: &str, attribute: &str, value: &str) -> Option<&'static str> {
    match (element, attribute) {
        (_, "token-value") => Some(instead_of_token_value(value)),
        ("decryption-keys", "certificate-id") => {
            Some("the key itself, in JSON: decryption_keys: [{\"private_key\": …}] or [{\"jwk\": …}]")
        }
        (_, "certificate-id") => {
            Some("n and e of the certificate's key, or in JSON issuer_signing_keys: [{\"certificate\": …}]")
        }
        _ => None,
    }
}

/// Where an expression takes the token from, judging by its words.
fn instead_of_token_value(value: &str) -> &'static str {
    let holds = |word: &str| value.contains(word);
    if holds("Cookie") || holds("cookie") {
        "in JSON cookie_name, the cookie that the expression reads"
    } else if holds("Authorization") || holds("authorization") {
        "header-name=\"Authorization\" (a scheme before the token is taken off without an expression)"
    } else if holds(".Query") || holds("QueryString") {
        "query-parameter-name, the parameter that the expression reads"
    } else if holds(".Headers") {
        "header-name, the header that the expression reads"
    } else if holds(".Body") {
        "header-name, and clients that send the token in a header (bodies are not read)"
    } else {
        "header-name, query-parameter-name or in JSON cookie_name, where the token itself is found"
    }
}

/// What to write for another policy of `inbound`.
pub(super) fn instead_of_policy(name: &str) -> &'static str {
    match name {
        "choose" => "rules, authorize and required_claims of the JSON form",
        "include-fragment" => "the content of the fragment, in this place",
        "set-variable" => "the policy that uses it, written out",
        "return-response" => "authorize of the JSON form, or a route of the proxy with a direct response",
        "set-header" => "forward.claims_to_headers of the JSON form, or the proxy's own header rules",
        "cors" => "the proxy's own CORS filter before this one, and a rule with cors_preflight: true",
        "rate-limit" | "rate-limit-by-key" | "quota" | "quota-by-key" | "limit-concurrency" => {
            "the proxy's own rate limit"
        }
        "ip-filter" | "check-header" => "the proxy's own access rules",
        "set-backend-service" | "rewrite-uri" | "set-query-parameter" => "the proxy's own routes",
        "authentication-basic" | "authentication-certificate" | "authentication-managed-identity" => {
            "the proxy's own credentials for its upstream"
        }
        _ => "a filter of the proxy's own",
    }
}

/// What to write for a policy expression.
pub(in crate::config) const FIXED_VALUE: &str = "a fixed value (policy expressions are not evaluated here)";
