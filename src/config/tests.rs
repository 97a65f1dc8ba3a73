//! Configurations as users write them: what they become, and what is said of those that are refused.

#![expect(clippy::too_many_lines, reason = "tables")]

mod accepted;
mod azure_ad;
mod fidelity;
mod keys;
mod policy_xml;
mod refused;
mod shadow;
mod top;
mod xml;

use super::{Config, Problem};

/// A provider that every sample can use.
const PROVIDER: &str = r#"{"url":"https://login.example/tenant/v2.0/.well-known/openid-configuration"}"#;

#[track_caller]
fn accept(text: &str) -> Config {
    Config::parse(text.as_bytes()).unwrap_or_else(|problems| panic!("{text}\n{}", lines(&problems)))
}

#[track_caller]
fn refuse(text: &str) -> Vec<Problem> {
    Config::parse(text.as_bytes()).expect_err(text)
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Whether a text starts like this; `[..]` stands for whatever comes between.
fn starts_like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split("[..]");
    let mut rest = parts.next().and_then(|start| text.strip_prefix(start));
    for part in parts {
        rest = rest.and_then(|rest| rest.split_once(part)).map(|(_, rest)| rest);
    }
    rest.is_some()
}

/// A `validate_jwt` policy with a provider, an audience and these further members.
fn jwt(members: &str) -> String {
    let comma = if members.is_empty() { "" } else { "," };
    format!(r#"{{"validate_jwt":{{"openid_config":[{PROVIDER}],"audiences":["api"]{comma}{members}}}}}"#)
}

/// A `validate_azure_ad_token` policy of these members.
fn azure(members: &str) -> String {
    format!(r#"{{"validate_azure_ad_token":{{{members}}}}}"#)
}

/// Two policies, `one` and `two`, with these rules.
fn rules(rules: &str) -> String {
    let policy = format!(r#"{{"validate_jwt":{{"openid_config":[{PROVIDER}],"audiences":["api"]}}}}"#);
    format!(r#"{{"policies":{{"one":{policy},"two":{policy}}},"rules":{rules}}}"#)
}
