//! What an operator writes.

use validate_jwt::config::Config;
use validate_jwt::gate::{AbsentToken, Mode, Policy, RuleOutcome};

use crate::gate::verdict;

/// A configuration in JSON, or in the protobuf encoding of a `Struct`.
pub fn config_json(bytes: &[u8]) {
    read(bytes);
}

/// A policy in XML, alone and as `policy_xml` with a named value.
pub fn config_xml(bytes: &[u8]) {
    read(&[b"<", bytes].concat());
    read(bytes);
    let policy = String::from_utf8_lossy(bytes);
    let both = serde_json::json!({"policy_xml": format!("<{policy}"), "named_values": {"a": policy}});
    read(both.to_string().as_bytes());
}

/// Whatever loads makes a gate that refuses junk, unless it was told not to; whatever does not says why.
fn read(bytes: &[u8]) {
    match Config::parse(bytes) {
        Ok(config) => {
            let enforced = config
                .policies
                .iter()
                .flat_map(Policy::requirements)
                .all(|one| one.mode == Mode::Enforce && one.absent_token == AbsentToken::Refused);
            let guarded = config.rules.iter().all(|rule| matches!(rule.outcome, RuleOutcome::Policies(_)));
            let gate = validate_jwt::setup(config).gate;
            let said = verdict(&gate, b"e30.e30.", 1_900_000_000);
            assert!(said != "allowed" || !enforced || !guarded);
        }
        Err(problems) => {
            let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
            assert!(!told.is_empty() && told.iter().all(|text| !text.is_empty()));
        }
    }
}
