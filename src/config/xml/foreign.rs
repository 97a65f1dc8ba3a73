//! What only works inside API Management, and what to write instead.

use crate::config::problem::Report;
use crate::config::quote::quoted;
use crate::config::text::placeholder;

/// Whether a value's text may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disclosure {
    Told,
    Secret,
}

/// Refuses a policy expression or a named value. True if there was one.
pub(super) fn refuse_value(path: &str, value: &str, disclosure: Disclosure, report: &mut Report) -> bool {
    if let Some(part) = placeholder(value).filter(|part| part.starts_with("{{")) {
        report.settle(
            path,
            format!("the named value {}", quoted(part)),
            "the value itself (named values of API Management are not known here)",
        );
        return true;
    }
    if !is_expression(value) {
        return false;
    }
    let found = match disclosure {
        Disclosure::Told => format!("the policy expression {}", quoted(value.trim())),
        Disclosure::Secret => "a policy expression".to_owned(),
    };
    report.settle(path, found, FIXED_VALUE);
    true
}

/// Refuses an attribute that cannot work here. True if it is one.
pub(super) fn refuse_attribute(element: &str, attribute: &str, path: &str, report: &mut Report) -> bool {
    let instead = instead_of_attribute(element, attribute);
    if let Some(instead) = instead {
        report.refuse(path, format!("{attribute}, which only API Management knows"), instead);
    }
    instead.is_some()
}

/// `@(…)` or `@{…}`, as a whole value or within one.
fn is_expression(value: &str) -> bool {
    value.contains("@(") || value.contains("@{")
}

/// What to write for an attribute that cannot work here.
fn instead_of_attribute(element: &str, attribute: &str) -> Option<&'static str> {
    match (element, attribute) {
        (_, "token-value") => Some("header-name or query-parameter-name, where the token itself is found"),
        ("decryption-keys", "certificate-id") => {
            Some("the key itself, in JSON: decryption_keys: [{\"private_key\": …}] or [{\"jwk\": …}]")
        }
        (_, "certificate-id") => {
            Some("n and e of the certificate's key, or in JSON issuer_signing_keys: [{\"certificate\": …}]")
        }
        _ => None,
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

const FIXED_VALUE: &str = "a fixed value (policy expressions are not evaluated here)";
