//! What comes out never asks for less than the document: where it cannot ask for as much, it does not load.

use serde_json::{Value, json};
use validate_jwt::config::Config;

use super::{convert, table};

fn converted(name: &str) -> Value {
    table::DOCUMENTS.iter().find(|document| document.name.starts_with(name)).unwrap().converted().0
}

#[test]
fn the_last_rule_is_never_weaker_than_the_document() {
    for (name, expected) in [
        // One branch validates: everybody is held to it.
        ("04", json!([{"match": {}, "policy": "when"}])),
        ("25", json!([{"match": {}, "policy": "otherwise"}])),
        // Of several branches all but the last wait for their condition.
        (
            "05",
            json!([
                {"match": {"path": "{{condition of the policy in line 5}}"}, "policy": "when"},
                {"match": {}, "policy": "otherwise"},
            ]),
        ),
        (
            "06",
            json!([
                {"match": {"path": "{{condition of the policy in line 9}}"}, "policy": "when"},
                {"match": {}, "policy": "when_2"},
            ]),
        ),
        // What every request has to pass comes last.
        (
            "09",
            json!([
                {"match": {"path": "{{condition of the policy in line 9}}"}, "policy": "when"},
                {"match": {}, "policy": "inbound"},
            ]),
        ),
    ] {
        assert_eq!(converted(name)["rules"], expected, "{name}");
    }
}

#[test]
fn policies_that_have_to_pass_together_are_sealed_until_somebody_joins_them() {
    for (name, policy, expected) in [
        ("09", "when", json!(["policy inbound has to pass as well"])),
        ("09", "inbound", Value::Null),
        ("17", "when", json!(["policy when_2 has to pass as well"])),
        ("17", "when_2", json!(["policy when has to pass as well"])),
        ("29", "when", json!(["policy when_2 has to pass as well"])),
        ("16", "when", Value::Null),
        ("16", "otherwise", Value::Null),
    ] {
        let configuration = converted(name);
        assert_eq!(
            configuration["policies"][policy]["validate_jwt"]["left_to_do"], expected,
            "{name}, {policy}"
        );
    }
}

#[test]
fn no_check_vanishes_with_the_value_that_cannot_be_taken_over() {
    let configuration = converted("12");
    let policy = &configuration["validate_jwt"];
    assert_eq!(policy["audiences"], json!(["{{expression of line 13}}", "{{expression of line 14}}"]));
    assert_eq!(
        policy["issuer_signing_keys"],
        json!([{"id": "a", "key": "{{expression of line 6}}"}, {"certificate": "{{certificate signing-cert}}"}])
    );
    assert_eq!(policy["decryption_keys"], json!([{"private_key": "{{certificate decryption-cert}}"}]));
    assert_eq!(
        policy["required_claims"],
        json!([{"name": "{{expression of line 17}}", "match": "any", "values": ["{{expression of line 17}}"]}])
    );
    let slips = converted("24")["validate_jwt"]["left_to_do"].as_array().map(Vec::len);
    assert_eq!(slips, Some(3));
}

#[test]
fn statements_in_a_row_are_refused_for_what_only_api_management_evaluates() {
    let file = std::env::temp_dir().join(format!("validate-jwt-row-{}.xml", std::process::id()));
    let statement = |attributes: &str, audience: &str| {
        format!(
            "<validate-jwt {attributes}><openid-config url=\"https://login.contoso.example/\" />\
             <audiences><audience>{audience}</audience></audiences></validate-jwt>"
        )
    };
    let token_value = r#"token-value="@(context.Request.Url.Query.GetValueOrDefault("t"))" clock-skew="1""#;
    for (attributes, audience, expected) in [
        (token_value, "a", None),
        ("", r#"@(context.Api.Id + "<")"#, Some("expected a fixed value")),
        ("", "{{a}}", Some("expected a value for it in named_values")),
        ("certificate-id=\"a\"", "a", Some("found certificate-id, which only API Management knows")),
    ] {
        std::fs::write(
            &file,
            format!("<inbound>{}{}</inbound>", statement("", "b"), statement(attributes, audience)),
        )
        .unwrap();
        let (code, out, left) = convert(&[file.to_str().unwrap()]);
        assert_eq!((code, left.len()), (3, 2), "{attributes} {audience}: {left:?}");
        assert!(!out.contains("token-value"), "{out}");
        let refused = Config::parse(out.as_bytes()).err().map(|problems| problems[0].to_string());
        assert_eq!(refused.is_none(), expected.is_none(), "{attributes} {audience}: {refused:?}");
        assert!(
            refused.unwrap_or_default().contains(expected.unwrap_or_default()),
            "{attributes} {audience}"
        );
    }
    std::fs::remove_file(file).unwrap();
}
